import { expect, test } from 'vitest'
import { outcomeOf } from '../../../lib/engine/outcome.ts'
import { notRead, unknown, unknownOn } from '../../../lib/resources/reading.ts'

const session = (check: boolean) => ({ check, drift: false, predicted: new Map() })

test('a failed read reports the reason, the host and the next command', () => {
  const outcome = outcomeOf(unknownOn('M2', notRead('no answer within 30 s')), {}, ['M1', 'M2'], session(false))
  expect(outcome).toEqual({
    status: 'failed',
    changes: [],
    error: {
      message: 'could not be read: no answer within 30 s on M2',
      hint: 'look: nfsha-play ping -l M1,M2; then run the same command again',
    },
  })
})

test('a check reports the reason or the prerequisite; neither is a failure', () => {
  expect(outcomeOf(notRead('no answer within 30 s'), {}, ['M1'], session(true))).toEqual({
    status: 'unknown',
    changes: [],
    reason: 'could not be read: no answer within 30 s',
  })
  expect(outcomeOf(unknownOn('M1', unknown('package x')), {}, ['M1'], session(true)).reason).toBe('waits for package x on M1')
})

test('in a run, the prerequisite is missing', () => {
  expect(outcomeOf(unknown('package x'), {}, ['M1'], session(false)).error).toEqual({ message: 'could not be read: it needs package x' })
})
