import { expect, test } from 'vitest'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { present } from '../../../../lib/resources/reading.ts'
import { changesOf, inSync } from '../../../../lib/resources/verdict.ts'
import { firewall, neededPorts, parseRules } from '../../../../roles/service/checks/firewall.ts'
import { contextOn } from '../../contexts.ts'
import { refusalOf } from '../../verdicts.ts'

const context = contextOn(debian12)
const accepting = (comments: number) =>
  `*filter\n:INPUT DROP [0:0]\n${'-A INPUT -p udp --dport 694 -m comment --comment nfsha-play -j ACCEPT\n'.repeat(comments)}`
const judged = (text: string, ...extra: string[]) =>
  firewall(extra.length > 0 ? contextOn(debian12, {}, ...extra) : context).compare(present(parseRules(text)) as never, () => undefined)

test('a firewall that may block ports is refused, and the refusal says what to do', () => {
  const refused = refusalOf(judged(accepting(0)))
  expect(refused).toContain('udp/694 on em2 (heartbeat)')
  expect(refused).toContain('tcp/7789 on em3 (replication)')
  expect(refused).toMatch(/a rule of its own that has the comment nfsha-play \(0 of 5 found\), or set base_firewall: open$/)
})

test('one marked rule per port is the confirmation, fewer are not', () => {
  const { length } = neededPorts(context)
  expect(judged(accepting(length))).toEqual(inSync)
  expect(refusalOf(judged(accepting(length - 1)))).toContain(`(${length - 1} of ${length} found)`)
})

test('rules are added when a variable says so', () =>
  expect(changesOf(judged(accepting(0), 'base_firewall=open'))).toMatchObject([{ attribute: 'rules' }]))
