// The power switch of a lab's nodes, like the management board of a server: a node asks the gateway over UDP to reset the other, for tests
// of fencing. A request contains a nonce that was issued just before (`hello` requests one) and is signed with the lab's key, so that no
// other program on the segment can switch anything, and no request can be replayed. Plain JavaScript, like gateway.js.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'

export const powerPort = 9623

const numberLivesMs = 10_000
const mostNumbers = 64

/**
 * Returns a handler that resolves with the answer to one request, or with undefined if the request gets no answer.
 * @param {{ key: string, sockets: Record<string, string>, markers: Record<string, string> }} lab its key, and each node's QMP socket and
 *   marker among the arguments of its emulator
 * @returns {(text: string) => Promise<string | undefined>}
 */
export const powerSwitch = ({ key, sockets, markers }) => {
  /** @type {Map<string, number>} */
  const given = new Map()
  return async text => {
    const [action = '', machine = '', number = '', signature = ''] = text.trim().split(' ')
    if (action === 'hello') return `number ${giveNumber(given)}\n`
    const wanted = sign(key, action, machine, number)
    if (!['reset', 'off', 'status'].includes(action) || !Object.hasOwn(sockets, machine) || !isSame(signature, wanted)) return undefined
    if (Date.now() - (given.get(number) ?? 0) > numberLivesMs) return undefined
    given.delete(number)
    const result = await act(action, sockets[machine] ?? '', markers[machine] ?? '').then(
      () => 'ok',
      () => 'failed',
    )
    return `${result} ${sign(key, result, machine, number)}\n`
  }
}

/** @param {string[]} words the key first */
const sign = (...words) => {
  const [key] = words
  return createHash('sha256')
    .update(`${words.join(' ')} ${key}`)
    .digest('hex')
}

/** @param {string} one @param {string} other */
const isSame = (one, other) => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** @param {Map<string, number>} given */
const giveNumber = given => {
  const oldest = given.keys().next().value
  if (given.size >= mostNumbers && oldest !== undefined) given.delete(oldest)
  const number = randomBytes(16).toString('hex')
  given.set(number, Date.now())
  return number
}

/** @param {string} action @param {string} socket @param {string} marker */
const act = async (action, socket, marker) => {
  const emulator = findEmulator(marker)
  // A machine without power is off already; its management board would still answer.
  if (action === 'status' || !emulator) return
  // A stopped emulator (SIGSTOP) accepts no command: cut its power.
  if (action === 'off' || emulator.state === 'T') process.kill(emulator.pid, 'SIGKILL')
  else await reset(socket)
}

/** @param {string} marker @returns {{ pid: number, state: string } | undefined} */
const findEmulator = marker => {
  for (const name of readdirSync('/proc').filter(entry => /^\d+$/.test(entry))) {
    try {
      if (!readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(`guest=${marker}`)) continue
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
      if (state !== 'Z') return { pid: Number(name), state }
    } catch {
      // it has exited meanwhile
    }
  }
  return undefined
}

/** Presses the reset button by QMP, and resolves once the machine has been reset. @param {string} path @returns {Promise<void>} */
const reset = path =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    const timer = setTimeout(() => finish(new Error('no answer')), 5_000)
    /** @param {Error} [error] */
    const finish = error => {
      clearTimeout(timer)
      socket.destroy()
      if (error) reject(error)
      else resolve()
    }
    let text = ''
    socket.on('error', finish)
    socket.on('data', bytes => {
      text += bytes.toString('utf8')
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const message = JSON.parse(line)
        if (message.QMP) socket.write('{"execute":"qmp_capabilities"}\n{"execute":"system_reset"}\n')
        else if (message.error) finish(new Error(message.error.desc))
        else if (message.event === 'RESET') finish()
      }
    })
  })
