import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StatusCause } from '../../../../lib/resources/cluster-status.ts'
import type { Member } from '../../../../lib/resources/resource.ts'
import { statusOf } from '../../../../roles/service/state/cluster-status.ts'
import { problemsOf } from '../../../../roles/service/state/problem-list.ts'
import type { ServiceState } from '../../../../roles/service/state/state.ts'
import { serviceProbe } from '../../../../roles/service/state/state.ts'
import { runs } from '../../../runs.ts'
import { answer, away, context, member, slow, whole } from './readings.ts'

const probe = serviceProbe(context)

test('a machine without anything installed can be read', () => {
  const bare = '@daemon\nnow 1500.5 600.50\n@daemons\n@superblock\n@packages\n@lock\n@minor\n0\n'
  expect(probe.parse({ code: 0, stdout: bare, stderr: '', at: 0 }).kind).toBe('present')
  expect(probe.parse({ code: 0, stdout: bare.replace(/now.*/, ''), stderr: '', at: 0 }).kind).toBe('unknown')
})

test('output truncated anywhere shows nothing that the complete one does not', () => {
  for (const role of ['active', 'standby'] as const) {
    const full = answer('M1', role)
    const complete = probe.parse({ code: 0, stdout: full, stderr: '', at: 0 })
    const state = (complete.kind === 'present' ? complete.state : {}) as Record<string, unknown>
    let most = 0
    const script = full.indexOf('@lock')
    const cuts = [...full.matchAll(/\n/g)].flatMap(({ index }) => [index - 1, index, index + 1, index + 3]).filter(at => at > script)
    for (const at of [...cuts, full.length]) {
      const part = probe.parsePart?.(full.slice(0, at)) as Record<string, unknown>
      for (const [field, value] of Object.entries(part)) expect(value, `${field} of ${role}, cut at ${at}`).toEqual(state[field])
      most = Math.max(most, Object.keys(part).length)
    }
    expect(most).toBeGreaterThanOrEqual(Object.keys(state).length - 1)
  }
})

test('no field is claimed whose separate source is missing', () => {
  const full = answer('M1', 'active')
  const state = probe.parsePart?.(full) as Record<string, unknown>
  for (const block of whole) {
    const part = probe.parsePart?.(full.replace(new RegExp(`^@${block}\n[^@]*`, 'm'), '')) as Record<string, unknown>
    expect(Object.keys(part).length, block).toBeLessThan(Object.keys(state).length)
    for (const [field, value] of Object.entries(part)) expect(value, `${field} without ${block}`).toEqual(state[field])
  }
})

test('a node that hangs while reading the scope still reports its address and the number of threads', () => {
  const text = answer('M1', 'active')
  const { headline, nodes, problems } = statusOf(
    [slow('M1', text.slice(0, text.indexOf('is nfsha-drbd'))), member('M2', answer('M2', 'standby'))],
    context,
  )
  expect(headline).toBe('served by M1; M1 was read in part (no answer within 30 s)')
  expect(nodes[0]).toMatchObject({
    read: 'partly',
    why: 'no answer within 30 s',
    virtualIp: true,
    mounted: 'read-write',
    exported: null,
    nfsd: null,
  })
  expect(problems.map(p => p.code)).toEqual(['node-slow'])
})

type Node = 'M1' | 'M2'
const flags = { s: 's-----', r: 'r-----' }

const blocks = fc.record({
  vip: fc.boolean(),
  heartbeat: fc.constantFrom('active', 'inactive'),
  rsc: fc.constantFrom('local', 'none', 'transition', ''),
  links: fc.constantFrom('em3 up\nem2 up', 'em3 dead\nem2 up', 'em3 dead\nem2 dead', ''),
  carrier: fc.constantFrom('em1 1\nem2 1\nem3 1', 'em1 1\nem2 0\nem3 0', 'em1 0\nem2 1\nem3 1'),
  connection: fc.constantFrom('Connected', 'WFConnection', 'StandAlone', 'SyncSource', 'SyncTarget', 'none'),
  role: fc.constantFrom('Primary', 'Secondary'),
  peer: fc.constantFrom('Primary', 'Secondary', 'Unknown'),
  disk: fc.constantFrom('UpToDate', 'Outdated', 'Inconsistent', 'Diskless'),
  io: fc.constantFrom<keyof typeof flags>('r', 'r', 's'),
  mounted: fc.boolean(),
  nfsd: fc.constantFrom('0', '8'),
  maintenance: fc.constantFrom('', '', 'marked\nM1', 'marked\nby hand'),
})

