import { expect, test } from 'vitest'
import { nextStep } from '../../../../roles/service/state/next-step.ts'

test.each([
  ['heartbeat', 'stopped', 'on M1: service heartbeat start'],
  ['link em2', 'no carrier', 'on M1: ip -br link show dev em2 (cable, switch port)'],
  ['heartbeat link em3', 'dead', 'on M1: ip -br addr show dev em3; ping -c 3 the address of the other node on it'],
  ['space on /var', '97% used', 'on M1: du -xh --max-depth=2 /var | sort -h | tail'],
  ['DRBD disk', 'Diskless', 'on M1: dmesg | grep -i -e drbd -e "I/O error"; with a good disk: drbdadm attach all'],
  ['virtual IP', 'on em0/32', 'nfsha-play switchover.yml'],
  ['node', 'no answer within 30 s', 'nfsha-play ping -l M1'],
])('%s: %s', (attribute, from, next) => expect(nextStep({ attribute, from, host: 'M1' })).toBe(next))

test('never the playbook that has asked', () => {
  expect(nextStep({ attribute: 'virtual IP', from: 'on no node' })).toBe(
    'on both nodes: service heartbeat status; journalctl -b -t nfsha -n 30',
  )
  expect(() => nextStep({ attribute: 'something new', from: 'odd' })).toThrow(/no next step is known for 'something new: odd'/)
})
