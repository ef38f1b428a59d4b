import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ActivityPhase, Event, EventBody } from '../../../../lib/engine/events.ts'
import { palette } from '../../../../lib/report/parts/palette.ts'
import { profileLines } from '../../../../lib/report/profile/lines.ts'
import { profilePage } from '../../../../lib/report/profile/page.ts'
import { profileOf } from '../../../../lib/report/profile/profile.ts'
import { runs } from '../../../runs.ts'

const began = Date.parse('2026-08-01T10:00:00Z')

/** Events at their times, ms since the run began. */
const at = (...told: [number, EventBody][]): Event[] =>
  [[0, { type: 'run-start', command: 'site.yml', check: false, diff: false }] as [number, EventBody], ...told].map(
    ([ms, body], seq) => ({ v: 1, run: 'r1', seq, time: new Date(began + ms).toISOString(), ...body }) as Event,
  )

const activity = (ms: number, phase: ActivityPhase, hosts: string[], role?: string, resource?: string): [number, EventBody] => [
  ms,
  { type: 'activity', hosts, phase, ...(role !== undefined && { role }), ...(resource !== undefined && { resource }) },
]

const exec = (from: number, ms: number, host: string, processes?: number): [number, EventBody] => [
  from + ms,
  { type: 'exec', host, from: began + from, ms, sent: 100, received: 10, ...(processes !== undefined && { processes }) },
]

/** Two hosts: M1 changes a file, and M2 waits for it. */
const course = at(
  activity(0, 'queue', ['M1', 'M2']),
  activity(10, 'connect', ['M1', 'M2']),
  activity(60, 'read', ['M1', 'M2']),
  exec(60, 40, 'M1', 1000),
  exec(60, 40, 'M2', 500),
  activity(100, 'barrier', ['M1', 'M2']),
  activity(100, 'read', ['M1'], 'base', 'file /etc/hosts'),
  activity(100, 'read', ['M2'], 'base', 'file /etc/hosts'),
  exec(100, 200, 'M1', 1020),
  exec(100, 100, 'M2', 505),
  activity(200, 'barrier', ['M2'], 'base', 'file /etc/hosts'),
  activity(300, 'lock', ['M1'], 'base', 'file /etc/hosts'),
  activity(350, 'apply', ['M1'], 'base', 'file /etc/hosts'),
  exec(350, 60, 'M1', 1100),
  activity(410, 'verify', ['M1'], 'base', 'file /etc/hosts'),
  exec(410, 90, 'M1', 1111),
  activity(500, 'barrier', ['M1'], 'base', 'file /etc/hosts'),
  activity(500, 'lock', ['M1', 'M2']),
  activity(520, 'end', ['M1', 'M2']),
  [530, { type: 'host-closed', host: 'M1', connections: 1, execs: 4 }],
  exec(530, 10, 'M1', 1150),
  [540, { type: 'host-closed', host: 'M2', connections: 1, execs: 2 }],
  exec(540, 10, 'M2', 605),
)

