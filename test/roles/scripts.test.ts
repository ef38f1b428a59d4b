import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchScript } from '../../lib/engine/frames.ts'
import { leaseCondition, leaseScript, unlockScript } from '../../lib/engine/lock-scripts.ts'
import type { Entry } from '../../lib/engine/sources/entry.ts'
import { entriesFor } from '../../lib/engine/sources/read-probes.ts'
import { insideOf, makeScript, undoScript } from '../../lib/failover/faults/guest-faults.ts'
import { makePartScript, undoPartScript } from '../../lib/failover/faults/surround.ts'
import { catalogue } from '../../lib/failover/scenario/catalogue.ts'
import { surroundings } from '../../lib/failover/scenario/surroundings.ts'
import { logScript } from '../../lib/failover/testbed/node-log.ts'
import { centos6 } from '../../lib/platform/centos6.ts'
import { debian12 } from '../../lib/platform/debian12.ts'
import { debian12Sysvinit } from '../../lib/platform/debian12-sysvinit.ts'
import { debian13 } from '../../lib/platform/debian13.ts'
import { factsScript } from '../../lib/platform/facts.ts'
import { platforms } from '../../lib/platform/index.ts'
import type { Probe } from '../../lib/resources/reading.ts'
import { bootstrapArgv } from '../../lib/ssh/bootstrap.ts'
import { endScript as endGroupScript } from '../../lib/ssh/end-script.ts'
import { beginScript, endScript, jobsDirectory, resumeScript } from '../../lib/ssh/job-script.ts'
import { onPipesScript, streamsScript } from '../../lib/ssh/terminal.ts'
import { prepareScript, receiveScript } from '../../lib/ssh/upload.ts'
import { roles } from '../../roles/index.ts'
import type { Context } from '../../roles/role.ts'
import { goStandby } from '../../roles/service/hand-over.ts'
import { contextOn, nicsOfM1, sourceVariables } from './contexts.ts'
import { issuedBy } from './recorder.ts'

// Every script that any role would send to a host or install there, collected from the roles themselves: a new one is covered
// automatically. Each resource is collected when nothing of it exists, and with `otherwise` when it exists and is wrong. Not collected:
// what follows readings that a recorder does not provide, a hand-over's message and waits (switchover, maintenance), and the observation
// and the client load of failover-test.

const contexts: Context[] = [
  contextOn(debian12, {}, 'ha_stack=lean', '{"base_time_servers": ["192.168.0.1"]}'),
  contextOn(debian12, { nics: nicsOfM1.map(n => ({ ...n, manager: 'NetworkManager' })) }, 'ha_stack=article base_firewall=open'),
  contextOn(centos6, {}, '{"base_time_servers": ["192.168.0.1"]}'),
  contextOn(
    debian12,
    { kernels: ['6.1.0', '6.1.1'] },
    'drbd_victim=M1 drbd_victim_keep=/var/backups/nfs drbd_wipe=M1:/dev/sdb:000000000000000A uninstall_packages=true',
    sourceVariables('kernel', 'utilities'),
  ),
  contextOn(
    centos6,
    {},
    'ha_stack=article drbd_build_on=first nfs_v3=true base_firewall=open drbd_victim=M1 drbd_victim_keep=snapshot',
    sourceVariables('combined'),
  ),
  contextOn(centos6, {}, 'ha_stack=article', sourceVariables('combined')),
  contextOn(debian12Sysvinit, { init: 'sysvinit' }, 'ha_stack=lean nfs_v3=true heartbeat_watchdog=softdog'),
  contextOn(debian12, {}, '{"heartbeat_stonith": {"plugin": "external/ipmi"}, "heartbeat_stonith_secret": {"passwd": "let me $in"}}'),
  contextOn(debian13, {}, 'ha_stage=vip', '{"drbd_init_lvm": {"group": "vg", "volume": "nfs", "size": "100%FREE", "disk": "/dev/sdb"}}'),
]

const everyShell: [string, string[]][] = [
  ['dash', ['dash']],
  ['bash', ['bash']],
  // /bin/sh on CentOS 6
  ['bash as sh', ['bash', '--posix']],
  ['BusyBox ash', ['busybox', 'ash']],
]
const isInstalled = ([command = '', ...rest]: string[]) => spawnSync(command, [...rest, '-c', 'true']).status === 0
/** The shells of this machine; the others are reported as skipped. */
const shells = everyShell.filter(([, argv]) => isInstalled(argv))
const place = { directory: jobsDirectory, id: 'packages', owner: '0' }