const textOf = (node: Node, b: typeof blocks extends fc.Arbitrary<infer T> ? T : never): string =>
  answer(node, b.vip ? 'active' : 'standby', {
    heartbeat: b.heartbeat,
    rsc: b.rsc,
    links: b.links,
    carrier: b.carrier,
    maintenance: b.maintenance,
    drbd:
      b.connection === 'none'
        ? 'version: 8.4.11 (api:1/proto:86-101)'
        : `version: 8.4.11 (api:1/proto:86-101)\n 0: cs:${b.connection} ro:${b.role}/${b.peer} ds:${b.disk}/UpToDate C ${flags[b.io]}\n    ns:0 oos:0`,
    mount: b.mounted ? '/dev/drbd0 /data ext4 rw,nosuid,nodev,noatime 0 0' : '',
    nfsd: b.nfsd,
  })

const memberOf = (node: Node): fc.Arbitrary<Member<ServiceState>> =>
  fc
    .tuple(fc.constantFrom('whole', 'whole', 'part', 'away', 'left out'), blocks, fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([kind, b, at]) => {
      const text = textOf(node, b)
      if (kind === 'away') return away(node)
      if (kind === 'left out') return away(node, 'not in --limit')
      return kind === 'whole' ? member(node, text) : slow(node, text.slice(0, Math.floor(text.length * at)))
    })

const known = ({ reading }: Member<ServiceState>): Partial<ServiceState> =>
  reading.kind === 'present' ? reading.state : reading.kind === 'unknown' ? ((reading.partly ?? {}) as Partial<ServiceState>) : {}

const listed = (problems: StatusCause[]) => problems.flatMap(cause => [cause, ...cause.consequences])

test('whatever the two nodes print, or do not print: nothing is claimed that was not read, and no problem is lost', () => {
  fc.assert(
    fc.property(memberOf('M1'), memberOf('M2'), (one, two) => {
      const members = [one, two]
      const { headline, service, holder, verdict, problems } = statusOf(members, context)
      const silent = members.filter(m => m.reading.kind !== 'present')
      const nodes = members.map(known)
      // The headline is one of four, and names every node that was not read.
      expect(headline).toMatch(/^(served by M[12]|not served|BOTH nodes have the virtual IP|not known)(;|:|$)/)
      for (const m of silent) expect(headline).toMatch(new RegExp(`${m.host} was (not read|read in part)`))
      if (service === 'not-served') expect(nodes.every(n => n.vip !== undefined)).toBe(true)
      if (service === 'on-both') expect(nodes.every(n => n.vip === true)).toBe(true)
      if (service === 'served') {
        const at = known(members.find(m => m.host === holder) as Member<ServiceState>)
        expect(at).toMatchObject({ vip: true, mounted: true })
        expect(at.nfsd).toBeGreaterThan(0)
        expect(at.device?.flags ?? '').not.toMatch(/^s/)
      }
      if (headline.startsWith('not served')) expect(service).toBe('not-served')
      if (verdict.state === 'down') expect(service).toBe('not-served')
      // Healthy and redundant are claims about both nodes.
      if (verdict.state === 'healthy' || verdict.redundant === true) expect(silent).toEqual([])
      if (verdict.state === 'healthy') expect(problems.filter(p => p.severity === 'problem')).toEqual([])
      // Causes and consequences together are all problems, each once.
      const found = problemsOf(members, context.vars)
      const all = listed(problems.filter(p => p.severity === 'problem'))
      for (const p of found)
        expect(all.filter(l => l.code === p.code && (p.host === undefined || l.hosts.includes(p.host))).length).toBeGreaterThan(0)
      expect(new Set(all.map(l => l.text)).size).toBe(all.length)
      if (found.length > 0) expect(problems.length).toBeGreaterThan(0)
      // Nothing that requires both nodes is claimed while one is unread.
      if (silent.length > 0) expect(all.map(l => l.code)).not.toContain('vip-on-no-node')
      expect(all.every(l => !l.next.command.includes('status.yml'))).toBe(true)
    }),
    { numRuns: runs(200) },
  )
})
