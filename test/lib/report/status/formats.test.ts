import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Event, EventBody } from '../../../../lib/engine/events.ts'
import { type OutputFormat, openView } from '../../../../lib/report/open-view.ts'
import type { ClusterStatus } from '../../../../lib/resources/cluster-status.ts'
import { packagedFile } from '../../../../lib/text/packaged.ts'
import { shownOf } from '../../../../roles/service/state/overview.ts'
import { problemCodes } from '../../../../roles/service/state/problem-codes.ts'
import { context, scenes } from '../../../roles/service/state/readings.ts'
import { captured } from '../screen.ts'

const statusOf = (scene: string, cluster = 'nfs'): ClusterStatus => ({
  ...shownOf(scenes[scene]?.members ?? [], context.cluster).status,
  cluster,
})

const time = '2026-11-30T00:00:00.000Z'
const end: EventBody = { type: 'run-end', recap: {}, exitCode: 3, ms: 1 }

/** Output of a format for these states, and its exit code if it has one. */
const shown = async (format: OutputFormat, statuses: ClusterStatus[], more: EventBody[] = []) => {
  const [out, err] = [captured(), captured()]
  const view = await openView(format, { stdout: out.stream, stderr: err.stream, color: 0 })
  const bodies: EventBody[] = [...statuses.map(status => ({ type: 'status' as const, status })), ...more, end]
  for (const [seq, body] of bodies.entries()) view.on({ v: 1, run: 'r', seq, time, ...body } as Event)
  await view.close()
  return { text: out.text(), said: err.text(), code: view.exitCode?.() }
}

