import { expect, test } from 'vitest'
import { type Applied, converge, type Look, type Subject } from '../../../lib/engine/converge.ts'
import type { Outcome } from '../../../lib/engine/events.ts'
import { failed, ok } from '../../../lib/engine/outcome.ts'
import type { ClusterSession, HostSession } from '../../../lib/engine/session.ts'
import type { HostResource } from '../../../lib/resources/resource.ts'

const changes = [{ attribute: 'mode', from: '0644', to: '0600' }]
const differs: Outcome = { status: 'changed', changes }

interface Case {
  looks: Outcome[]
  check?: boolean
  isAssertion?: boolean
  applying?: () => Promise<Applied>
  invalidates?: HostResource['invalidates']
}

/** The steps in order, and the result. The last look is repeated as often as needed. */
const played = async ({ looks, check = false, isAssertion = false, applying, invalidates = 'host' }: Case) => {
  const steps: string[] = []
  const left = [...looks]
  const hostOf = (host: string) =>
    ({
      host,
      readings: {
        invalidate: (ids?: string[]) => void steps.push(`invalidate ${host}${ids ? ` ${ids}` : ''}`),
        renew: (ids: string[]) => void steps.push(`renew ${ids}`),
        note: (text: string) => void steps.push(`note ${text}`),
      },
    }) as unknown as HostSession
  const [one, two] = [hostOf('M1'), hostOf('M2')]
  const session = {
    hosts: new Map([
      ['M1', one],
      ['M2', two],
    ]),
    check,
    drift: false,
    predicted: new Map(),
    owner: 'anna',
    signal: new AbortController().signal,
    emit: () => undefined,
    beforeChange: async () => void steps.push('lock'),
  } as unknown as ClusterSession
  const subject: Subject<Look> = {
    task: {
      role: 'r',
      index: 1,
      total: 1,
      resource: { scope: 'host', id: 'f', invalidates, apply: async () => undefined } as unknown as HostResource,
    },
    hosts: [one],
    async look() {
      steps.push('look')
      return { outcome: (left.length > 1 ? left.shift() : left[0]) as Outcome }
    },
    preview: async first => first.outcome,
    apply: isAssertion
      ? undefined
      : async () => {
          steps.push('apply')
          return applying ? applying() : {}
        },
  }
  const reporter = { phase: () => undefined, progress: () => undefined }
  const outcome = await converge(subject, session, reporter).catch((error: Error) => error.message)
  return { steps, outcome, predicted: session.predicted.size }
}

const changing = ['look', 'lock', 'renew f', 'look', 'apply', 'invalidate M1', 'note r: f: mode (anna)', 'invalidate M1 f', 'look']

test.each<[string, Case, string[], unknown]>([
  ['as desired: nothing is locked', { looks: [ok] }, ['look'], ok],
  ['a change, read again before it and after it', { looks: [differs, differs, ok] }, changing, differs],
  [
    'the remark of an apply',
    { looks: [differs, differs, ok], applying: async () => ({ remark: 'in 3 s' }) },
    changing,
    { ...differs, reason: 'in 3 s' },
  ],
  [
    'no further reading after an apply that reads and notes itself',
    { looks: [differs, differs, ok], applying: async () => ({ isReadAgain: true }) },
    ['look', 'lock', 'renew f', 'look', 'apply', 'look'],
    differs,
  ],
  [
    'its own reading is judged too',
    { looks: [differs], applying: async () => ({ isReadAgain: true }) },
    ['look', 'lock', 'renew f', 'look', 'apply', 'look'],
    failed('applied, but mode is still 0644, wanted 0600'),
  ],
  ['somebody else repaired it while we waited for the lock', { looks: [differs, ok] }, ['look', 'lock', 'renew f', 'look'], ok],
  ['it is refused once the lock is held', { looks: [differs, failed('no')] }, ['look', 'lock', 'renew f', 'look'], failed('no')],
  ['a second reading that still differs', { looks: [differs] }, changing, failed('applied, but mode is still 0644, wanted 0600')],
  ['a second reading that fails', { looks: [differs, differs, failed('gone')] }, changing, failed('gone')],
  [
    'a failed apply may have changed something',
    { looks: [differs], applying: () => Promise.reject(new Error('disk full')) },
    ['look', 'lock', 'renew f', 'look', 'apply', 'invalidate M1'],
    'disk full',
  ],
  ['a check locks and changes nothing', { looks: [differs], check: true }, ['look'], differs],
  ['an assertion is never applied', { looks: [differs], isAssertion: true }, ['look'], differs],
])('%s', async (_name, given, steps, outcome) => {
  const seen = await played(given)
  expect(seen.steps).toEqual(steps)
  expect(seen.outcome).toEqual(outcome)
  expect(seen.predicted).toBe(given.check ? 1 : 0)
})

test.each<[HostResource['invalidates'], string[]]>([
  ['itself', ['invalidate M1 f']],
  ['host', ['invalidate M1']],
  ['cluster', ['invalidate M1', 'invalidate M2']],
])('an apply that invalidates %s', async (invalidates, expected) => {
  const { steps } = await played({ looks: [differs, differs, ok], invalidates })
  const from = steps.indexOf('apply') + 1
  expect(
    steps.slice(
      from,
      steps.findIndex(s => s.startsWith('note')),
    ),
  ).toEqual(expected)
})
