import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { factsScript } from '../../lib/engine/facts.ts'
import { centos6 } from '../../lib/platform/centos6.ts'
import { debian12 } from '../../lib/platform/debian12.ts'
import { debian12Sysvinit } from '../../lib/platform/debian12-sysvinit.ts'
import { beginScript, endScript, JOBS_DIRECTORY, resumeScript } from '../../lib/ssh/job-script.ts'
import { roles } from '../../roles/index.ts'
import type { Context } from '../../roles/role.ts'
import { contextOn } from './contexts.ts'
import { issuedBy } from './recorder.ts'

// Every script that any role would send to a host or put there, collected from the roles themselves: a new one is covered by itself.

const contexts: Context[] = [
  contextOn(debian12, {}, 'ha_stack=lean', '{"base_time_servers": ["192.168.0.1"]}'),
  contextOn(debian12, { network: 'NetworkManager' }, 'ha_stack=article base_firewall=open'),
  contextOn(centos6, {}, '{"base_time_servers": ["192.168.0.1"]}'),
  contextOn(debian12Sysvinit, { init: 'sysvinit' }, 'ha_stack=lean'),
  contextOn(debian12, {}, 'ha_stage=vip', '{"drbd_init_lvm": {"group": "vg", "volume": "nfs", "size": "100%FREE", "disk": "/dev/sdb"}}'),
]

const shells: [string, string[]][] = [
  ['dash', ['dash']],
  ['bash', ['bash']],
  ['BusyBox ash', ['busybox', 'ash']],
]
const place = { directory: JOBS_DIRECTORY, id: 'packages', owner: '0' }

const collect = async (): Promise<Map<string, string>> => {
  const found = new Map<string, string>([
    ['facts', factsScript],
    ['job begin', beginScript(place, 'true', '0')],
    ['job resume', resumeScript(place, 10)],
    ['job end', endScript(place)],
  ])
  const add = (name: string, text: string) => {
    if (![...found.values()].includes(text)) found.set(found.has(name) ? `${name} (${found.size})` : name, text)
  }
  for (const context of contexts) {
    for (const role of roles) {
      for (const resource of [...role.steps(context), ...(role.handlers?.(context) ?? [])]) {
        const name = `${role.name}, ${resource.id}`
        add(`${name}, probe`, resource.probe.sh)
        for (const { script, input } of await issuedBy(resource, ['M1', 'M2'], context.host)) {
          add(`${name}, apply`, script)
          if (input?.startsWith('#!') || input?.includes('\nNFSHA_')) add(`${name}, content`, input ?? '')
        }
      }
    }
  }
  return found
}

let folder = ''
let scripts = new Map<string, string>()
const fileOf = (i: number) => join(folder, `${i}.sh`)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-scripts-'))
  scripts = await collect()
  for (const [i, text] of [...scripts.values()].entries()) writeFileSync(fileOf(i), text)
})
afterAll(() => rmSync(folder, { recursive: true }))

test('all are here', () => {
  const names = [...scripts.keys()].join('\n')
  for (const part of [
    'nfsha',
    'nfsd',
    'policy-rc.d',
    'if-up.d',
    'dispatcher.d',
    'package ',
    'metadata',
    'volume vg/nfs',
    'init.d/nfsha-drbd',
    'nfsha-nfs.modules',
    'file system',
  ])
    expect(names).toContain(part)
  expect([...scripts.values()].some(text => text.includes('killall -9'))).toBe(true)
  expect([...scripts.values()].some(text => text.includes('raise_vip()'))).toBe(true)
})

for (const [name, [command = '', ...rest]] of shells) {
  const installed = spawnSync(command, [...rest, '-c', 'true']).status === 0
  test.skipIf(!installed)(installed ? `${name} reads them all` : `${name} is not installed here`, () => {
    const refused = [...scripts.keys()].flatMap((script, i) => {
      const { status, stderr } = spawnSync(command, [...rest, '-n', fileOf(i)])
      return status === 0 ? [] : [`${script}: ${stderr}`]
    })
    expect(refused).toEqual([])
  })
}

/** What shellcheck cannot know of these scripts. All else stays on, POSIX purity above all: the hosts have dash. */
const notAsked = {
  SC1091: 'the settings that are sourced are on the host',
  SC2012: 'ls lists /sys, whose names are plain',
  SC2016: 'what is handed to `sh -c` stands in single quotes, and is expanded there',
  SC2034: 'settings are used by the script that sources them',
  SC2041: 'a list that is made from variables may have one entry',
  SC2043: 'the same',
  SC2046: '`set -- $(...)` splits on purpose',
  SC2050: 'a value that was filled in makes a test constant',
  SC2086: 'variables whose type is one plain word stand unquoted',
  SC2174: 'mkdir -m: the parent, /var/lib, is always there',
}
const checker = spawnSync('shellcheck', ['--version']).status === 0

describe.skipIf(!checker)(checker ? 'shellcheck' : 'shellcheck is not installed here', () => {
  test('finds nothing', () => {
    const all = [...scripts.keys()]
    const run = spawnSync('shellcheck', ['-s', 'sh', '-e', Object.keys(notAsked).join(), '-f', 'gcc', ...all.map((_, i) => fileOf(i))])
    const said = run.stdout.toString().replace(/^\S*\/(\d+)\.sh/gm, (_, i) => all[Number(i)] ?? '')
    expect(said).toBe('')
  }, 120_000)
})

test('the recorder’s own unquoting is the shell’s', () => {
  expect(execFileSync('sh', ['-c', "printf %s 'it'\\''s'"]).toString()).toBe("it's")
})