const sending = { localFile: '', path: '/usr/src/a.tar', temporary: '/usr/src/.a.part', size: 5, offset: 2, options: { sha256: 'AB' } }
const probesOf = (context: Context): Probe<unknown>[] =>
  roles.flatMap(role => [...role.steps(context), ...(role.handlers?.(context) ?? [])].map(resource => resource.probe))

/** What a probe prints if its resource exists and differs. */
const otherwise: [RegExp, string][] = [
  [/^kernel module drbd$/, '@record\nsha256 x\narguments x\nsrcversion F73C\n@loaded\nB0B0 \n'],
  [
    /^split brain resolved$/,
    '@drbd\nversion: 8.4.11 (api:1)\n 0: cs:StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown   r-----\n@daemon\nnow 1000.5 500.50\n@minor\n0\n',
  ],
  [
    /^nfsha-play removed from the nodes$/,
    '@addr\n@noted\nnew %etc%init.d%nfsha-drbd\nnew %etc%systemd%system%nfsha-drbd.service\nreplaced %etc%hosts\n@marks\nserved\n@disk\ndevice /dev/sdb\nsize 335544320\ndrbd v08 uuids=000000000000000A:0:0:0 flags=0 stamp= sectors=655000\n@judged\nyes\n@installed\nread\n',
  ],
  [/^DRBD metadata drbd$/, '@node\n::\n@disk\ndevice /dev/sdb\nsize 335544320\nread all\nblank\n'],
  [/^firewall$/, ':INPUT DROP [0:0]\n'],
  [/^route 172\.16\.0\.211$/, '172.16.0.211 0.0.0.0 255.255.255.255 UH 0 0 0 em1\n'],
  [/^service /, 'LoadState=loaded\nActiveState=active\nUnitFileState=enabled\n'],
  [/^service /, 'any 0:off\t1:off\t2:on\t3:on\t4:on\t5:on\t6:off\nstatus 0\n'],
  [/^restart heartbeat$/, 'now 1500.5 600.50\nticks 10000\nfile 2000 /etc/ha.d/ha.cf\n'],
]

/** A script within a script is one word of it, which the checks do not look into. */
const within = (script: string): string[] => {
  // Its arguments may follow: each is quoted, and so is its content.
  const quoted = /^(?:unshare -m )?sh -c ('(?:[^']|'\\'')*')/m.exec(script)?.[1]
  return quoted === undefined ? [] : [execFileSync('sh', ['-c', `printf %s ${quoted}`]).toString()]
}

/** The name of a resource, one of its scripts, and the script's input. */
type Sent = [string, string, string | undefined]

/** Everything that a context's roles send. */
const sentBy = async (context: Context): Promise<Sent[]> => {
  const sent: Sent[] = []
  for (const role of roles)
    for (const resource of [...role.steps(context), ...(role.handlers?.(context) ?? [])])
      for (const answer of [undefined, ...otherwise.filter(([id]) => id.test(resource.id)).map(([, text]) => text)])
        for (const { script, input } of await issuedBy(resource, ['M1', 'M2'], context.host, answer))
          for (const text of [script, ...within(script)]) sent.push([`${role.name}, ${resource.id}`, text, input])
  return sent
}

/** What failover-test runs on the nodes: its faults and their reversal. */
const faultScripts = ({ vars, platform }: Context): [string, string][] =>
  catalogue.flatMap(fault =>
    fault.steps.flatMap(({ act }): [string, string][] => {
      const inside = insideOf(act, vars, platform, goStandby)
      if (!inside) return []
      const { make, undo = ':' } = inside
      return [makeScript(inside, 600), undoScript(inside), make, undo].map(text => [`failover-test, ${fault.name}`, text])
    }),
  )

/** The bad surroundings that it creates. */
const surroundingScripts = ({ vars, platform }: Context): [string, string][] =>
  surroundings.flatMap(({ name, parts }) =>
    parts.flatMap((part, index): [string, string][] =>
      part.kind === 'shell'
        ? [
            makePartScript(part, index, vars, platform),
            undoPartScript(part, index, vars, platform),
            part.hold?.(vars, platform) ?? ':',
            part.undo?.(vars, platform) ?? ':',
          ].map(text => [`failover-test, ${name}`, text])
        : [],
    ),
  )

