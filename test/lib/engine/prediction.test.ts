import { expect, test } from 'vitest'
import type { Outcome } from '../../../lib/engine/events.ts'
import { failed, ok } from '../../../lib/engine/outcome.ts'
import { asPredicted, isPredicted, predict } from '../../../lib/engine/prediction.ts'

const changed: Outcome = { status: 'changed', changes: [{ attribute: 'kernel', from: 'a', to: 'b' }] }
const session = (ids: string[], { check = true, drift = false } = {}) => {
  const mine = { check, drift, predicted: new Map<string, Set<string>>() }
  for (const id of ids) predict(mine, ['M1'], id)
  return mine
}
const status = (outcome: Outcome) => `${outcome.status}${outcome.reason ? ` ${outcome.reason}` : ''}`

test.each<[string, { dependsOn?: string[]; assertion?: true }, Outcome, string[], string[], string]>([
  ['a resource reading a pending file is unknown', { dependsOn: ['file f'] }, changed, ['file f'], ['M1'], 'unknown waits for file f'],
  ['even if it matches now', { dependsOn: ['file f'] }, ok, ['file f'], ['M1'], 'unknown waits for file f'],
  ['not on another host', { dependsOn: ['file f'] }, changed, ['file f'], ['M2'], 'changed'],
  ['not for another file', { dependsOn: ['file f'] }, changed, ['file g'], ['M1'], 'changed'],
  ['an assertion that holds stays ok', { dependsOn: ['file f'], assertion: true }, ok, ['file f'], ['M1'], 'ok'],
  [
    'one that fails is unknown',
    { dependsOn: ['file f'], assertion: true },
    failed('no'),
    ['file f'],
    ['M1'],
    'unknown waits for file f: now no',
  ],
  ['one that depends on nothing is refused', { dependsOn: [], assertion: true }, failed('no'), ['file f'], ['M1'], 'failed'],
  ['without dependsOn it may wait for anything', {}, failed('no'), ['file f'], ['M2'], 'unknown waits for the changes above: now no'],
  ['and is refused when nothing is predicted', {}, failed('no'), [], ['M1'], 'failed'],
  ['and a difference is reported as read', {}, changed, ['file f'], ['M1'], 'changed'],
])('%s', (_, resource, now, predicted, hosts, expected) => {
  expect(status(asPredicted(resource, now, hosts, session(predicted)))).toBe(expected)
})

test('only a check predicts', () => {
  expect(isPredicted(session(['file f']), ['M1', 'M2'], 'file f')).toBe(true)
  expect(isPredicted(session(['file f'], { check: false }), ['M1'], 'file f')).toBe(false)
  const drift = session(['file f'], { drift: true })
  expect(drift.predicted.size).toBe(0)
  expect(asPredicted({ dependsOn: ['file f'] }, changed, ['M1'], drift)).toBe(changed)
})
