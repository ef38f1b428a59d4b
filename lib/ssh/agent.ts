import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import { wireReader } from './public-key.ts'

/** A key held by an ssh agent: a public key or a certificate in the ssh wire format. */
export interface AgentKey {
  blob: Buffer
  comment: string
}

/** Message numbers of the agent protocol (draft-miller-ssh-agent, 5.1). */
const requestIdentities = 11
const identitiesAnswer = 12
/** Limits for the agent's answer: ms until it must be complete, and bytes. */
const answerLimit = 5_000
const longestAnswer = 1024 * 1024

/** Lists the keys of an agent, including certificates and key types that ssh2 does not support. @throws Error with the reason */
export const listAgentKeys = (path: string): Promise<AgentKey[]> =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    let answer: Buffer = Buffer.alloc(0)
    const end = (settle: () => void) => {
      clearTimeout(timer)
      socket.destroy()
      settle()
    }
    const fail = (reason: string) => end(() => reject(new Error(reason)))
    const timer = setTimeout(() => fail(`no answer within ${answerLimit / 1000} s`), answerLimit)
    socket.on('connect', () => socket.write(Buffer.from([0, 0, 0, 1, requestIdentities])))
    socket.on('error', error => fail(error.message))
    socket.on('close', () => fail('it closed the connection'))
    socket.on('data', chunk => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length > longestAnswer) return fail('its answer is too long')
      const body = wireReader(answer).next()
      if (body === undefined) return
      const keys = readAnswer(body)
      if (keys === undefined) return fail('its answer is not a list of keys')
      end(() => resolve(keys))
    })
  })

/** Pure: parses the body of an agent's answer. @returns undefined when it is not a list of keys */
export const readAnswer = (body: Buffer): AgentKey[] | undefined => {
  if (body[0] !== identitiesAnswer || body.length < 5) return undefined
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
