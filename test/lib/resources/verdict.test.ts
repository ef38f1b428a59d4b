import { expect, test } from 'vitest'
import { statesOf } from '../../../lib/resources/members.ts'
import { absent, notRead, present, skip, unknown } from '../../../lib/resources/reading.ts'
import { allOf, changesOf, differsBy, inSync, refused, refusedFor, reworded } from '../../../lib/resources/verdict.ts'

const change = (attribute: string) => ({ attribute, from: 'a', to: 'b' })
const differs = (...attributes: string[]) => differsBy(attributes.map(change))

test('no changes mean in sync, no problems mean no refusal', () => {
  expect(differsBy([])).toEqual(inSync)
  expect(refusedFor([])).toEqual(inSync)
  expect(refusedFor(['one', 'two'])).toEqual(refused('one\ntwo'))
})

test('a refusal has no changes', () => {
  expect(changesOf(refused('no'))).toEqual([])
  expect(changesOf(unknown('later'))).toEqual([])
  expect(changesOf(differs('mode'))).toEqual([change('mode')])
})

test.each([
  ['all in sync', [inSync, inSync], inSync],
  ['changes of several parts', [differs('a'), inSync, differs('b')], differs('a', 'b')],
  ['a refusal and a change: nothing is changed', [differs('a'), refused('no'), unknown('x')], refused('no')],
  ['unknown and a change', [differs('a'), unknown('x')], unknown('x')],
  ['skipped and a change', [skip('x'), differs('a')], skip('x')],
])('combined: %s', (_name, parts, whole) => expect(allOf(parts)).toEqual(whole))

test('only changes are reworded', () => {
  const on = (verdict: Parameters<typeof reworded>[0]) => reworded(verdict, c => ({ ...c, attribute: `${c.attribute} on M1` }))
  expect(on(differs('a'))).toEqual(differs('a on M1'))
  expect(on(refused('no'))).toEqual(refused('no'))
})

test('only members that were read count', () => {
  const members = [
    { host: 'M1', reading: present({ role: 'Primary' }) },
    { host: 'M2', reading: notRead('unreachable') },
    { host: 'M3', reading: absent },
  ]
  expect(statesOf(members)).toEqual([{ host: 'M1', role: 'Primary' }])
})
