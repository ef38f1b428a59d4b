import { describe, expect, test } from 'vitest'
import type { Event } from '../../../../lib/engine/events.ts'
import type { ViewOptions } from '../../../../lib/report/view.ts'
import { plainView, progressPacer } from '../../../../lib/report/views/plain.ts'
import type { ClusterStatus } from '../../../../lib/resources/cluster-status.ts'
import { bare, checked, content, converged, failing, mode, ready, recorded, runStart, sideBySide, taskEnd, unreachable } from '../runs.ts'
import { captured } from '../screen.ts'

const plain = async (events: Event[], options: ViewOptions = {}) => {
  const [stdout, stderr] = [captured(), captured()]
  const view = plainView({ stdout: stdout.stream, stderr: stderr.stream, color: 0, ...options })
  for (const event of events) view.on(event)
  await view.close()
  return { stdout: stdout.text().split('\n').slice(0, -1), stderr: stderr.text().split('\n').slice(0, -1) }
}

const done = 'unreachable=0  failed=0'

describe('plain view', () => {
  test('a converged run reports that and nothing else', async () => {
    expect(await plain(converged())).toEqual({
      stdout: [
        'PLAY [NFS HA cluster] M1, M2',
        '',
        'RECAP',
        `M1 : ok=2  changed=0  ${done}  skipped=0  unknown=0`,
        `M2 : ok=2  changed=0  ${done}  skipped=0  unknown=0`,
        '',
        'nothing changed in 9.0s',
      ],
      stderr: [],
    })
  })

  test('one empty line between the state of the pair and the recap', async () => {
    const healthy: ClusterStatus = {
      v: 1,
      cluster: 'nfs',
      headline: 'served by M1',
      service: 'served',
      holder: 'M1',
      verdict: { state: 'healthy', redundant: true, since: null, text: 'healthy' },
      nodes: [],
      problems: [],
    }
    const { stdout } = await plain(
      recorded([
        runStart(),
        ...ready('M1', 1),
        taskEnd('ok', { host: 'M1', role: 'status', resource: 'state of the service' }),
        { type: 'status', status: healthy },
      ]),
    )
    expect(stdout.slice(0, 4)).toEqual(['', 'verdict: healthy', '', 'RECAP'])
  })

  test('a bare run: changes on stdout, progress of the sync on stderr', async () => {
    expect(await plain(bare())).toEqual({
      stdout: [
        'PLAY [NFS HA cluster] M1, M2',
        'M1 | base | file /etc/hosts: changed (mode 0644 -> 0600)',
        'M1 | heartbeat | file /etc/ha.d/ha.cf: changed (content +1 -1, mode 0644 -> 0600)',
        'M1 | heartbeat | handler restart heartbeat: notified by file /etc/ha.d/ha.cf',
        'M1 | heartbeat | file /etc/ha.d/authkeys: changed (key (secret, not shown))',
        'M1,M2 | drbd-init | first sync: changed (disk Inconsistent -> UpToDate)',
        'M1 | heartbeat | handler restart heartbeat: changed',
        '',
        'RECAP',
        `M1 : ok=5  changed=5  ${done}  skipped=0  unknown=0`,
        `M2 : ok=1  changed=1  ${done}  skipped=1  unknown=0`,
        '',
        'changes: base 1 · heartbeat 3 · drbd-init 1',
        '5 changes in 2m04s',
      ],
      stderr: [
        'M1 | drbd-init | first sync: DRBD 10% 112 MiB/s  1:30 left',
        'M1 | drbd-init | first sync: DRBD 30% 112 MiB/s  1:10 left',
        'M1 | drbd-init | first sync: DRBD 91% 112 MiB/s  0:09 left',
      ],
    })
  })

  test('-v adds ok and skipped tasks and every notification', async () => {
    const { stdout } = await plain(bare(), { verbosity: 1 })
    expect(stdout).toContain('M1 | connected: Debian 12, 4 tasks')
    expect(stdout).toContain('M2 | base | file /etc/hosts: skipped (managed by cloud-init)')
    expect(stdout).toContain('M1 | heartbeat | handler restart heartbeat: notified by file /etc/ha.d/authkeys')
    expect((await plain(converged(), { verbosity: 2 })).stdout).toContain('M1,M2 | drbd-init | first sync: ok [40ms]')
  })

  test('--diff shows the changes below', async () => {
    const { stdout } = await plain(bare({ diff: true }))
    expect(stdout.slice(1, 13)).toEqual([
      'M1 | base | file /etc/hosts: changed',
      '    mode: 0644 -> 0600',
      'M1 | heartbeat | file /etc/ha.d/ha.cf: changed',
      '    --- before: file /etc/ha.d/ha.cf',
      '    +++ after: file /etc/ha.d/ha.cf',
      '    @@ -1,2 +1,2 @@',
      '     keepalive 1',
      '    -deadtime 5',
      '    +deadtime 10',
      '    mode: 0644 -> 0600',
      'M1 | heartbeat | handler restart heartbeat: notified by file /etc/ha.d/ha.cf',
      'M1 | heartbeat | file /etc/ha.d/authkeys: changed',
    ])
    expect(stdout[13]).toBe('    key: (secret, not shown)')
  })

  test('a failure shows its message, the end of its output and a hint, and is repeated at the end', async () => {
    const { stdout } = await plain(failing())
    expect(stdout.slice(1, 4)).toEqual([
      'M1 | heartbeat | service heartbeat: FAILED: applied, but running is still no, wanted yes',
      '    | … 6 lines above',
      '    | log line 7',
    ])
    expect(stdout.slice(21)).toEqual([
      '    | log line 25',
      '    | \\x1b[31mred\\x1b[0m\\x07',
      '    hint: See `journalctl -u heartbeat` on M1.',
      'M2 | stopped: M1 failed, 2 tasks left',
      '',
      'FAILED',
      'M1: heartbeat: service heartbeat: applied, but running is still no, wanted yes',
      '',
      'RECAP',
      'M1 : ok=0  changed=0  unreachable=0  failed=1  skipped=0  unknown=0',
      'M2 : ok=0  changed=0  unreachable=0  failed=0  skipped=0  unknown=0',
      '',
      'exit code 3: 1 task failed',
      '0 changes in 8.0s; unfinished: M2 (M1 failed)',
    ])
  })

  test('an unreachable host, and what is pending without it', async () => {
    const { stdout } = await plain(unreachable())
    expect(stdout.slice(1, 4)).toEqual([
      'M2 | UNREACHABLE: no answer from 10.0.0.2:22 in 10 s',
      '    hint: Is it powered on?',
      'M1 | drbd-init | first sync: pending (needs M2)',
    ])
    expect(stdout).toContain('exit code 4: 1 host unreachable')
  })

  test('check mode uses the conditional, and counts unknowns', async () => {
    const { stdout } = await plain(checked(true))
    expect(stdout.slice(1)).toEqual([
      'M1 | base | file /etc/hosts: would change (mode 0644 -> 0600)',
      'M1 | heartbeat | service heartbeat: unknown (waits for package heartbeat)',
      '',
      'RECAP',
      'M1 : ok=1  changed=1  unreachable=0  failed=0  skipped=0  unknown=1',
      '',
      'exit code 5: 1 difference, 1 unknown',
      'changes: base 1',
      '1 change would be made, 1 unknown, checked in 6.0s',
    ])
  })

  test('two clusters in parallel, a table with wide characters', async () => {
    const { stdout } = await plain(sideBySide())
    expect(stdout.slice(0, 12)).toEqual([
      'PLAY [NFS HA cluster] A1, A2',
      'PLAY [NFS HA cluster] beta-1, beta-2',
      'A1,A2 | nfs | VIP: changed (on -> A1)',
      'Status',
      'cluster  holder  done',
      'alpha    A1      100%',
      'ベータ   beta-1    7%',
      '',
      'RECAP',
      `A1     : ok=1  changed=1  ${done}  skipped=0  unknown=0`,
      `A2     : ok=1  changed=1  ${done}  skipped=0  unknown=0`,
      `beta-1 : ok=1  changed=0  ${done}  skipped=0  unknown=0`,
    ])
  })

  test('warnings, internal errors and interrupts go to stderr', async () => {
    const events = recorded([
      runStart(),
      { type: 'message', level: 'info', text: 'caught up with a handler of the last run' },
      { type: 'message', level: 'warning', host: 'M1', text: 'its clock is off', hint: 'Start ntpd.' },
      { type: 'locked', host: 'M1', owner: 'root@jump since 10:00', hint: 'nfsha-play unlock' },
      { type: 'interrupted', signal: 'SIGINT' },
      { type: 'internal-error', message: 'fault', detail: 'Error: fault\n  at x' },
    ])
    const { stdout, stderr } = await plain(events)
    expect(stdout[0]).toBe('caught up with a handler of the last run')
    expect(stderr).toEqual([
      'M1 | WARNING: its clock is off',
      '    hint: Start ntpd.',
      'M1 | LOCKED by root@jump since 10:00',
      '    hint: nfsha-play unlock',
      'INTERRUPTED by SIGINT',
      'INTERNAL ERROR: fault',
      '    hint: a bug in nfsha-play: please report it, with the output of the same command with -v',
    ])
    expect((await plain(events, { verbosity: 1 })).stderr.slice(-2)).toEqual(['    | Error: fault', '    |   at x'])
    expect(stdout).toContain('exit code 1: internal error; 130: interrupted; 6: locked by another run')
  })

  test('an event of another version shows nothing', async () => {
    const events = recorded([{ type: 'role-start', host: 'M1', role: 'base' } as never]).filter(event => event.type !== 'run-end')
    expect(await plain(events, { verbosity: 2 })).toEqual({ stdout: [], stderr: [] })
  })

  test('colours on request', async () => {
    const { stdout } = await plain(recorded([taskEnd('changed', { host: 'M1', role: 'base', resource: 'file', changes: [mode] })]), {
      color: 1,
    })
    expect(stdout[0]).toBe('M1 | base | file: \u001b[33mchanged\u001b[39m (mode 0644 -> 0600)')
  })

  test('a binary file and a huge diff are not printed in full', async () => {
    const huge = { ...content, from: '', to: 'line\n'.repeat(1000) }
    const binary = { ...content, attribute: 'module', from: 'a\0', to: 'b\0c' }
    const { stdout } = await plain(
      recorded([runStart({ diff: true }), taskEnd('changed', { host: 'M1', role: 'r', resource: 'file /x', changes: [huge, binary] })]),
    )
    expect(stdout.slice(202, 205)).toEqual(['    +line', '    … 801 more lines', '    module: binary, differs'])
  })
})

describe('progressPacer', () => {
  test('a line after 10 s and 10 %, or after a minute', () => {
    const isDue = progressPacer()
    const at = (seconds: number, percent: number) =>
      isDue({
        v: 1,
        run: 'r1',
        seq: 1,
        time: new Date(seconds * 1000).toISOString(),
        type: 'task-progress',
        host: 'M1',
        role: 'r',
        resource: 'sync',
        progress: { percent, text: 'DRBD' },
      })
    expect([at(0, 0), at(5, 50), at(11, 51), at(12, 99), at(22, 59), at(23, 61), at(82, 62), at(83, 62)]).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
      false,
      true,
    ])
  })
})
