import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { centos6 } from '../../../lib/platform/centos6.ts'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { absent } from '../../../lib/resources/reading.ts'
import type { HostResource } from '../../../lib/resources/resource.ts'
import { changesOf } from '../../../lib/resources/verdict.ts'
import { conflictsOf } from '../../../roles/cross-checks/index.ts'
import { articleHaCf } from '../../../roles/heartbeat/article.ts'
import { haCf } from '../../../roles/heartbeat/config.ts'
import { deviceProblems, fenceSettings } from '../../../roles/heartbeat/fencing.ts'
import { heartbeat } from '../../../roles/heartbeat/role.ts'
import { Vars } from '../../../roles/vars.ts'
import { runs } from '../../runs.ts'
import { contextOn } from '../contexts.ts'

const stonith = JSON.stringify({
  heartbeat_stonith: { plugin: 'external/ipmi', parameters: { ipaddr: '10.0.0.1', userid: 'fence' } },
  heartbeat_stonith_secret: { passwd: 'let me not in' },
})
const fenced = contextOn(debian12, {}, stonith)
const plain = contextOn(debian12)

describe('ha.cf', () => {
  test.each([
    ['lean', haCf],
    ['article', articleHaCf],
  ])('of stack %s names only our plugin: it contains no parameter of the device', (_stack, generate) => {
    const text = generate(fenced.cluster, debian12)
    const lines = text.split('\n').filter(line => !generate(plain.cluster, debian12).split('\n').includes(line))
    expect(lines).toEqual(['stonith_host * external/nfsha /etc/ha.d/nfsha-fence.conf'])
    expect(text).not.toMatch(/let me|10\.0\.0\.1/)
  })
})

test.each([debian12, centos6])('on $name the settings are secret and readable by root only, and ipmitool is installed', platform => {
  const steps = heartbeat.steps(contextOn(platform, {}, stonith))
  const settings = steps.find(step => step.id === 'file /etc/ha.d/nfsha-fence.conf') as HostResource
  const changes = changesOf(settings.compare(absent, () => undefined))
  expect(changes).toContainEqual(expect.objectContaining({ attribute: 'content', secret: true }))
  expect(changes).toContainEqual(expect.objectContaining({ attribute: 'mode', to: '0600' }))
  expect(steps.map(step => step.id).join('\n')).toMatch(/ipmitool/)
  expect(
    heartbeat
      .steps(contextOn(platform))
      .map(step => step.id)
      .join('\n'),
  ).not.toMatch(/fenc|nfsha-fence|ipmitool/)
})

test('each node has the parameters of the other', () => {
  const [one, two] = fenced.cluster.nodes
  if (!one || !two) throw new Error('no pair')
  const vars = Vars.parse({ ...two.vars, heartbeat_stonith: { plugin: 'external/ipmi', parameters: { ipaddr: '10.0.0.2' } } })
  expect(fenceSettings(one.vars, { ...two, vars })).toMatch(/peer=m2\.redhat\.sx[\s\S]*ipaddr='10\.0\.0\.2'/)
})

test('the device is checked: one that does not answer is reported, with its output', () => {
  const step = heartbeat.steps(fenced).find(one => one.id === 'fencing device')
  if (step?.scope !== 'host') throw new Error('no such step')
  const compare = (code: number, stdout: string) => step.compare({ kind: 'present', state: { code, stdout } }, () => undefined)
  expect(compare(0, 'ok\n').kind).toBe('in-sync')
  expect(compare(1, 'trying\nno route to 10.0.0.1\n')).toMatchObject({
    kind: 'refused',
    why: expect.stringMatching(/could not reset M2 now.*: no route to 10\.0\.0\.1$/),
  })
  expect(deviceProblems({ code: 124, stdout: 'logd is not runninglogd is not running' }, 'M2', 'external/ipmi')[0]).toMatch(
    /external\/ipmi fails with code 124/,
  )
})