describe('profile', () => {
  test('times, execs, bytes and forks of each host', () => {
    const profile = profileOf(course)
    expect(profile?.ms).toBe(550)
    expect(profile?.hosts.map(({ spans: _, ...rest }) => rest)).toEqual([
      {
        host: 'M1',
        times: { connect: 50, read: 240, lock: 70, apply: 60, verify: 90, wait: 10 },
        execs: 4,
        sent: 400,
        received: 40,
        forks: 150,
      },
      {
        host: 'M2',
        times: { connect: 50, read: 140, lock: 20, apply: 0, verify: 0, wait: 310 },
        execs: 2,
        sent: 200,
        received: 20,
        forks: 105,
      },
    ])
    expect(profile?.hosts[0]?.spans).toContainEqual({ phase: 'apply', from: 350, ms: 60, role: 'base', resource: 'file /etc/hosts' })
  })

  test('the same by role; what belongs to no role is separate', () => {
    expect(profileOf(course)?.roles).toEqual([
      {
        role: '',
        times: { connect: 100, read: 80, lock: 40, apply: 0, verify: 0, wait: 20 },
        execs: 2,
        sent: 200,
        received: 20,
        forks: 25,
      },
      {
        role: 'base',
        times: { connect: 0, read: 300, lock: 50, apply: 60, verify: 90, wait: 300 },
        execs: 4,
        sent: 400,
        received: 40,
        forks: 230,
      },
    ])
  })

  test('none for a run without --profile, and no forks for a host that does not report them', () => {
    expect(profileOf(at([5, { type: 'play-start', play: 'p', hosts: ['M1'] }]))).toBeUndefined()
    const silent = profileOf(at(activity(0, 'read', ['M1']), exec(0, 5, 'M1'), exec(6, 5, 'M1')))
    expect(silent?.hosts[0]).not.toHaveProperty('forks')
    expect(profileLines(silent as never, palette(0)).join('\n')).toMatch(/^M1 .* 2 .*-$/m)
  })

  test('a host that was booted meanwhile has no negative number of forks', () => {
    const booted = at(activity(0, 'read', ['M1']), exec(0, 1, 'M1', 900), exec(2, 1, 'M1', 40), exec(4, 1, 'M1', 50))
    expect(profileOf(booted)?.hosts[0]?.forks).toBe(10)
  })

  test('everything is counted exactly once: spans do not overlap, and hosts and roles have the same sums', () => {
    const phases: ActivityPhase[] = ['queue', 'connect', 'read', 'lock', 'apply', 'verify', 'barrier', 'end']
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('activity' as const),
        after: fc.nat(20),
        phase: fc.constantFrom(...phases),
        hosts: fc.subarray(['A', 'B'], { minLength: 1 }),
        role: fc.option(fc.constantFrom('base', 'nfs'), { nil: undefined }),
      }),
      fc.record({
        kind: fc.constant('exec' as const),
        after: fc.nat(20),
        host: fc.constantFrom('A', 'B'),
        ms: fc.nat(30),
        processes: fc.option(fc.nat(9999), { nil: undefined }),
      }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        let now = 0
        const events = at(
          ...steps.map(s => {
            now += s.after
            return s.kind === 'activity'
              ? activity(now, s.phase, s.hosts, s.role)
              : exec(Math.max(0, now - s.ms), Math.min(now, s.ms), s.host, s.processes)
          }),
        )
        const profile = profileOf(events)
        if (!profile) return
        for (const { spans, times } of profile.hosts) {
          spans.reduce((end, span) => {
            expect(span.from).toBeGreaterThanOrEqual(end)
            expect(span.ms).toBeGreaterThan(0)
            return span.from + span.ms
          }, 0)
          expect(Object.values(times).reduce((a, b) => a + b)).toBe(spans.reduce((a, s) => a + s.ms, 0))
          expect(Object.values(times).reduce((a, b) => a + b)).toBeLessThanOrEqual(profile.ms)
        }
        const known = new Set(profile.hosts.map(h => h.host))
        const execs = steps.filter(s => s.kind === 'exec' && known.has(s.host)).length
        expect(profile.hosts.reduce((a, h) => a + h.execs, 0)).toBe(execs)
        for (const phase of ['connect', 'read', 'lock', 'apply', 'verify', 'wait'] as const)
          expect(profile.roles.reduce((a, r) => a + r.times[phase], 0)).toBe(profile.hosts.reduce((a, h) => a + h.times[phase], 0))
        expect(profile.hosts.every(h => (h.forks ?? 0) >= 0)).toBe(true)
      }),
      { numRuns: runs(200) },
    )
  })
})

describe('output', () => {
  const profile = profileOf(course) as NonNullable<ReturnType<typeof profileOf>>

  test('tables by host, by role, and what took longest', () => {
    expect(profileLines(profile, palette(0)).slice(0, 14)).toEqual([
      '',
      'PROFILE by host, 550ms',
      'host  connect   read  lock  apply  verify   wait  execs   sent  received  forks',
      'M1       50ms  240ms  70ms   60ms    90ms   10ms      4  400 B      40 B    150',
      'M2       50ms  140ms  20ms      -       -  310ms      2  200 B      20 B    105',
      '',
      'PROFILE by role, all hosts together',
      'role    connect   read  lock  apply  verify   wait  execs   sent  received  forks',
      '(none)    100ms   80ms  40ms      -       -   20ms      2  200 B      20 B     25',
      'base          -  300ms  50ms   60ms    90ms  300ms      4  400 B      40 B    230',
      '',
      'PROFILE: what took longest',
      'host  role  resource         phase    time',
      'M1    base  file /etc/hosts  read    200ms',
    ])
  })

  test('a page with a bar per host over the run', () => {
    const page = profilePage(profile, { run: 'r1', time: '2026-08-01T10:00:00.000Z', command: 'site.yml' })
    expect(page.match(/<rect class="apply" x="63.636%" width="10.909%"/g)).toHaveLength(1)
    expect(page).toContain('<title>M1 · apply · base · file /etc/hosts: 60ms from 350ms</title>')
    expect(page).not.toMatch(/NaN|undefined|Infinity|https?:/)
  })

  test('text of a host or an inventory is never markup', () => {
    const evil = '"><script>alert(1)</script>'
    const told = profileOf(at(activity(0, 'read', [evil], evil, evil), activity(50, 'end', [evil])))
    const page = profilePage(told as never, { run: evil, time: '2026-08-01T10:00:00.000Z', command: evil })
    expect(page).not.toContain('<script')
    expect(page).toContain('&lt;script&gt;')
  })
})
