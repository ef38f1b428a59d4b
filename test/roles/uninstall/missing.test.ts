import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { notRead, present } from '../../../lib/resources/reading.ts'
import type { Member } from '../../../lib/resources/resource.ts'
import { missingProblem } from '../../../roles/uninstall/missing.ts'
import type { Installed } from '../../../roles/uninstall/state.ts'
import { contextOn } from '../contexts.ts'
import { activeState } from '../pair-states.ts'

const read = (host: string, more: Partial<Installed> = {}): Member<Installed> => {
  const { host: _, ...state } = activeState()
  return {
    host,
    reading: present({
      ...state,
      ...{ links: ['em2 dead', 'em3 dead'], device: undefined, noted: [], marks: ['served'], due: [], edited: {} },
      ...{ connected: [], answers: [], cron: false, disk: undefined },
      ...more,
    }),
  }
}
const unread = (host: string, why = 'unreachable'): Member<Installed> => ({ host, reading: notRead(why) })
const connected = activeState().device

test.each<[string, Member<Installed>[], string | undefined, RegExp | undefined]>([
  ['both nodes were read', [read('M1'), read('M2')], undefined, undefined],
  [
    'the other node is unreachable',
    [read('M1'), unread('M2')],
    undefined,
    /^M2 is unreachable: .* -e uninstall_without=M2 .* from M1 alone$/,
  ],
  ['it is lost for good', [read('M1'), unread('M2')], 'M2', undefined],
  ['another one is named', [read('M1'), unread('M2')], 'M3', /no missing node of this pair has that name$/],
  ['the one that is named answers', [read('M1'), read('M2')], 'M2', /^uninstall_without=M2: M2 answers$/],
  ['it is not in the limit', [read('M1'), unread('M2', 'not in --limit')], 'M2', /^M2 was not read: not in --limit$/],
  ['it answered half', [read('M1'), unread('M2', 'no answer within 30 s')], 'M2', /^M2 was not read: no answer within 30 s$/],
  ['it is another machine', [read('M1')], 'M2', /^M2 was not read: it is not part of this run/],
  ['it is another machine, without confirmation', [read('M1')], undefined, /^M2 was not read/],
  [
    'heartbeat still hears it',
    [read('M1', { links: ['em2 dead', 'em3 up'] }), unread('M2')],
    'M2',
    /^M2 is not lost: heartbeat of M1 hears it over em3$/,
  ],
  [
    'DRBD is still connected to it',
    [read('M1', { device: connected }), unread('M2')],
    'M2',
    /^M2 is not lost: DRBD of M1 is connected to it$/,
  ],
  ['one of its addresses answers', [read('M1', { answers: ['172.16.0.211 over em2'] }), unread('M2')], 'M2', /answers at 172\.16\.0\.211/],
  ['no node was read', [unread('M1'), unread('M2')], undefined, /^no node was read$/],
])('%s', (_name, members, lost, why) => {
  const context = contextOn(debian12, {}, 'ha_stack=lean', ...(lost === undefined ? [] : [`uninstall_without=${lost}`]))
  const problem = missingProblem(members, context)
  if (why === undefined) expect(problem).toBeUndefined()
  else expect(problem).toMatch(why)
})