const collect = async (): Promise<Map<string, string>> => {
  const found = new Map<string, string>([
    ['facts', factsScript],
    ['job begin', beginScript(place, 'true', '0')],
    ['job resume', resumeScript(place, 10)],
    ['job end', endScript(place)],
    // Its `a && b && c || d` is meant to run d when any of them fails.
    ['bootstrap', `# shellcheck disable=SC2015\n${bootstrapArgv('token')[2]}`],
    ['bootstrap that counts processes', `# shellcheck disable=SC2015\n${bootstrapArgv('token', { isMetered: true })[2]}`],
    ['terminal, streams', streamsScript],
    ['terminal, command', onPipesScript],
    ['end of a process group', endGroupScript(4711)],
    ['upload, before', prepareScript('/usr/src/a.tar', '/usr/src/.a.part', 5)],
    ['upload', receiveScript(sending)],
    ['lock', leaseScript('me', 60)],
    ['fence', leaseCondition('me')],
    ['bootstrap of a fenced script', `# shellcheck disable=SC2015\n${bootstrapArgv('token', { isFenced: true })[2]}`],
    ['unlock', unlockScript()],
    // It checks for journalctl first, so it may be sent to a system without it.
    ['failover-test, log', logScript(0)],
    ...contexts.map(
      context => [`probes of ${context.platform.name}`, batchScript(entriesFor(probesOf(context)), 'boundary', ['a note'])] as const,
    ),
  ])
  const add = (name: string, text: string) => {
    if (![...found.values()].includes(text)) found.set(found.has(name) ? `${name} (${found.size})` : name, text)
  }
  for (const context of contexts) {
    for (const role of roles) {
      for (const resource of [...role.steps(context), ...(role.handlers?.(context) ?? [])]) {
        const name = `${role.name}, ${resource.id}`
        add(`${name}, probe`, resource.probe.sh)
      }
    }
    const sent = await sentBy(context)
    sentByContext.set(context, sent)
    for (const [name, script, input] of sent) {
      add(`${name}, apply`, script)
      if (input?.startsWith('#!') || input?.includes('\nNFSHA_') || input?.includes('\n# shellcheck shell=sh'))
        add(`${name}, content`, input ?? '')
    }
    for (const [name, script] of [...faultScripts(context), ...surroundingScripts(context)]) add(name, script)
  }
  return found
}

let folder = ''
let scripts = new Map<string, string>()
const sentByContext = new Map<Context, Sent[]>()
const fileOf = (i: number) => join(folder, `${i}.sh`)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-scripts-'))
  scripts = await collect()
  for (const [i, text] of [...scripts.values()].entries()) writeFileSync(fileOf(i), text)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true }))

/**
 * Features that CentOS 6 lacks (coreutils 8.4, util-linux 2.17, procps 3.2.8, iproute 2.6.32, bash 4.1), in scripts that are sent or
 * installed there.
 */
