import { describe, expect, test } from 'vitest'
import type { Event } from '../../../../lib/engine/events.ts'
import type { ViewOptions } from '../../../../lib/report/view.ts'
import { humanView } from '../../../../lib/report/views/human.ts'
import { folded } from '../../../../lib/report/views/live-rows.ts'
import { bare, checked, converged, failing, playStart, recorded, runStart, sideBySide, taskEnd, unreachable } from '../runs.ts'
import { captured, shownBy } from '../screen.ts'

/** Both streams on one screen, as on a terminal. */
const screenOf = async (events: Event[], options: ViewOptions = {}, columns = 80) => {
  const screen = captured(columns)
  const view = humanView({ stdout: screen.stream, stderr: screen.stream, color: 0, ...options })
  for (const event of events) view.on(event)
  await view.close()
  return shownBy(screen.text()).slice(0, -1)
}

describe('human view', () => {
  test('a converged run shows its rows and the recap', async () => {
    expect(await screenOf(converged())).toEqual([
      'NFS HA cluster  M1, M2',
      '',
      '✔ M1  2/2  ok=2',
      '✔ M2  2/2  ok=2',
      '',
      'RECAP',
      'M1 : ok=2  changed=0  unreachable=0  failed=0  skipped=0  unknown=0',
      'M2 : ok=2  changed=0  unreachable=0  failed=0  skipped=0  unknown=0',
      '',
      'nothing changed in 9.0s',
    ])
  })

  test('changes stay above the rows', async () => {
    expect((await screenOf(bare())).slice(0, 12)).toEqual([
      'NFS HA cluster  M1, M2',
      '~ M1     base        file /etc/hosts  mode 0644 → 0600',
      '~ M1     heartbeat   file /etc/ha.d/ha.cf  content +1 -1, mode 0644 → 0600',
      '» M1     heartbeat   handler restart heartbeat  for file /etc/ha.d/ha.cf',
      '~ M1     heartbeat   file /etc/ha.d/authkeys  key (secret, not shown)',
      '~ M1,M2  drbd-init   first sync  disk Inconsistent → UpToDate',
      '~ M1     heartbeat   handler restart heartbeat',
      '',
      '✔ M1  4/4  ok=5 changed=5',
      '✔ M2  2/4  ok=1 changed=1',
      '',
      'RECAP',
    ])
  })

  test('a failure with all its details, wrapped', async () => {
    const shown = await screenOf(failing(), {}, 60)
    expect(shown.slice(1, 3)).toEqual(['✖ M1     heartbeat   service heartbeat', '    applied, but running is still no, wanted yes'])
    expect(shown.slice(15, 21)).toEqual([
      '    │ \\x1b[31mred\\x1b[0m\\x07',
      '    → See `journalctl -u heartbeat` on M1.',
      '↓ M2: stopped: M1 failed, 2 tasks left',
      '',
      '✖ M1  1/3  ok=0 failed=1  failed: service heartbeat',
      '↓ M2  0/3  ok=0  M1 failed, 2 left',
    ])
    expect(shown.at(-2)).toBe('exit code 3: 1 task failed')
  })

  test('an unreachable host is settled at once', async () => {
    expect((await screenOf(unreachable())).slice(1, 7)).toEqual([
      '✖ M2: unreachable: no answer from 10.0.0.2:22 in 10 s',
      '    → Is it powered on?',
      '↓ M1     drbd-init   first sync  pending: needs M2',
      '',
      '✔ M1  1/3  ok=0',
      '✖ M2       no answer from 10.0.0.2:22 in 10 s',
    ])
  })

  test('check mode, two clusters, a table', async () => {
    expect((await screenOf(checked())).slice(0, 4)).toEqual([
      'check mode: nothing will be changed',
      'NFS HA cluster  M1',
      '~ M1  base        file /etc/hosts  mode 0644 → 0600',
      '? M1  heartbeat   service heartbeat  waits for package heartbeat',
    ])
    expect((await screenOf(sideBySide())).slice(3, 13)).toEqual([
      'Status',
      'cluster  holder  done',
      'alpha    A1      100%',
      'ベータ   beta-1    7%',
      '',
      '',
      '✔ A1      1/3  ok=1 changed=1',
      '✔ A2      1/3  ok=1 changed=1',
      '✔ beta-1  1/3  ok=1',
      '✔ beta-2  1/3  ok=1',
    ])
  })

  test('a run without an end has open rows and no recap', async () => {
    const cutShort = recorded([runStart(), playStart(['M1'])]).filter(event => event.type !== 'run-end')
    expect(await screenOf(cutShort)).toEqual(['NFS HA cluster  M1', '', '↓ M1  ok=0'])
  })

  test('progress to stderr, results to stdout', async () => {
    const [stdout, stderr] = [captured(), captured()]
    const view = humanView({ stdout: stdout.stream, stderr: stderr.stream, color: 0 })
    for (const event of sideBySide()) view.on(event)
    await view.close()
    expect(stdout.text()).toMatch(/^Status\n[\s\S]*\nRECAP\n[\s\S]*1 change in 6.0s\n$/)
    expect(shownBy(stderr.text())).toContain('~ A1,A2          nfs         VIP  on → A1')
  })

  test('long names are wrapped within their column', async () => {
    const events = recorded([
      runStart(),
      playStart(['M1']),
      taskEnd('changed', { host: 'M1', role: 'base', resource: `file /${'x'.repeat(60)}` }),
    ])
    expect((await screenOf(events, {}, 60)).slice(1, 4)).toEqual([
      '~ M1  base        file',
      `                  /${'x'.repeat(41)}`,
      `                  ${'x'.repeat(19)}`,
    ])
  })
})

describe('folded', () => {
  test('finished rows are hidden first, and the rest is counted', () => {
    expect(folded(['✔ a', '⠋ b', '⠋ c', '⠋ d'], 3)).toEqual(['⠋ b', '⠋ c', '  … 2 more'])
    expect(folded(['✔ a', '⠋ b'], 3)).toEqual(['✔ a', '⠋ b'])
  })
})
