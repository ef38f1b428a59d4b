import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import { type ConnectionTarget, Unreachable } from '../../../lib/ssh/connection.ts'
import { until } from './sshd.ts'

/** The user that runs the tests. */
export const me = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim()

/** Connects, returns the remote user name, and closes. */
export const whoami = async (target: ConnectionTarget): Promise<string> => {
  const connection = await connect(target)
  try {
    return (await connection.run('id -un')).stdout.trim()
  } finally {
    await connection.close()
  }
}

/** The error of a connection that must fail. */
export const refusal = async (target: ConnectionTarget): Promise<Unreachable> => {
  const error = await whoami(target).catch(reason => reason)
  if (!(error instanceof Unreachable)) throw new Error(`not refused: ${error}`)
  return error
}

const ended: (() => void)[] = []

/** Reverts what the functions below set up; called after each test. */
export const cleanUp = (): void => {
  // In reverse order: each restores what it found.
  for (const end of ended.splice(0).reverse()) end()
}

/** Registers a function to call after the test. */
export const afterwards = (end: () => void): void => {
  ended.push(end)
}

/** An agent for the test with these keys. */
export const startAgent = async (directory: string, ...keys: string[]): Promise<void> => {
  const socket = join(directory, `agent-${Math.random().toString(36).slice(2)}`)
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  ended.push(() => agent.kill())
  await until(() => existsSync(socket), 'the agent')
  for (const key of keys) execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' })
  vi.stubEnv('SSH_AUTH_SOCK', socket)
  ended.push(() => vi.stubEnv('SSH_AUTH_SOCK', ''))
}

/** Makes `ssh -G` read a configuration of the test. */
export const useSshConfig = (parent: string, ...lines: string[]): void => {
  const directory = join(parent, `bin-${Math.random().toString(36).slice(2)}`)
  mkdirSync(directory)
  writeFileSync(join(directory, 'config'), `${lines.join('\n')}\n`)
  const ssh = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim()
  writeFileSync(join(directory, 'ssh'), `#!/bin/sh\nexec ${ssh} -F '${directory}/config' "$@"\n`, { mode: 0o755 })
  const { PATH } = process.env
  vi.stubEnv('PATH', `${directory}:${PATH}`)
  ended.push(() => vi.stubEnv('PATH', PATH ?? ''))
}
