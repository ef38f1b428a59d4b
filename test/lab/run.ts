import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Event, HostRecap } from '../../lib/engine/events.ts'
import { attempt } from '../../lib/lab/command.ts'
import type { MachineName } from '../../lib/lab/index.ts'
import { labPlaces, labStatus, sshArguments } from '../../lib/lab/index.ts'

const bin = fileURLToPath(new URL('../../bin/nfsha-play.js', import.meta.url))

export interface Played {
  code: number
  events: Event[]
  recap: Record<string, HostRecap>
  stderr: string
  /** What failed and what changed, for the message of a failed expectation. */
  story: string
}

/** The command line as an operator would type it, for one lab. */
export const nfshaCommand = (lab: string, argv: string[]): { file: string; args: string[] } => ({
  file: process.execPath,
  args: [bin, ...argv, '-i', labPlaces(lab).inventoryFile],
})

/** Runs the command line. */
export const nfsha = (lab: string, argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const { file, args } = nfshaCommand(lab, argv)
    const child = spawn(file, args)
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => {
      stdout += chunk
    })
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    child.once('error', reject)
    child.once('close', code => resolve({ code: code ?? -1, stdout, stderr }))
  })

/** The same for a play, with the result from its events. */
export const nfshaPlay = async (lab: string, argv: string[]): Promise<Played> => {
  const { code, stdout, stderr } = await nfsha(lab, [...argv, '--output', 'jsonl'])
  const events = stdout.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as Event]))
  const end = events.find(e => e.type === 'run-end')
  return { code, events, recap: end?.recap ?? {}, stderr, story: storyOf(events, stderr) }
}

/** What failed and what changed, and the end of stderr. */
export const storyOf = (events: Event[], stderr: string): string =>
  [
    ...events.flatMap(e => {
      if (e.type === 'task-end' && ['changed', 'failed', 'unknown'].includes(e.status))
        return [`${e.host} ${e.role} ${e.resource}: ${e.status} ${e.error?.message ?? e.reason ?? ''} ${e.error?.detail ?? ''}`]
      return e.type === 'host-unreachable' ? [`${e.host} unreachable: ${e.message}`] : []
    }),
    stderr.slice(-600),
  ].join('\n')

/** Runs a command on a machine; its output, or an error that shows what went wrong. */
export const on = async (lab: string, machine: MachineName, command: string, timeoutMs = 120_000): Promise<string> => {
  const { code, stdout, stderr } = await attempt('ssh', ['-o', 'BatchMode=yes', ...sshArguments(lab, machine), command], {
    timeoutMs,
  })
  if (code !== 0) throw new Error(`${machine}: \`${command}\` ended with ${code}: ${stderr || stdout}`)
  return stdout.trim()
}

/** Waits until a command prints the expected output; fails with its last output. */
export const until = async (what: string, read: () => Promise<boolean>, limitMs: number): Promise<void> => {
  const deadline = Date.now() + limitMs
  let last: unknown
  while (Date.now() < deadline) {
    try {
      if (await read()) return
    } catch (error) {
      last = error
    }
    await new Promise(wake => setTimeout(wake, 1000))
  }
  throw new Error(`not within ${limitMs / 1000} s: ${what}${last ? ` (${String(last)})` : ''}`)
}

/** Prints the kernel panics of a lab's machines, which can explain later failures. */
export const printPanics = async (lab: string): Promise<void> => {
  const status = await labStatus({ name: lab })
  if (!status) return
  for (const [machine, { panics }] of Object.entries(status.machines))
    for (const why of panics) console.log(`the kernel of ${machine} panicked: ${why}`)
}
