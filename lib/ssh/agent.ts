import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import { wireReader } from './public-key.ts'

/** A key that an ssh agent holds: a public key or a certificate, as ssh sends it. */
export interface AgentKey {
  blob: Buffer
  comment: string
}

/** Message numbers of the agent protocol (draft-miller-ssh-agent, 5.1). */
const REQUEST_IDENTITIES = 11
const IDENTITIES_ANSWER = 12
/** ms that an agent may take to list its keys, and bytes that the list may have. */
const ANSWER_LIMIT = 5_000
const LONGEST_ANSWER = 1024 * 1024

/** The keys of an agent, certificates and types that ssh2 does not know among them. @throws Error with the reason */
export function listAgentKeys(path: string): Promise<AgentKey[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    let answer: Buffer = Buffer.alloc(0)
    const end = (settle: () => void) => {
      clearTimeout(timer)
      socket.destroy()
      settle()
    }
    const fail = (reason: string) => end(() => reject(new Error(reason)))
    const timer = setTimeout(() => fail(`no answer within ${ANSWER_LIMIT / 1000} s`), ANSWER_LIMIT)
    socket.on('connect', () => socket.write(Buffer.from([0, 0, 0, 1, REQUEST_IDENTITIES])))
    socket.on('error', error => fail(error.message))
    socket.on('close', () => fail('it closed the connection'))
    socket.on('data', chunk => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length > LONGEST_ANSWER) return fail('its answer is too long')
      const body = wireReader(answer).next()
      if (body === undefined) return
      const keys = readAnswer(body)
      if (keys === undefined) return fail('its answer is no list of keys')
      end(() => resolve(keys))
    })
  })
}

/** Pure: the body of an agent's answer. @returns undefined when it is no list of keys */
export function readAnswer(body: Buffer): AgentKey[] | undefined {
  if (body[0] !== IDENTITIES_ANSWER || body.length < 5) return undefined
  const count = body.readUInt32BE(1)
  const fields = wireReader(body.subarray(5))
  const keys: AgentKey[] = []
  while (keys.length < count) {
    const [blob, comment] = [fields.next(), fields.next()]
    if (blob === undefined || comment === undefined) return undefined
    keys.push({ blob, comment: comment.toString() })
  }
  return keys
}
