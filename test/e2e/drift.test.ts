import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../lib/engine/events.ts'
import type { PlayPlan } from '../../lib/engine/play.ts'
import { runPlays } from '../../lib/engine/run.ts'
import { debian12 } from '../../lib/platform/debian12.ts'
import { driftReport } from '../../lib/report/drift/report.ts'
import { eventStream } from '../../lib/report/stream.ts'
import { clusterAssertion } from '../../lib/resources/assertion.ts'
import { file } from '../../lib/resources/file.ts'
import { present } from '../../lib/resources/reading.ts'
import type { ClusterAssertion, Resource } from '../../lib/resources/resource.ts'
import { differsBy } from '../../lib/resources/verdict.ts'
import { connect } from '../../lib/ssh/connect.ts'
import { createMasker } from '../../lib/text/mask.ts'
import { watch } from '../../roles/status/watch.ts'
import { Vars } from '../../roles/vars.ts'
import { isRoot, type Sshd, startSshd, whyNoSshd } from './ssh/sshd.ts'

const why = whyNoSshd() ?? (isRoot ? undefined : 'the files belong to root')
let sshd: Sshd
let folder: string
const at = (name: string) => join(folder, name)

const run = async (steps: (host: string) => Resource[], { drift = true, wrong = [] as string[], lost = [] as string[] } = {}) => {
  const events: Event[] = []
  const nodes = ['A', 'B'].map(name => ({ name, vars: {} }))
  const play: PlayPlan<object> = {
    name: 'test',
    roles: [{ name: 'probe', summary: '', steps: c => steps(c.host) }],
    targets: [{ cluster: { name: 'pair', nodes, clients: [] }, hosts: nodes, left: [] }],
    selects: () => true,
    anyErrorsFatal: true,
    identity: () => wrong.map(host => ({ host, problem: 'another machine' })),
  }
  const stream = eventStream({ command: 'site.yml', secrets: createMasker() })
  stream.subscribe(e => void events.push(e))
  await runPlays([play], {
    check: drift,
    drift,
    forks: 2,
    signal: new AbortController().signal,
    emit: stream.emit,
    connect: name => connect(lost.includes(name) ? sshd.target({ name, port: 1 }) : sshd.target({ name })),
  })
  return { events, report: driftReport(events, 'site.yml'), execs: events.flatMap(e => (e.type === 'host-closed' ? [e.execs] : [])) }
}

/** Wrong as long as a file exists; each reading writes a line, so that readings can be counted. */
const judged = (name: string, healAfter = Number.POSITIVE_INFINITY): ClusterAssertion<number> =>
  clusterAssertion(name, {
    probe: { sh: `echo x >> ${at(name)}; wc -l < ${at(name)}`, parse: o => present(Number(o.stdout)) },
    compare(members) {
      const reads = Math.max(...members.map(m => (m.reading.kind === 'present' ? m.reading.state : 0)))
      return differsBy(reads > healAfter ? [] : [{ attribute: name, from: 'bad', to: 'good', remedy: 'status.yml' }])
    },
  })

/** The state of the service as `drift` reads it, for a pair to which this machine does not belong. */
const pairSteps = (host: string): Resource[] => {
  const cluster = { name: 'pair', nodes: ['A', 'B'].map((name, i) => ({ name, vars: pairVars(name, i + 1) })), clients: [] }
  const node = cluster.nodes.find(n => n.name === host) as (typeof cluster.nodes)[number]
  return watch.steps({ host, vars: node.vars, facts: {} as never, cluster, platform: debian12 })
}
const pairVars = (name: string, n: number) =>
  Vars.parse({
    node_name: `${name}.example.org`,
    node_service_ip: `192.0.2.${n}`,
    node_heartbeat_ip: `198.51.100.${n}`,
    node_drbd_ip: `203.0.113.${n}`,
    heartbeat_ping: '192.0.2.254',
    heartbeat_secret: 'test-secret',
    drbd_secret: 'test-secret',
    drbd_disk: '/dev/vdb',
    nfs_export_network: '192.0.2.0/24',
    ha_vip: '192.0.2.9/24',
  })

const readsOf = (name: string) => readFileSync(at(name), 'utf8').split('\n').length - 1

