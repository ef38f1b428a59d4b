import { describe, expect, test } from 'vitest'
import { driftLines, fingerprint, onChange } from '../../../../lib/report/drift/lines.ts'
import { driftMetrics, lastCompleteIn } from '../../../../lib/report/drift/metrics.ts'
import type { DriftReport } from '../../../../lib/report/drift/report.ts'
import { driftReport } from '../../../../lib/report/drift/report.ts'
import { playStart, recorded, runStart, taskEnd } from '../runs.ts'

const start = [runStart({ check: true }), playStart(['M1', 'M2'])]
const reportOf = (...bodies: Parameters<typeof recorded>[0]) => driftReport(recorded([...start, ...bodies]), 'site.yml')

const ha = { host: 'M1', role: 'heartbeat', resource: 'file /etc/ha.d/ha.cf' }
const mode = { attribute: 'mode', from: '0600', to: '0644' }
const content = { attribute: 'content', from: 'a\n', to: 'b\n', diff: true }
const fileDiffers = taskEnd('changed', { ...ha, changes: [content, mode] })
const service = { host: 'M1', hosts: ['M1', 'M2'], role: 'integrate', resource: 'the cluster serves' }
const onBoth =
  'on both nodes: cl_status rscstatus; ip -o -4 addr show; cat /proc/drbd (then stop heartbeat on the node that has not mounted the share)'
const both = { attribute: 'virtual IP', from: 'on M1 and M2', to: 'on exactly one', remedy: onBoth }
const onM2 = 'on M2: /etc/ha.d/resource.d/nfsha stop'
const nfsd = { attribute: 'nfsd', host: 'M2', from: 'running', to: 'running only where the virtual IP is', remedy: onM2 }
const atWork = (attribute: string, from: string) =>
  taskEnd('failed', {
    host: 'M1',
    hosts: ['M1', 'M2'],
    role: 'watch',
    resource: 'who is at work',
    changes: [{ attribute, from, to: 'over', host: 'M1' }],
  })
const lost = { type: 'host-unreachable' as const, host: 'M2', message: 'no route to host', cluster: 'nfs' }

test.each<[string, Parameters<typeof recorded>[0], number, string[]]>([
  ['nothing differs', [taskEnd('ok', ha), taskEnd('skipped', { ...ha, reason: 'mounted here' })], 0, []],
  [
    'declared',
    [fileDiffers],
    5,
    ['M1: file /etc/ha.d/ha.cf: other content, mode 0600, should be as declared, 0644 (repaired by: nfsha-play site.yml)'],
  ],
  [
    'absent',
    [taskEnd('changed', { ...ha, changes: [{ ...content, from: '' }] })],
    5,
    ['M1: file /etc/ha.d/ha.cf: no content, should be as declared (repaired by: nfsha-play site.yml)'],
  ],
  [
    'a secret',
    [taskEnd('changed', { ...ha, changes: [{ ...content, secret: true }] })],
    5,
    ['M1: file /etc/ha.d/ha.cf: other content, should be as declared (secret, not shown) (repaired by: nfsha-play site.yml)'],
  ],
  [
    'service',
    [taskEnd('failed', { ...service, changes: [both, nfsd], error: { message: 'x' } })],
    5,
    [
      `M1,M2: virtual IP: on M1 and M2, should be on exactly one (not repaired automatically; next: ${onBoth})`,
      `M2: nfsd: running, should be running only where the virtual IP is (not repaired automatically; next: ${onM2})`,
    ],
  ],
  [
    'seen by two resources, reported once',
    [
      taskEnd('failed', { ...service, changes: [both] }),
      taskEnd('failed', { ...service, resource: 'state of the service', changes: [both] }),
    ],
    5,
    [`M1,M2: virtual IP: on M1 and M2, should be on exactly one (not repaired automatically; next: ${onBoth})`],
  ],
  [
    'refused',
    [taskEnd('failed', { ...ha, error: { message: 'it is a\n directory' } })],
    5,
    ['M1: file /etc/ha.d/ha.cf: it is a directory'],
  ],
  [
    'unknown',
    [taskEnd('unknown', { ...ha, reason: 'waits for package x' })],
    5,
    ['M1: file /etc/ha.d/ha.cf: not known: waits for package x'],
  ],
  [
    'a handler',
    [
      {
        type: 'handler-end',
        host: 'M1',
        role: 'nfs',
        handler: 'reload exports',
        status: 'changed',
        changes: [{ attribute: 'export /data', from: '', to: 'rw' }],
        ms: 1,
      },
    ],
    5,
    ['M1: reload exports: export /data nothing, should be rw (repaired by: nfsha-play site.yml)'],
  ],
  [
    'unreachable: reported once, with what could not be judged',
    [
      lost,
      taskEnd('skipped', { ...service, reason: 'needs M2 (unreachable)', pending: true }),
      taskEnd('skipped', { ...service, resource: 'clocks agree', reason: 'needs M2 (unreachable)', pending: true }),
      taskEnd('failed', {
        ...service,
        changes: [{ attribute: 'node', host: 'M2', from: 'cannot be asked', to: 'answers', remedy: 'nfsha-play ping -l M2' }],
      }),
    ],
    4,
    ['M2: connection: no route to host, should be reachable', 'M1,M2: 2 resources of the cluster: not known: needs M2 (unreachable)'],
  ],
])('%s', (_name, bodies, code, lines) => {
  const report = reportOf(...bodies.map(b => ({ cluster: 'nfs', ...b })))
  expect(driftLines(report)).toEqual(lines)
  expect(report.exitCode).toBe(code)
})

