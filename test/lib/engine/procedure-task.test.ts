import { expect, test } from 'vitest'
import { runClusterTask } from '../../../lib/engine/cluster-task.ts'
import type { ClusterSession, HostSession } from '../../../lib/engine/session.ts'
import { notRead, present } from '../../../lib/resources/reading.ts'
import { type Procedure, planOf, type Step } from '../../../lib/resources/resource.ts'
import { refused } from '../../../lib/resources/verdict.ts'

interface Pair {
  marked: boolean
  at: string
}

const change = (attribute: string) => ({ attribute, from: 'no', to: 'yes' })
const settle = 0

interface Case {
  pair?: Partial<Pair>
  check?: boolean
  reads?: boolean
  /** Events during the procedure, by the name of the step that follows. */
  meanwhile?: Record<string, (pair: Pair) => void>
  /** The switchover does nothing. */
  isIgnored?: boolean
  /** A third host is missing. */
  isOneMissing?: boolean
  /** It is meant for an outage: planned with the available hosts. */
  allowMissing?: boolean
  /** The signal comes during this step. */
  interruptedIn?: string
}

/** A procedure of two steps: mark, then move to the node that did not have the service at first. */
const played = async (given: Case = {}) => {
  const pair: Pair = { marked: false, at: 'M1', ...given.pair }
  const log: string[] = []
  const seen: string[] = []
  const abort = new AbortController()
  const happens = (what: string) => {
    log.push(what)
    given.meanwhile?.[what]?.(pair)
    if (given.interruptedIn === what) abort.abort()
  }
  const step = (name: string, run: () => void): Step => ({
    name,
    settle,
    changes: [change(name)],
    async run() {
      happens(name)
      run()
    },
  })
  const procedure: Procedure<Pair, string> = {
    scope: 'cluster',
    id: 'moved',
    ...(given.allowMissing && { allowMissing: true }),
    probe: { sh: ':', parse: () => present(pair) },
    aim: () => (pair.at === 'M1' ? 'M2' : 'M1'),
    plan(members, target) {
      seen.push(members.map(m => `${m.host} ${m.reading.kind}`).join(', '))
      if (pair.at === 'nobody') return refused('the service is on no node')
      return planOf([
        !pair.marked && step('mark', () => Object.assign(pair, { marked: true })),
        pair.at !== target && step('move', () => (given.isIgnored ? undefined : Object.assign(pair, { at: target }))),
      ])
    },
  }
  const hostOf = (host: string) =>
    ({
      host,
      connection: {},
      readings: {
        ensure: async () => (given.reads === false ? notRead('no answer') : present(pair)),
        invalidate: () => undefined,
        renew: () => undefined,
        note: (text: string) => log.push(`${host}: ${text}`),
      },
    }) as unknown as HostSession
  const hosts = ['M1', 'M2'].map(hostOf)
  const session = {
    hosts: new Map(hosts.map(h => [h.host, h])),
    missing: new Map(given.isOneMissing ? [['M3', 'unreachable']] : []),
    check: given.check ?? false,
    drift: false,
    predicted: new Map(),
    owner: 'anna',
    signal: abort.signal,
    emit: () => undefined,
    beforeChange: async () => happens('lock'),
  } as unknown as ClusterSession
  const reporter = { phase: () => undefined, progress: () => undefined }
  const parts = hosts.map(host => ({ host, task: { role: 'r', index: 1, total: 1, resource: procedure } }))
  const outcome = await runClusterTask(parts, session, reporter).catch((error: Error) => error.message)
  return { outcome, log: log.filter(l => !/^M\d:/.test(l)), notes: log.filter(l => /^M\d:/.test(l)), pair, seen }
}

test('the steps run in order, and each is written to the log of both nodes', async () => {
  const { outcome, log, notes, pair } = await played()
  expect(outcome).toEqual({ status: 'changed', changes: [change('mark'), change('move')] })
  expect(log).toEqual(['lock', 'lock', 'mark', 'lock', 'move'])
  expect(notes).toEqual(['mark', 'move'].flatMap(name => ['M1', 'M2'].map(host => `${host}: r: moved: ${name} (anna)`)))
  expect(pair).toEqual({ marked: true, at: 'M2' })
})

test('a check shows the plan and runs no step', async () => {
  const { outcome, log } = await played({ check: true })
  expect(outcome).toEqual({ status: 'changed', changes: [change('mark'), change('move')] })
  expect(log).toEqual([])
})

test('completed steps are left out', async () => {
  const { outcome } = await played({ pair: { marked: true } })
  expect(outcome).toMatchObject({ changes: [change('move')] })
})

test('what somebody else did while we waited for the lock is not undone: the aim is from the first reading', async () => {
  const { outcome, log } = await played({ pair: { marked: true }, meanwhile: { lock: pair => Object.assign(pair, { at: 'M2' }) } })
  expect(outcome).toEqual({ status: 'ok', changes: [] })
  expect(log).toEqual(['lock'])
})

test('a precondition that no longer holds stops it before the next step', async () => {
  const { outcome, log } = await played({ meanwhile: { mark: pair => Object.assign(pair, { at: 'nobody' }) } })
  expect(outcome).toBe('the service is on no node')
  expect(log).toEqual(['lock', 'lock', 'mark'])
})

test('a step without effect on the reading is a failure', async () => {
  const { outcome } = await played({ isIgnored: true })
  expect(outcome).toBe('applied, but move is still no, wanted yes')
})

test('refused or unread: nothing is started', async () => {
  expect(await played({ pair: { at: 'nobody' } })).toMatchObject({ outcome: { status: 'failed' }, log: [] })
  expect(await played({ reads: false })).toMatchObject({
    outcome: {
      status: 'failed',
      error: { message: 'could not be read: no answer on M1', hint: 'look: nfsha-play ping -l M1,M2; then run the same command again' },
    },
    log: [],
  })
})

test('a signal: the current step finishes, the next one is not started', async () => {
  const { outcome, pair } = await played({ interruptedIn: 'mark' })
  expect(outcome).toBe("interrupted before 'move'; done: mark")
  expect(pair).toEqual({ marked: true, at: 'M1' })
})

test('with a host missing it is pending, unless it is meant for an outage', async () => {
  expect(await played({ isOneMissing: true })).toMatchObject({
    outcome: { status: 'skipped', pending: true, reason: 'needs M3 (unreachable)' },
    seen: [],
  })
  const { outcome, seen } = await played({ isOneMissing: true, allowMissing: true })
  expect(outcome).toMatchObject({ status: 'changed' })
  expect(seen[0]).toBe('M1 present, M2 present, M3 unknown')
})