describe.skipIf(why !== undefined)(`drift over a real sshd${why ? ` (skipped: ${why})` : ''}`, () => {
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nfsha-drift-'))
    return () => rmSync(folder, { recursive: true })
  })

  test('converged: two execs per host and no output; drifted: every difference is reported, nothing is written', async () => {
    const steps = (host: string) => [file(at(`${host}.conf`), { content: 'x\n' }), file(at(`${host}.more`), { content: 'y\n' })]
    await run(steps, { drift: false })
    const same = await run(steps)
    expect(same.report).toMatchObject({ findings: [], exitCode: 0, complete: true, checked: 4 })
    expect(same.execs).toEqual([2, 2])
    writeFileSync(at('A.conf'), 'by hand')
    rmSync(at('B.more'))
    const { report } = await run(steps)
    expect(report.exitCode).toBe(5)
    expect(report.findings.map(f => `${f.host} ${f.resource}`).sort()).toEqual([`A file ${at('A.conf')}`, `B file ${at('B.more')}`])
    expect(readFileSync(at('A.conf'), 'utf8')).toBe('by hand')
    expect(existsSync(at('B.more'))).toBe(false)
  })

  test('a problem does not hide later ones, is read again for a limited time, and is reported once', async () => {
    const twin = { ...judged('first'), id: 'twin' }
    const started = Date.now()
    const { report } = await run(host => [judged('first'), twin, file(at(`${host}.conf`), { content: 'x\n' })])
    expect(report.findings.map(f => f.resource).sort()).toEqual([`file ${at('A.conf')}`, `file ${at('B.conf')}`, 'first'])
    expect(readsOf('first')).toBeGreaterThanOrEqual(4)
    expect(Date.now() - started).toBeLessThan(30_000)
  })

  test('a script that two resources need runs once', async () => {
    const { report } = await run(() => [judged('one', 0), { ...judged('one', 0), id: 'twin' }])
    expect(report).toMatchObject({ findings: [], checked: 2 })
    expect(readsOf('one')).toBe(2)
  })

  test('a state that becomes correct within seconds is not reported', async () => {
    const { report } = await run(() => [judged('handover', 2)])
    expect(report).toMatchObject({ findings: [], exitCode: 0 })
    expect(readsOf('handover')).toBe(4)
  })

  test('a run, too, repeats an assertion that has a time to settle, and does not repeat one that has none', async () => {
    const settled = await run(() => [{ ...judged('late', 2), settle: 10_000 }], { drift: false })
    expect(settled.events.filter(e => e.type === 'task-end').map(e => e.status)).toEqual(['ok'])
    const failed = await run(() => [judged('now', 2)], { drift: false })
    expect(failed.events.filter(e => e.type === 'task-end').map(e => e.status)).toEqual(['failed'])
    expect(readsOf('now')).toBe(2)
  })

  test('a running play is named, and differences meanwhile raise no alarm; a stale lock does not count as a running play', async () => {
    const lock = '/run/nfsha-play'
    if (existsSync(`${lock}/owner`)) return
    mkdirSync(lock, { recursive: true, mode: 0o700 })
    const holder = spawn('sleep', ['120'])
    writeFileSync(`${lock}/owner`, 'anna@jump pid 7\n')
    writeFileSync(`${lock}/holder`, `${holder.pid}\n`)
    const gone = new Promise(done => holder.once('exit', done))
    try {
      const busy = await run(pairSteps)
      expect(busy.report.interventions).toContainEqual({ kind: 'play', cluster: 'pair', host: 'A', who: 'anna@jump pid 7' })
      expect(busy.report.findings.map(f => f.resource)).toContain('heartbeat')
      expect(busy.report.findings.every(f => !f.alarm)).toBe(true)
      expect(busy.report.exitCode).toBe(0)
      holder.kill()
      await gone
      const free = await run(pairSteps)
      expect(free.report).toMatchObject({ interventions: [], exitCode: 5 })
    } finally {
      holder.kill()
      for (const name of ['owner', 'holder']) rmSync(`${lock}/${name}`, { force: true })
    }
  })

  test('an unreachable host is reported once, and the other host is still read', async () => {
    const { report } = await run(host => [file(at(`${host}.conf`), { content: 'x\n' }), judged('both')], { lost: ['B'] })
    expect(report).toMatchObject({ exitCode: 4, complete: false })
    expect(report.findings.map(f => `${f.kind} ${f.host} ${f.resource}`)).toEqual([
      'unreachable B connection',
      `differs A file ${at('A.conf')}`,
      'unknown A both',
    ])
  })

  test('another machine under the name of a host is reported, and is not a member of its cluster', async () => {
    const { report } = await run(host => [judged('both'), file(at(`${host}.conf`), { content: 'x\n' })], { wrong: ['B'] })
    expect(report.exitCode).toBe(5)
    expect(report.findings.map(f => `${f.kind} ${f.host} ${f.resource}`)).toEqual([
      'wrong B identity',
      `differs A file ${at('A.conf')}`,
      'unknown A both',
    ])
  })

  test('the log entry of a change on the host costs no extra exec', async () => {
    const steps = (host: string) => [file(at(`${host}.conf`), { content: 'x\n' })]
    const { execs } = await run(steps, { drift: false })
    // facts, first reading, lock, reading under the lock, write, verification
    expect(Math.max(...execs)).toBeLessThanOrEqual(6)
  })
})