test.each([
  ['running play', 'root@jump pid 7', 'M1: a play is running: root@jump pid 7'],
  ['maintenance', 'new disk', 'M1: in maintenance: new disk'],
])('%s is reported without an alarm', (attribute, who, line) => {
  const report = reportOf(fileDiffers, atWork(attribute, who))
  expect(report.exitCode).toBe(0)
  expect(driftLines(report)).toEqual([line, 'no alarm meanwhile for 1 difference'])
  expect(report.findings[0]?.alarm).toBe(false)
})

test('an interrupted run is not complete and has its own exit code', () => {
  const cut = reportOf({ type: 'interrupted', signal: 'SIGTERM' })
  expect([cut.complete, cut.exitCode]).toEqual([false, 143])
  const broken = reportOf({ type: 'internal-error', message: 'x' })
  expect([broken.complete, broken.exitCode]).toEqual([false, 1])
})

describe('--on-change-only', () => {
  const at = (hours: number) => new Date(Date.parse('2026-08-01T10:00:00Z') + hours * 3_600_000)
  const clean = reportOf(taskEnd('ok', ha))
  const bad = reportOf(fileDiffers)
  const first = onChange(bad, undefined, at(0))

  test.each<[string, DriftReport, number, RegExp[], boolean]>([
    ['unchanged within a day', bad, 1, [], true],
    ['unchanged after a day', bad, 24, [/^M1: file/, /^unchanged since 2026-08-01T10:00/], true],
    ['another', reportOf(taskEnd('failed', { ...service, changes: [both] })), 1, [/^M1,M2: virtual IP/], true],
    ['cleared', clean, 1, [/^cleared: .* since 2026-08-01T10:00/], false],
    ['a maintenance clears nothing', reportOf(atWork('maintenance', 'x')), 1, [], true],
  ])('%s', (_name, report, hours, wanted, remembers) => {
    expect(first.lines).toHaveLength(1)
    const { lines, told } = onChange(report, first.told, at(hours))
    expect(lines).toHaveLength(wanted.length)
    for (const [i, line] of wanted.entries()) expect(lines[i]).toMatch(line)
    expect(told !== undefined).toBe(remembers)
  })

  test('changing numbers are not a new state', () => {
    const of = (from: string) => reportOf(taskEnd('failed', { ...service, changes: [{ attribute: 'clocks', from, to: 'at most 1 s' }] }))
    expect(fingerprint(of('18.6 s apart'))).toBe(fingerprint(of('17 s apart')))
    expect(fingerprint(clean)).toBe('')
  })

  test('nothing before, nothing now: nothing is reported', () =>
    expect(onChange(clean, undefined, at(0))).toEqual({ lines: [], told: undefined }))
})

describe('metrics', () => {
  test('count by host and kind, and keep the time of the last complete check', () => {
    const whole = reportOf(fileDiffers, taskEnd('failed', { ...service, changes: [both] }))
    const text = driftMetrics(whole, whole.ended)
    expect(text).toContain('nfsha_drift_findings{host="M1",kind="differs"} 1\n')
    expect(text).toContain('nfsha_drift_findings{host="M2",kind="wrong"} 1\n')
    expect(text).toContain('nfsha_drift_exit_code 5\n')
    const partial = reportOf({ ...lost })
    const later = driftMetrics(partial, lastCompleteIn(text))
    expect(lastCompleteIn(later)).toBe(whole.ended)
    expect(later).toContain('nfsha_drift_host_reachable{host="M2"} 0\n')
    expect(lastCompleteIn('nonsense')).toBeUndefined()
  })

  test('every line is a comment or a sample', () => {
    for (const line of driftMetrics(reportOf(fileDiffers), undefined).trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) nfsha_\w+ .+|nfsha_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? \d+(\.\d+)?)$/)
  })
})
