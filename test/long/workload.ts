import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { labConnection, sshArguments } from '../../lib/lab/index.ts'
import { on } from '../lab/run.ts'

export interface Operation {
  kind: 'write' | 'lock' | 'open' | 'create'
  /** seconds since the epoch on the client, and seconds it took */
  start: number
  took: number
  ok: boolean
  /** the record's number, or what went wrong */
  detail: string
}

/** What one fault did to the clients. Times in ms. */
export interface Damage {
  writeStall: number
  openStall: number
  createStall: number
  errors: string[]
  /** Records that were acknowledged and are not in the file, or are torn. */
  lost: number
  lockKept: boolean
}

export interface Workload {
  /** Forgets what was seen so far. */
  mark(): void
  operations(): Operation[]
  stop(): Promise<void>
}

const parse = (line: string): Operation[] => {
  const [, kind, start, took, outcome, detail = ''] = /^(\w+) ([\d.]+) ([\d.]+) (ok|error) (.*)$/.exec(line) ?? []
  return kind ? [{ kind: kind as Operation['kind'], start: Number(start), took: Number(took), ok: outcome === 'ok', detail }] : []
}

/** Starts the clients' work on C1's mount of the share. */
export const startWorkload = async (lab: string, name: string): Promise<Workload> => {
  const script = readFileSync(new URL('./workload.pl', import.meta.url), 'utf8')
  await on(lab, 'C1', `cat > /tmp/workload.pl <<'END'\n${script}\nEND`)
  const child: ChildProcess = spawn('ssh', [
    '-o',
    'BatchMode=yes',
    ...sshArguments(labConnection(lab, 'C1')),
    `perl /tmp/workload.pl /data ${name}`,
  ])
  let seen: Operation[] = []
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    seen.push(...lines.flatMap(parse))
  })
  let complaint = ''
  child.stderr?.on('data', chunk => {
    complaint += chunk
  })
  const ended = once(child, 'close')
  return {
    mark: () => {
      seen = []
    },
    operations: () => seen,
    stop: async () => {
      child.stdin?.end()
      await ended
      if (complaint) throw new Error(`the clients' work on C1: ${complaint}`)
    },
  }
}

const worst = (all: Operation[], kind: Operation['kind']): number =>
  Math.round(1000 * Math.max(0, ...all.filter(o => o.kind === kind).map(o => o.took)))

/** Pure: the records of the file against the highest number that was acknowledged. */
export const lostRecords = (text: string, acknowledged: number): number => {
  const good = new Set(
    text.split('\n').flatMap(line => {
      const [, body = '', number = '', sum = ''] = /^((\d{8}) x{40}) (\d{5})$/.exec(line) ?? []
      return body && [...body].reduce((total, c) => total + c.charCodeAt(0), 0) % 65536 === Number(sum) ? [Number(number)] : []
    }),
  )
  return Array.from({ length: acknowledged }, (_, i) => i + 1).filter(n => !good.has(n)).length
}

/** Judges all that was seen since the last mark; the file is read on the node that serves. */
export const damageOf = async (lab: string, holder: 'M1' | 'M2', name: string, all: Operation[]): Promise<Damage> => {
  const acknowledged = Math.max(0, ...all.filter(o => o.kind === 'write' && o.ok).map(o => Number(o.detail)))
  const text = await on(lab, holder, `cat /data/${name}.records`, 300_000)
  return {
    writeStall: worst(all, 'write'),
    openStall: worst(all, 'open'),
    createStall: worst(all, 'create'),
    errors: all.filter(o => !o.ok).map(o => `${o.kind}: ${o.detail}`),
    lost: lostRecords(text, acknowledged),
    lockKept: all.some(o => o.kind === 'lock' && o.ok) && !all.some(o => o.kind === 'lock' && !o.ok),
  }
}