describe('nagios', () => {
  test.each([
    ['healthy', 0, 'OK - nfs: served by M1 | '],
    ['one node down', 1, 'WARNING - nfs: served by M1; M2 was not read (unreachable); M2 cannot be reached [node-unreachable] | '],
    ['resync', 1, 'WARNING - nfs: served by M1; DRBD resynchronises M2: 45.2%, 3:20 left [drbd-resync] | '],
    ['disk failed', 1, 'WARNING - nfs: served by M1; DRBD has no disk on M2 (Diskless) [drbd-diskless] | '],
    ['both up without heartbeat', 2, 'CRITICAL - nfs: not served; heartbeat is stopped on M1 and M2 [heartbeat-stopped] | '],
    ['I/O suspended, both read', 2, 'CRITICAL - nfs: not served: M1 has the virtual IP, but DRBD suspends I/O; no carrier on em3'],
    ['split brain, and both serve', 2, 'CRITICAL - nfs: BOTH nodes have the virtual IP; '],
    ['one node slow, and nothing of it came', 3, 'UNKNOWN - nfs: not known: M1 was not read (no answer within 30 s); '],
  ])('%s', async (scene, code, begin) => {
    const seen = await shown('nagios', [statusOf(scene)])
    expect(seen.text.slice(0, `NFSHA ${begin}`.length)).toBe(`NFSHA ${begin}`)
    expect(seen.code).toBe(code)
    // One line, one bar, and performance data as the guidelines require.
    expect(seen.text).toMatch(/^[^|\n]+ \| ('[^'=]+'=\d+(\.\d+)?(KB|%)?;;;0(;\d+)? ?)+\n$/)
    expect(seen.said).toBe('')
  })

  test('performance data only for what was read', async () => {
    const { text } = await shown('nagios', [statusOf('resync')])
    expect(text.split(' | ')[1]).toBe(
      "'nodes_read'=2;;;0;2 'problems'=0;;;0 'out_of_sync'=161792KB;;;0 'resync'=45.2%;;;0;100 'links_up'=4;;;0;4 'nfsd_threads'=8;;;0\n",
    )
    const nothing = shownOf([], context.cluster).status
    expect((await shown('nagios', [{ ...nothing, service: 'not-known' }])).text).not.toMatch(/out_of_sync|links|threads/)
  })

  test('the worst of several clusters counts, and each has its own performance data', async () => {
    const { text, code } = await shown('nagios', [
      statusOf('healthy', 'a'),
      statusOf('both up without heartbeat', 'b'),
      statusOf('one node slow, and nothing of it came', 'c'),
    ])
    expect(code).toBe(2)
    expect(text).toMatch(/^NFSHA CRITICAL - a: served by M1; b: not served; .*; c: not known/)
    expect(text).toContain("'a::nodes_read'=2;;;0;2")
    expect(text).toContain("'c::nodes_read'=1;;;0;2")
  })

  test('a run that shows no state is unknown, whatever its exit code', async () => {
    expect(await shown('nagios', [])).toMatchObject({ text: 'NFSHA UNKNOWN - no state was read\n', code: 3 })
    const cut: EventBody = { type: 'interrupted', signal: 'SIGTERM' }
    expect(await shown('nagios', [statusOf('healthy')], [cut])).toMatchObject({ code: 3 })
    const fault = await shown('nagios', [], [{ type: 'internal-error', message: 'a | bar' }])
    expect(fault).toMatchObject({ text: 'NFSHA UNKNOWN - internal error: a / bar\n', code: 3 })
    expect(fault.said).toContain('INTERNAL ERROR')
  })
})

test('json: the states unchanged, and nothing else on stdout', async () => {
  const statuses = [statusOf('healthy', 'a'), statusOf('split brain', 'b')]
  const { text, said } = await shown('json', statuses, [{ type: 'message', level: 'warning', text: 'an old name' }])
  expect(JSON.parse(text)).toEqual({ v: 1, time, exitCode: 3, clusters: statuses, faults: [] })
  expect(said).toContain('WARNING: an old name')
})

/** The paths of all keys of a value, such as `nodes[].drbd.resync`. */
const paths = (value: unknown, at = ''): string[] => {
  if (Array.isArray(value)) return value.flatMap(item => paths(item, `${at}[]`))
  if (value === null || typeof value !== 'object') return [at]
  return Object.entries(value).flatMap(([key, item]) => paths(item, at === '' ? key : `${at}.${key}`))
}

test('json: every field is documented', () => {
  const docs = readFileSync(packagedFile('docs/status.md'), 'utf8')
  const fields = new Set(
    Object.keys(scenes)
      .flatMap(scene => paths(statusOf(scene)))
      .flatMap(path => path.replaceAll('[]', '').split('.')),
  )
  // The names of packages are values.
  expect([...fields].filter(field => !['heartbeat', 'drbd-utils'].includes(field) && !docs.includes(`\`${field}\``))).toEqual([])
})

describe('prometheus', () => {
  test('samples only for what was read', async () => {
    const { text } = await shown('prometheus', [statusOf('one node down')])
    expect(text).toContain('nfsha_holder{cluster="nfs",node="M1"} 1\nnfsha_holder{cluster="nfs",node="M2"} 0\n')
    expect(text).toContain('nfsha_redundant{cluster="nfs"} 0\n')
    expect(text).toContain('nfsha_node_read{cluster="nfs",node="M2"} 0\n')
    expect(text).toContain('nfsha_link_up{cluster="nfs",node="M1",nic="em2"} 0\n')
    expect(text).toContain('nfsha_last_handover_timestamp_seconds{cluster="nfs",node="M1"} 1763999060\n')
    expect(text).toContain('nfsha_problem{cluster="nfs",code="node-unreachable"} 1\n')
    expect(text).toContain(`nfsha_status_timestamp_seconds{cluster="nfs"} ${Date.parse(time) / 1000}\n`)
    expect(text.split('\n').filter(line => line.includes('"M2"'))).toHaveLength(2)
  })

  test('no sample of redundancy when it is not known', async () => {
    const { text } = await shown('prometheus', [statusOf('one node slow, and nothing of it came')])
    expect(text).toContain('nfsha_service{cluster="nfs",state="not-known"} 1\n')
    expect(text).not.toMatch(/^nfsha_redundant/m)
  })

  test('a resynchronisation', async () => {
    const { text } = await shown('prometheus', [statusOf('resync')])
    expect(text).toContain('nfsha_drbd_resync_percent{cluster="nfs",node="M2"} 45.2\n')
    expect(text).toContain('nfsha_drbd_resync_seconds_left{cluster="nfs",node="M2"} 200\n')
    expect(text).toContain('nfsha_drbd_out_of_sync_kib{cluster="nfs",node="M1"} 161792\n')
  })

  test('the exposition format: help, type, samples; each sample once', async () => {
    const { text } = await shown('prometheus', [statusOf('healthy', 'a"b\\c'), statusOf('split brain', 'b')])
    const lines = text.trimEnd().split('\n')
    for (const line of lines)
      expect(line).toMatch(/^(# (HELP|TYPE) nfsha_\w+ .+|nfsha_\w+\{(\w+="([^"\\]|\\\\|\\")*",?)+\} -?\d+(\.\d+)?)$/)
    const samples = lines.filter(line => !line.startsWith('#')).map(line => line.replace(/ \S+$/, ''))
    expect(new Set(samples).size).toBe(samples.length)
  })

  const promtool = spawnSync('promtool', ['--version']).status === 0
  test.runIf(promtool)('promtool accepts the metrics, the alert rules and their tests', async () => {
    const { text } = await shown(
      'prometheus',
      Object.keys(scenes).map(scene => statusOf(scene, scene)),
    )
    expect(spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' })
    for (const argv of [
      ['check', 'rules', 'docs/monitoring/alerts.yml'],
      ['test', 'rules', 'docs/monitoring/alerts.test.yml'],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', argv, { cwd: packagedFile('.'), encoding: 'utf8' })
      expect(status, `${stdout}${stderr}`).toBe(0)
    }
  })

  test('alert rules and dashboard use existing metrics and codes', async () => {
    const { text } = await shown(
      'prometheus',
      Object.keys(scenes).map(scene => statusOf(scene, scene)),
    )
    const metrics = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(m => m[1]))
    for (const file of ['docs/monitoring/alerts.yml', 'docs/monitoring/dashboard.json']) {
      const used = readFileSync(packagedFile(file), 'utf8')
      expect([...used.matchAll(/\bnfsha_\w+/g)].map(m => m[0]).filter(name => !metrics.has(name))).toEqual([])
      const codes = [...used.matchAll(/code="([a-z-]+)"/g)].map(m => m[1])
      expect(codes.filter(code => !problemCodes.some(known => known === code))).toEqual([])
    }
  })
})
