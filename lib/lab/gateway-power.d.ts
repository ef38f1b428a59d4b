/** The UDP port on which the gateway acts as the nodes' power switch. */
export const powerPort: number

/** Returns a handler that resolves with the answer to one request, or with undefined if the request gets no answer. */
export const powerSwitch: (lab: {
  key: string
  /** Each node's QMP socket. */
  sockets: Record<string, string>
  /** Each node's marker among the arguments of its emulator. */
  markers: Record<string, string>
}) => (text: string) => Promise<string | undefined>
