import type { Event, EventBody, TaskStatus } from '../../../lib/engine/events.ts'
import { exitCodeOf, recapOf } from '../../../lib/report/stats.ts'
import { eventStream } from '../../../lib/report/stream.ts'
import type { Change } from '../../../lib/resources/verdict.ts'
import { createMasker } from '../../../lib/text/mask.ts'

type Body = EventBody & { cluster?: string; after?: number }

/** Events as the engine emits them, a second apart unless `after` (ms) says otherwise; ends with the matching `run-end`. */
export const recorded = (bodies: Body[], judge = false): Event[] => {
  let time = Date.parse('2026-08-01T10:00:00Z')
  const events: Event[] = []
  const stream = eventStream({ command: 'site.yml', secrets: createMasker(), now: () => new Date(time), run: 'r1' })
  stream.subscribe(event => events.push(event))
  for (const { after = 1000, ...body } of bodies) {
    time += after
    stream.emit(body as EventBody)
  }
  stream.emit({
    type: 'run-end',
    recap: recapOf(events),
    exitCode: exitCodeOf(events, { judge }),
    ms: time - Date.parse('2026-08-01T10:00:00Z'),
  })
  return events
}

export const runStart = (modes: { check?: boolean; diff?: boolean } = {}): Body => ({
  type: 'run-start',
  command: 'site.yml',
  check: modes.check ?? false,
  diff: modes.diff ?? false,
})

export const playStart = (hosts: string[], cluster = 'nfs'): Body => ({ type: 'play-start', play: 'NFS HA cluster', hosts, cluster })

export const ready = (host: string, total: number): Body[] => [
  { type: 'host-connecting', host },
  { type: 'host-ready', host, platform: 'Debian 12', total },
]

interface Ending {
  host: string
  role: string
  resource: string
  hosts?: string[]
  changes?: Change[]
  reason?: string
  pending?: boolean
  error?: { message: string; hint?: string; detail?: string }
  index?: number
  total?: number
}

export const taskEnd = (status: TaskStatus, { changes = [], index = 1, total = 3, ...rest }: Ending): Body => ({
  type: 'task-end',
  status,
  changes,
  ms: 40,
  index,
  total,
  ...rest,
})

export const mode: Change = { attribute: 'mode', from: '0644', to: '0600' }
export const content: Change = { attribute: 'content', from: 'keepalive 1\ndeadtime 5\n', to: 'keepalive 1\ndeadtime 10\n', diff: true }
export const key: Change = { attribute: 'key', from: 'old-key-value', to: 'new-key-value', secret: true }

export const converged = () =>
  recorded([
    runStart(),
    playStart(['M1', 'M2']),
    ...['M1', 'M2'].flatMap(host => ready(host, 2)),
    ...['M1', 'M2'].map(host => taskEnd('ok', { host, role: 'base', resource: 'file /etc/hosts', index: 1, total: 2 })),
    taskEnd('ok', { host: 'M1', hosts: ['M1', 'M2'], role: 'drbd-init', resource: 'first sync', index: 2, total: 2 }),
  ])

const sync = (percent: number, after: number): Body => ({
  type: 'task-progress',
  host: 'M1',
  role: 'drbd-init',
  resource: 'first sync',
  progress: { percent, text: 'DRBD', speed: 112 * 1024 ** 2, remaining: 100 - percent },
  after,
})