describe('the variables', () => {
  const messages = (value: unknown, secret?: unknown) =>
    Vars.safeParse({ ...plain.vars, heartbeat_stonith: value, ...(secret !== undefined && { heartbeat_stonith_secret: secret }) })
      .error?.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`)
      .join('\n') ?? ''

  test.each([
    [{ plugin: 'external/ipmi' }],
    [{ plugin: 'external/ssh', parameters: { hostlist: 'M1 M2' } }],
    [{ plugin: 'apcmaster', parameters: { ipaddr: '10.0.0.1', login: 'apc', port: 3 } }],
    [{ plugin: 'external/ipmi', parameters: { passwd_method: 'file' } }],
  ])('%j is accepted', value => expect(messages(value)).toBe(''))

  test.each<[unknown, RegExp]>([
    ['external/ipmi', /heartbeat_stonith/],
    [{}, /plugin/],
    [{ plugin: '../evil' }, /a name as listed by `stonith -L`/],
    [{ plugin: 'external/../x' }, /a name as/],
    [{ plugin: 'external/ipmi\nrespawn root /tmp/x' }, /a name as/],
    [{ plugin: 'null' }, /null resets nothing/],
    [{ plugin: 'suicide' }, /suicide resets the node that calls it/],
    [{ plugin: 'external/nfsha' }, /this tool’s own/],
    [{ plugin: 'external/ipmi', parameter: {} }, /./],
    [{ plugin: 'external/ipmi', parameters: { 'a b': 'x' } }, /not a valid parameter name/],
    [{ plugin: 'external/ipmi', parameters: { PATH: '/tmp' } }, /PATH is a system variable/],
    [{ plugin: 'external/ipmi', parameters: { LD_PRELOAD: '/tmp/x.so' } }, /LD_PRELOAD is a system variable/],
    [{ plugin: 'external/ipmi', parameters: { passwd: 'x' } }, /passwd belongs in heartbeat_stonith_secret/],
    [{ plugin: 'external/ipmi', parameters: { interface: true } }, /put quotes around yes/],
    [{ plugin: 'external/ipmi', parameters: { ipaddr: '' } }, /printable ASCII/],
    [{ plugin: 'external/ipmi', parameters: { ipaddr: '10.0.0.1\n' } }, /printable ASCII/],
    [{ plugin: 'external/ipmi', parameters: { ipaddr: 'ü' } }, /printable ASCII/],
    [{ plugin: 'apcmaster', parameters: { login: 'a b' } }, /apcmaster does not allow blanks/],
  ])('%j is refused', (value, wanted) => expect(messages(value)).toMatch(wanted))

  test('the refusal of a secret does not contain its value', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z0-9]{8,12}$/), text => {
        const message = messages({ plugin: 'external/ipmi' }, { passwd: `${text}\n` })
        expect(message).toMatch(/printable ASCII/)
        expect(message).not.toContain(text)
      }),
      { numRuns: runs(50) },
    )
  })

  test('an accepted value stays one line of the settings, whatever it contains', () => {
    const settled = fenceSettings(plain.vars, {
      name: 'M2',
      vars: Vars.parse({ ...plain.vars, heartbeat_stonith: { plugin: 'external/x' } }),
    }).split('\n').length
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), text => {
        const parsed = Vars.safeParse({ ...plain.vars, heartbeat_stonith: { plugin: 'external/x', parameters: { a: text } } })
        expect(parsed.success).toBe(/^[!-~]([ -~]*[!-~])?$/.test(text) && !text.includes('\n'))
        if (parsed.success) expect(fenceSettings(plain.vars, { name: 'M2', vars: parsed.data }).split('\n')).toHaveLength(settled + 1)
      }),
      { numRuns: runs(200) },
    )
  })
})

test('a pair in which only one node can be reset, a secret without a plugin and a parameter that is given twice are refused', () => {
  const device = { plugin: 'external/ipmi', parameters: { passwd_method: 'env' } }
  const found = (one: object, two: object) =>
    conflictsOf({
      nodes: [
        { host: 'M1', vars: { ...plain.vars, ...one } },
        { host: 'M2', vars: { ...plain.vars, node_name: 'M2.redhat.sx', ...two } },
      ],
      clients: [],
    })
      .map(conflict => conflict.message)
      .filter(message => /stonith/.test(message))
  expect(found({}, {})).toEqual([])
  expect(found({ heartbeat_stonith: device }, { heartbeat_stonith: { ...device, parameters: {} } })).toEqual([])
  expect(found({ heartbeat_stonith: device }, {})).toEqual([
    'M1 has heartbeat_stonith and M2 has none: each node must be able to reset the other',
  ])
  expect(found({ heartbeat_stonith_secret: { passwd: 'x' } }, {})).toEqual(['heartbeat_stonith_secret is set without heartbeat_stonith'])
  const twice = { heartbeat_stonith: device, heartbeat_stonith_secret: { passwd_method: 'x' } }
  expect(found(twice, { heartbeat_stonith: device })).toEqual(['passwd_method is in heartbeat_stonith and in heartbeat_stonith_secret'])
})
