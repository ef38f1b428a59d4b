import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { centos6 } from '../../../lib/platform/centos6.ts'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { articleHaCf } from '../../../roles/heartbeat/article.ts'
import { haCf } from '../../../roles/heartbeat/config.ts'
import { heartbeat } from '../../../roles/heartbeat/role.ts'
import type { Watchdog } from '../../../roles/heartbeat/watchdog.ts'
import { parseWatchdog, watchdogProblems, watchdogTimeout } from '../../../roles/heartbeat/watchdog.ts'
import { Vars } from '../../../roles/vars.ts'
import { runs } from '../../runs.ts'
import { contextOn } from '../contexts.ts'

const cf = '/etc/ha.d/ha.cf'
const plain = contextOn(debian12)
const guarded = contextOn(debian12, {}, 'heartbeat_watchdog=softdog')

describe('ha.cf', () => {
  test.each([
    ['lean', haCf],
    ['article', articleHaCf],
  ])('of stack %s has one more line, and is unchanged without the variable', (_stack, generate) => {
    const [without, with_] = [plain, guarded].map(({ cluster }) => generate(cluster, debian12).split('\n'))
    expect(without?.filter(line => line.startsWith('watchdog'))).toEqual([])
    expect(with_?.filter(line => !without?.includes(line))).toEqual(['watchdog /dev/watchdog'])
    expect(with_).toHaveLength((without?.length ?? 0) + 1)
  })
})

test.each([
  [debian12, '/etc/modules-load.d/nfsha-watchdog.conf'],
  [centos6, '/etc/sysconfig/modules/nfsha-watchdog.modules'],
])(
  'on $name the module is loaded now and at boot, before ha.cf names the device; nothing happens without the variable',
  (platform, path) => {
    const ids = (...more: string[]) => heartbeat.steps(contextOn(platform, {}, ...more)).map(resource => resource.id)
    const ours = [`file ${path}`, 'kernel module softdog', 'watchdog']
    const all = ids('heartbeat_watchdog=softdog')
    expect(all.filter(id => !ids().includes(id))).toEqual(ours)
    expect(all.indexOf('watchdog')).toBeLessThan(all.indexOf(`file ${cf}`))
  },
)

test('the variable is the name of a kernel module, and nothing else is written to a modules file', () => {
  const accepts = (name: unknown) => Vars.shape.heartbeat_watchdog.safeParse(name).success
  for (const name of ['softdog', 'iTCO_wdt', 'i6300esb', undefined]) expect(accepts(name)).toBe(true)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 12 }), name => accepts(name) === /^[A-Za-z0-9][A-Za-z0-9_]*$/.test(name)),
    { numRuns: runs(100) },
  )
  for (const name of ['', '-r', 'a b', 'softdog\n', 'softdog\nnfsd', '/dev/watchdog', false]) expect(accepts(name)).toBe(false)
})

test.each([
  ['2', 3],
  ['8', 9],
  ['2500ms', 3],
  ['1990ms', 2],
  ['2000ms', 3],
])('heartbeat with deadtime %s sets the device to %d s', (deadtime, seconds) => expect(watchdogTimeout(deadtime)).toBe(seconds))

const answer = (...device: string[]) =>
  `@device\n${[...device, 'end'].join('\n')}\n@cf\nwatchdog /dev/watchdog\n@daemon\nnow 1500.5 600.50\n`
const running = 'ticks 10000\nfile 900 /etc/ha.d/ha.cf\nfile 900 /etc/ha.d/authkeys\n'

describe('the output', () => {
  test('of a node whose heartbeat feeds its softdog', () => {
    const device = ['there', 'identity Software Watchdog', 'nowayout 0', 'state active', 'timeout 9', 'holder heartbeat']
    expect(parseWatchdog(`${answer(...device)}${running}`, cf)).toEqual({
      there: true,
      identity: 'Software Watchdog',
      nowayout: '0',
      state: 'active',
      timeout: '9',
      holders: ['heartbeat'],
      wanted: true,
    })
  })

  test('with a kernel that does not show its watchdogs, and no heartbeat', () => {
    const found = parseWatchdog(answer('there'), cf)
    expect(found).toMatchObject({ there: true, identity: '', state: '', holders: [], wanted: false })
    expect(found && watchdogProblems(found, 'softdog', 9)).toEqual([])
  })

  test('an older heartbeat, or an ha.cf without the line, is not expected to have it', () => {
    expect(parseWatchdog(`${answer('there')}${running.replace('file 900 /etc/ha.d/ha.cf', 'file 1100 /etc/ha.d/ha.cf')}`, cf)?.wanted).toBe(
      false,
    )
    expect(parseWatchdog(`${answer('there').replace('watchdog /dev/watchdog\n', '')}${running}`, cf)?.wanted).toBe(false)
  })

  test.each(['', '@device\n', '@device\nthere\n', answer('holder nobody'), `${answer('there')}rubbish`])('%j is not valid output', text => {
    expect(parseWatchdog(text, cf)).toBeUndefined()
  })
})

const good: Watchdog = {
  there: true,
  identity: 'Software Watchdog',
  nowayout: '0',
  state: 'active',
  timeout: '9',
  holders: ['heartbeat'],
  wanted: true,
}
test.each<[string, Partial<Watchdog>, (RegExp | string)[]]>([
  ['fed by heartbeat', {}, []],
  ['not opened yet, heartbeat does not run', { state: 'inactive', holders: [], wanted: false, timeout: '60' }, []],
  ['there is none', { there: false, holders: [] }, [/module softdog is loaded, but there is no \/dev\/watchdog/]],
  ['it cannot be stopped', { nowayout: '1' }, [/Software Watchdog\) cannot be stopped \(nowayout\): an orderly stop/]],
  ['systemd has it', { holders: ['init'], wanted: false }, [/RuntimeWatchdogSec/]],
  ['systemd has it, and heartbeat runs without it', { holders: ['init'] }, [/RuntimeWatchdogSec/, /heartbeat runs without/]],
  ['another program has it', { holders: [], wanted: false }, [/another program has/]],
  ['heartbeat could not open it', { state: 'inactive', holders: [] }, [/heartbeat runs without \/dev\/watchdog/]],
  ['it did not accept the timeout', { timeout: '60' }, [/after 60 s, not after 9/]],
  // deadtime was changed and heartbeat has not been restarted
  ['the timeout of an older ha.cf', { timeout: '60', wanted: false }, []],
])('%s', (_name, part, wanted) => {
  const problems = watchdogProblems({ ...good, ...part }, 'softdog', 9)
  expect(problems).toHaveLength(wanted.length)
  for (const [i, pattern] of wanted.entries()) expect(problems[i]).toMatch(pattern)
})
