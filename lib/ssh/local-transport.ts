import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { userInfo } from 'node:os'
import { Unreachable } from './connection.ts'
import type { Channel, Exit, Transport } from './transport.ts'

/** Runs commands on this machine with its own `sh`, for `ansible_connection: local`. */
export const createLocalTransport = (host: string): Transport => ({
  loginUser: process.getuid?.() === 0 ? 'root' : userInfo().username,
  terminals: false,
  open: argv => openLocal(host, argv),
  close: async () => {},
})

const openLocal = async (host: string, argv: readonly string[]): Promise<Channel> => {
  const [file = 'sh', ...args] = argv
  // Its own session, as under sshd: the process group can be killed as a whole, and Ctrl-C does not reach it.
  const child = spawn(file, args, { detached: true, stdio: 'pipe' })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', cause => reject(new Unreachable(host, `${host}: cannot start ${file}: ${cause.message}`, undefined, cause)))
  })
  // A script may exit before it has read its input.
  child.stdin.on('error', () => {})
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended: exitOf(child), destroy: () => giveUp(child) }
}

const exitOf = (child: ChildProcessWithoutNullStreams): Promise<Exit> =>
  new Promise(resolve => child.once('close', (code, signal) => resolve({ code, signal })))

const giveUp = (child: ChildProcessWithoutNullStreams): void => {
  child.stdin.destroy()
  child.stdout.destroy()
  child.stderr.destroy()
  try {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGHUP')
  } catch {
    // It has exited, or runs as root by sudo: with its streams closed it exits by itself.
  }
}
