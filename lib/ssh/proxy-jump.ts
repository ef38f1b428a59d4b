import { Unreachable } from './connection.ts'

export interface Jump {
  /** As written. */
  text: string
  target: { address: string; port?: number; user?: string }
}

/** ProxyJump in ssh's syntax: `[user@]host[:port]` or `ssh://...`, with commas between hops. @throws Unreachable */
export const parseJumps = (host: string, text: string): Jump[] =>
  text.split(',').map(hop => {
    const match = /^(?:ssh:\/\/)?(?:(?<user>.*)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:@/]+))(?::(?<port>\d+))?\/?$/.exec(hop.trim())
    const { user, bracketed, plain, port } = match?.groups ?? {}
    const address = bracketed ?? plain
    if (address === undefined) throw new Unreachable(host, `${host}: ProxyJump: "${hop}" is not [user@]host[:port]`)
    return { text: hop.trim(), target: { address, ...(port ? { port: Number(port) } : {}), ...(user ? { user } : {}) } }
  })
