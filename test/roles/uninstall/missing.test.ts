import { expect, test } from 'vitest'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { missingProblem } from '../../../roles/uninstall/missing.ts'
import type { NamedInstalled } from '../../../roles/uninstall/state.ts'
import { contextOn } from '../contexts.ts'
import { activeState } from '../pair-states.ts'

const state = (more: Partial<NamedInstalled> = {}): NamedInstalled => ({
  ...activeState(),
  links: ['em2 dead', 'em3 dead'],
  device: undefined,
  noted: [],
  marks: ['served'],
  due: [],
  edited: {},
  connected: [],
  cron: false,
  disk: undefined,
  ...more,
})
const connected = activeState().device

test.each<[string, NamedInstalled[], string[], string | undefined, RegExp | undefined]>([
  ['both nodes were read', [state(), state({ host: 'M2' })], [], undefined, undefined],
  ['the other node was not read', [state()], ['M2'], undefined, /^M2 was not read: .* -e uninstall_without=M2 .* from M1 alone$/],
  ['it is lost for good', [state()], ['M2'], 'M2', undefined],
  ['another one is named', [state()], ['M2'], 'M3', /no node of this pair is named M3$/],
  ['the one that is named answers', [state(), state({ host: 'M2' })], [], 'M2', /^uninstall_without=M2: M2 answers$/],
  ['heartbeat still hears it', [state({ links: ['em2 dead', 'em3 up'] })], ['M2'], 'M2', /M2 is running, M1 is connected to it$/],
  ['DRBD is still connected to it', [state({ device: connected })], ['M2'], 'M2', /M2 is running/],
  ['no node was read', [], ['M1', 'M2'], 'M2', /^no node was read$/],
])('%s', (_name, states, missing, lost, why) => {
  const context = contextOn(debian12, {}, 'ha_stack=lean', ...(lost === undefined ? [] : [`uninstall_without=${lost}`]))
  const problem = missingProblem(states, missing, context)
  if (why === undefined) expect(problem).toBeUndefined()
  else expect(problem).toMatch(why)
})
