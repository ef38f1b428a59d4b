/** The UDP port of the gateway on which it is the nodes' power switch. */
export const powerPort: number

/** Answers the text of one request; resolves with undefined where it gets no answer. */
export const powerSwitch: (lab: {
  key: string
  /** Each node's QMP socket. */
  sockets: Record<string, string>
  /** Each node's mark among the arguments of its emulator. */
  markers: Record<string, string>
}) => (text: string) => Promise<string | undefined>
