import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * A command that runs another in a pid namespace of its own. Its processes are numbered from 1 on, in turn: the number of a fresh one says how many there
 * were before it.
 */
export const namespace = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--pid',
  '--kill-child',
  '--fork',
  '--mount-proc',
]

/** Why processes cannot be counted on this machine; undefined where they can. */
export const whyNoForkCount = (): string | undefined => {
  const [command = '', ...words] = namespace
  const { status, stderr, error } = spawnSync(command, [...words, 'true'], { encoding: 'utf8' })
  return status === 0 ? undefined : `no pid namespace: ${error?.message ?? stderr.trim()}`
}

interface Counted {
  code: number
  stdout: string
  stderr: string
  /** Processes that the script has started, down to the last grandchild. The shell that runs it is not one of them. */
  forks: number
}

/** Runs a script in a shell of its own and counts the processes that it starts. */
export const countForks = (script: string): Counted => {
  // Number 1 runs these lines, number 2 the script, and the last one prints its own number.
  const around = `sh -s; c=$?; sh -c 'echo "$0 $$" >&3; :' $c; :`
  const [command = '', ...words] = namespace
  const { stdout, stderr, output, error } = spawnSync(command, [...words, 'sh', '-c', around], {
    input: script,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  if (error) throw error
  const [code = Number.NaN, last = Number.NaN] = String(output[3]).trim().split(' ').map(Number)
  return { code, stdout, stderr, forks: last - 3 }
}

/** Processes that there were so far in the namespace that this command, started with `namespace`, runs in. */
export const startedIn = (pid: number): number => {
  const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  const words = [...(process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials']), '--pid', '--target', first]
  // nsenter starts the shell as a child of its own, in the namespace.
  return Number(execFileSync('nsenter', [...words, 'sh', '-c', 'echo $$; :'], { encoding: 'utf8' })) - 1
}
