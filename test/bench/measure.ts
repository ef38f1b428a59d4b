import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The resources that one run of a command used. */
export interface Measured {
  code: number | null
  /** ms */
  wall: number
  /** s of user and system time, of the command and of the processes that it waited for. */
  cpu: number
  /** MiB: the largest amount of memory that one of its processes had. */
  rss: number
  output: string
}

export interface Command {
  argv: string[]
  cwd: string
  env?: Record<string, string>
}

/** ms between two readings of the memory: the kernel keeps each process's maximum, so little is missed. */
const lookEvery = 100

/** Runs the command under bash(1)'s `time`. Its output goes to files in `folder`. */
export const measure = async ({ argv, cwd, env = {} }: Command, folder: string): Promise<Measured> => {
  const [output, times] = [join(folder, 'output'), join(folder, 'times')]
  const out = openSync(output, 'w')
  const script = `TIMEFORMAT='%3R %3U %3S'; { time "$@" 2>&1; } 2>"$0"`
  const child = spawn('bash', ['-c', script, times, ...argv], { cwd, env: { ...cleanEnv(folder), ...env }, stdio: ['ignore', out, out] })
  closeSync(out)
  let rss = 0
  const timer = setInterval(() => {
    rss = Math.max(rss, largest(child.pid ?? 0))
  }, lookEvery)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', reject)
  })
  clearInterval(timer)
  const [real = Number.NaN, user = Number.NaN, system = Number.NaN] =
    readFileSync(times, 'utf8').trim().split('\n').at(-1)?.split(' ').map(Number) ?? []
  return { code, wall: real * 1000, cpu: user + system, rss, output: readFileSync(output, 'utf8') }
}

/** Nothing from the environment of the user who measures: no agent, no configuration. */
const cleanEnv = (home: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: home,
  LANG: 'C.UTF-8',
  SSH_AUTH_SOCK: '',
})

/** MiB of the largest of a process and its descendants. */
const largest = (pid: number): number => Math.max(peakOf(pid), ...childrenOf(pid).map(largest))

const peakOf = (pid: number): number => Number(/^VmHWM:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) / 1024

const childrenOf = (pid: number): number[] => textOf(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)

/** Empty for a process that has ended. */
const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