export const bare = (modes: { diff?: boolean } = {}) =>
  recorded([
    runStart(modes),
    playStart(['M1', 'M2']),
    ...['M1', 'M2'].flatMap(host => ready(host, 4)),
    taskEnd('changed', { host: 'M1', role: 'base', resource: 'file /etc/hosts', changes: [mode], index: 1, total: 4 }),
    taskEnd('skipped', { host: 'M2', role: 'base', resource: 'file /etc/hosts', reason: 'managed by cloud-init', index: 1, total: 4 }),
    taskEnd('changed', { host: 'M1', role: 'heartbeat', resource: 'file /etc/ha.d/ha.cf', changes: [content, mode], index: 2, total: 4 }),
    { type: 'handler-notified', host: 'M1', role: 'heartbeat', handler: 'restart heartbeat', by: 'file /etc/ha.d/ha.cf' },
    taskEnd('changed', { host: 'M1', role: 'heartbeat', resource: 'file /etc/ha.d/authkeys', changes: [key], index: 3, total: 4 }),
    { type: 'handler-notified', host: 'M1', role: 'heartbeat', handler: 'restart heartbeat', by: 'file /etc/ha.d/authkeys' },
    { type: 'task-start', host: 'M1', role: 'drbd-init', resource: 'first sync', index: 4, total: 4, phase: 'apply' },
    ...[0, 4, 10, 15, 30, 90].map(percent => sync(percent, 8000)),
    sync(91, 60_000),
    taskEnd('changed', {
      host: 'M1',
      hosts: ['M1', 'M2'],
      role: 'drbd-init',
      resource: 'first sync',
      changes: [{ attribute: 'disk', from: 'Inconsistent', to: 'UpToDate' }],
      index: 4,
      total: 4,
    }),
    { type: 'handler-start', host: 'M1', role: 'heartbeat', handler: 'restart heartbeat' },
    { type: 'handler-end', host: 'M1', role: 'heartbeat', handler: 'restart heartbeat', status: 'changed', changes: [], ms: 2300 },
  ])

export const failing = () =>
  recorded([
    runStart(),
    playStart(['M1', 'M2']),
    ...['M1', 'M2'].flatMap(host => ready(host, 3)),
    taskEnd('failed', {
      host: 'M1',
      role: 'heartbeat',
      resource: 'service heartbeat',
      changes: [{ attribute: 'running', from: 'no', to: 'yes' }],
      error: {
        message: 'applied, but running is still no, wanted yes',
        hint: 'See `journalctl -u heartbeat` on M1.',
        detail: `${Array.from({ length: 25 }, (_, line) => `log line ${line + 1}`).join('\n')}\n\u001b[31mred\u001b[0m\u0007\n`,
      },
    }),
    { type: 'host-stopped', host: 'M2', reason: 'M1 failed', remaining: 2 },
  ])

export const unreachable = () =>
  recorded([
    runStart(),
    playStart(['M1', 'M2']),
    ...ready('M1', 3),
    { type: 'host-connecting', host: 'M2' },
    { type: 'host-unreachable', host: 'M2', message: 'no answer from 10.0.0.2:22 in 10 s', hint: 'Is it powered on?' },
    taskEnd('skipped', { host: 'M1', role: 'drbd-init', resource: 'first sync', reason: 'needs M2', pending: true }),
  ])

export const checked = (judge = false) =>
  recorded(
    [
      runStart({ check: true }),
      playStart(['M1']),
      ...ready('M1', 3),
      taskEnd('changed', { host: 'M1', role: 'base', resource: 'file /etc/hosts', changes: [mode] }),
      taskEnd('unknown', { host: 'M1', role: 'heartbeat', resource: 'service heartbeat', reason: 'waits for package heartbeat' }),
    ],
    judge,
  )

export const sideBySide = () =>
  recorded([
    runStart(),
    playStart(['A1', 'A2'], 'alpha'),
    playStart(['beta-1', 'beta-2'], 'beta'),
    taskEnd('changed', {
      host: 'A1',
      hosts: ['A1', 'A2'],
      role: 'nfs',
      resource: 'VIP',
      changes: [{ attribute: 'on', from: '', to: 'A1' }],
    }),
    taskEnd('ok', { host: 'beta-1', hosts: ['beta-1', 'beta-2'], role: 'nfs', resource: 'VIP' }),
    {
      type: 'table',
      title: 'Status',
      columns: ['cluster', 'holder', 'done'],
      rows: [
        ['alpha', 'A1', '100%'],
        ['ベータ', 'beta-1', '7%'],
      ],
    },
  ])
