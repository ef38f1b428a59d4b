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

/** What happens, in order, and what comes of it. The last look stands for all later ones. */
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
    'what an apply remarks',
    { looks: [differs, differs, ok], applying: async () => ({ remark: 'in 3 s' }) },
    changing,
    { ...differs, reason: 'in 3 s' },
  ],
  [
    'an apply that has read it again and noted it is not followed by another reading',
    { looks: [differs, differs, ok], applying: async () => ({ isReadAgain: true }) },
    ['look', 'lock', 'renew f', 'look', 'apply', 'look'],
    differs,
  ],
  [
    'what it has read is judged all the same',
    { looks: [differs], applying: async () => ({ isReadAgain: true }) },
    ['look', 'lock', 'renew f', 'look', 'apply', 'look'],
    failed('applied, but mode is still 0644, wanted 0600'),
  ],
  ['somebody else repaired it while the lock was waited for', { looks: [differs, ok] }, ['look', 'lock', 'renew f', 'look'], ok],
  ['it is refused once the lock is held', { looks: [differs, failed('no')] }, ['look', 'lock', 'renew f', 'look'], failed('no')],
  ['a second reading that is not right', { looks: [differs] }, changing, failed('applied, but mode is still 0644, wanted 0600')],
  ['a second reading that cannot be made', { looks: [differs, differs, failed('gone')] }, changing, failed('gone')],
  [
    'an apply that fails may have written',
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