const tooNew: [RegExp, string][] = [
  [/\btimeout\s+(-k|--kill-after)/, 'timeout -k: coreutils 8.5'],
  [/\bstatus=(none|progress)\b/, 'dd status=none: coreutils 8.24'],
  [/\brealpath\b/, 'realpath: coreutils 8.15'],
  [/\bnumfmt\b/, 'numfmt: coreutils 8.21'],
  [/\bstat\s+-c\s+'[^']*%m/, 'stat %m: coreutils 8.6'],
  [/\bsort\s+-h\b.*--parallel/, 'sort --parallel: coreutils 8.6'],
  [/\bfindmnt\b/, 'findmnt: util-linux 2.18'],
  [/\bnsenter\b|\bunshare\s+--/, 'nsenter and long options of unshare: util-linux 2.23'],
  [/\bip\s+(-j|-br)\b/, 'ip -j, -br: iproute 4'],
  [/\bss\s+-K\b/, 'ss -K: iproute 4.5'],
  [/\bpgrep\s+-a/, 'pgrep -a: procps-ng'],
  [/\bsystemctl\b|\bjournalctl\b|\bhostnamectl\b/, 'systemd'],
  [/\$\{\w+@|\bwait -n\b|\bmapfile -d|\[\[ -v|\bprintf '%\(/, 'bash 4.2 and later'],
]

test('every platform has a context: add one above', () => {
  const seen = contexts.map(context => context.platform)
  const unseen = Object.values(platforms).filter(platform => !seen.includes(platform))
  expect(unseen.map(({ name }) => name)).toEqual([])
})

test('scripts for CentOS 6 use nothing newer than its tools', () => {
  const sent = [...scripts].filter(([name]) => !/, |^probes of (?!CentOS)/.test(name))
  for (const context of contexts.filter(c => c.platform === centos6)) {
    for (const [name, script, input] of sentByContext.get(context) ?? []) sent.push([name, `${script}\n${input ?? ''}`])
    sent.push(...faultScripts(context), ...surroundingScripts(context))
  }
  expect(sent.length).toBeGreaterThan(40)
  const found = sent.flatMap(([name, text]) => tooNew.filter(([pattern]) => pattern.test(text)).map(([, what]) => `${name}: ${what}`))
  expect(found).toEqual([])
})

test('all are collected', () => {
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
    'failover-test, ',
  ])
    expect(names).toContain(part)
  const all = [...scripts.values()].join('\n')
  for (const part of [
    'until rmmod drbd',
    'connect --discard-my-data',
    '\niptables -I INPUT',
    '/sbin/route del',
    'make install-tools',
    "/etc/init.d/heartbeat' 'stop'",
    'setsid sh -c',
  ])
    expect(all).toContain(part)
  expect([...scripts.values()].some(text => text.includes('killall -9'))).toBe(true)
  expect([...scripts.values()].some(text => text.includes('raise_vip()'))).toBe(true)
})

for (const [name, argv] of everyShell) {
  const [command = '', ...rest] = argv
  const installed = isInstalled(argv)
  test.skipIf(!installed)(
    installed ? `${name} reads them all` : `${name} is not installed here (.ci/run installs it)`,
    () => {
      const refused = [...scripts.keys()].flatMap((script, i) => {
        const { status, stderr } = spawnSync(command, [...rest, '-n', fileOf(i)])
        return status === 0 ? [] : [`${script}: ${stderr}`]
      })
      expect(refused).toEqual([])
    },
    240_000,
  )
}

/**
 * Programs that a probe may call and that would access the network, load a module or talk to this machine's daemons, and apt-mark, which
 * reads all of apt's lists at each call; in the tests they print nothing.
 */
const keptAway =
  'ping arping traceroute chronyc ntpq drbdadm drbdsetup modprobe modinfo iptables nft exportfs showmount cl_status systemctl ip rpm yum apt-mark'

describe('all probes of a platform, run as one script as on a node', () => {
  const tools = () => join(folder, 'tools')
  const run = (command: string, rest: string[], entries: Entry[]) => {
    const script = batchScript(entries, 'boundary').replace('PATH=', `PATH=${tools()}:`)
    const { status, stdout, stderr } = spawnSync(command, [...rest, '-s'], { input: script, encoding: 'utf8', timeout: 60_000 })
    // Clocks and counters advance, and their columns grow.
    return {
      status,
      stdout: stdout.replace(/\d+/g, '0').replace(/ +/g, ' '),
      complaints: stderr.split('\n').filter(l => /syntax|unexpected|bad substitution|arith/i.test(l)),
    }
  }
  beforeAll(() => {
    mkdirSync(tools())
    for (const name of keptAway.split(' ')) writeFileSync(join(tools(), name), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  })

  test.each(contexts.map((context, i) => [`${i + 1}: ${context.platform.name}`, context] as const))(
    '%s: same output under every shell',
    (_name, context) => {
      // They read this machine: a process that started or ended between two runs does not count as a difference.
      const entries = entriesFor(probesOf(context))
      let answers: ReturnType<typeof run>[] = []
      for (let round = 1; round <= 3 && (round === 1 || answers.some(answer => !isDeepStrictEqual(answer, answers[0]))); round++)
        answers = shells.map(([, [command = '', ...rest]]) => run(command, rest, entries))
      const [first] = answers
      expect(first?.complaints).toEqual([])
      expect(first?.stdout.split('boundary').length).toBe(entries.length + 1)
      for (const answer of answers) expect(answer).toEqual(first)
    },
    240_000,
  )
})

/** What shellcheck cannot know about these scripts. Everything else stays on, above all POSIX conformance: the hosts have dash. */
const notAsked = {
  SC1003: 'a script in a script is quoted, and its own quotes are again',
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

test('the recorder unquotes like the shell', () => {
  expect(execFileSync('sh', ['-c', "printf %s 'it'\\''s'"]).toString()).toBe("it's")
})
