import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { blocksOf } from '../../../../lib/resources/blocks.ts'
import { parseProcDrbd } from '../../../../lib/resources/proc-drbd.ts'
import { notRead, present } from '../../../../lib/resources/reading.ts'
import { headline } from '../../../../roles/service/state/headline.ts'
import { overview } from '../../../../roles/service/state/overview.ts'
import { problemText } from '../../../../roles/service/state/problems.ts'
import type { NamedState } from '../../../../roles/service/state/state.ts'
import { parseService, serviceProbe } from '../../../../roles/service/state/state.ts'
import { surroundingDifferences } from '../../../../roles/service/state/surrounding-differences.ts'
import { parseSurroundings } from '../../../../roles/service/state/surroundings.ts'
import { clientsScript, surroundingsScript } from '../../../../roles/service/state/surroundings-probe.ts'
import { contextOn } from '../../contexts.ts'

const { vars } = contextOn(debian12, {}, 'ha_stack=lean', 'drbd_disk=/dev/vdb')
const device = (text: string) => parseProcDrbd(` 0: cs:${text} C r-----\n    oos:0\n`).devices[0]
const state = (more: Partial<NamedState>): NamedState => ({ ...parseService('', vars), host: 'M1', heartbeat: true, ...more })
const active = state({ vip: true, mounted: true, nfsd: 8, links: ['em2 up'] })
const standby = state({
  host: 'M2',
  links: ['em2 up', 'em3 dead'],
  device: device('Connected ro:Secondary/Primary ds:UpToDate/UpToDate'),
})
const member = (s: NamedState) => ({ host: s.host, reading: present(s) })
const late = (host: string) => ({ host, reading: notRead('no answer within 30 s') })
const gone = (host: string) => ({ host, reading: notRead('unreachable') })

test.each<[string, Parameters<typeof headline>[0], string]>([
  ['one serves', [member(active), member(standby)], 'served by M1'],
  ['no node serves, and both were read', [member({ ...active, vip: false }), member(standby)], 'not served'],
  ['both', [member(active), member({ ...standby, vip: true })], 'BOTH nodes have the virtual IP'],
  [
    'an address alone is not enough',
    [member({ ...active, nfsd: 0 }), member(standby)],
    'not served: M1 has the virtual IP, but nfsd does not run',
  ],
  ['one serves, the other is silent', [member(active), gone('M2')], 'served by M1; M2 was not read (unreachable)'],
  [
    'the node that may serve is slow',
    [late('M1'), member(standby)],
    'not known: M1 was not read (no answer within 30 s); DRBD on M2 sees M1 as Primary, heartbeat on M2 hears it',
  ],
  [
    'it is dead',
    [gone('M1'), member({ ...standby, links: ['em2 dead'], device: device('WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown') })],
    'not known: M1 was not read (unreachable); DRBD on M2 has no connection to it, heartbeat on M2 does not hear it',
  ],
  [
    'it is dead, and nothing runs on the other',
    [gone('M1'), member({ ...standby, heartbeat: false, links: [], device: undefined })],
    'not known: M1 was not read (unreachable); DRBD on M2 is down, heartbeat on M2 is stopped',
  ],
  ['neither was read', [gone('M1'), late('M2')], 'not known: M1 was not read (unreachable), M2 was not read (no answer within 30 s)'],
])('headline: %s', (_name, members, expected) => expect(headline(members, 'full')).toBe(expected))

test('at stage vip the address is the service', () =>
  expect(headline([member({ ...active, mounted: false, nfsd: 0 }), member(standby)], 'vip')).toBe('served by M1'))

const uuid = '0a1b2c3d-1111-2222-3333-444455556666'
const superblock = (() => {
  const bytes = Buffer.alloc(136)
  bytes.writeUInt16LE(0xef53, 56)
  Buffer.from(uuid.replaceAll('-', ''), 'hex').copy(bytes, 104)
  bytes.write('share', 120)
  return bytes.toString('hex')
})()
const named = `fd:10 /dev/vdb
93:0 /dev/drbd0
fd:10 /dev/disk/by-id/virtio-vdb
fd:10 /dev/disk/by-path/pci-0000:00:03.0
fd:10 /dev/disk/by-partuuid/77
fd:20 /dev/disk/by-id/virtio-vdc
fd:0 /dev/vda`
const around = (text: string) => parseSurroundings(blocksOf(`@named\n${named}\n@superblock\n${superblock}\n${text}`), vars)
const said = (text: string, more: Partial<NamedState> = {}, other?: Partial<NamedState>) =>
  surroundingDifferences([{ ...active, around: around(text), ...more }, ...(other ? [{ ...standby, ...other }] : [])], vars).map(
    problemText,
  )

describe('other uses of the backing disk', () => {
  it.each([
    '/dev/vdb /mnt/old ext4 defaults,nofail 0 0',
    '/dev/vdb /mnt/old ext4 noauto 0 0',
    `UUID=${uuid} /mnt/old ext4 defaults 0 0`,
    `UUID="${uuid.toUpperCase()}" /mnt/old ext4 defaults 0 0`,
    'LABEL=share /mnt/old ext4 defaults 0 0',
    'PARTUUID=77 /mnt/old ext4 defaults 0 0',
    '/dev/disk/by-id/virtio-vdb /mnt/old ext4 defaults 0 0',
    '/dev/disk/by-path/pci-0000:00:03.0 none swap sw 0 0',
    '/dev/vdb none swap sw 0 0',
  ])('/etc/fstab: %s', line => {
    expect(said(`@claims\n/etc/fstab ${line}`)).toEqual([
      `disk on M1: /etc/fstab names the backing disk /dev/vdb: ${line.split(' ').slice(0, 4).join(' ')}, wanted nothing but DRBD`,
    ])
  })

  it.each([
    ['/etc/systemd/system/mnt-old.mount /dev/disk/by-id/virtio-vdb', 'names the backing disk'],
    ['/etc/crypttab secret /dev/vdb none luks', 'names the backing disk'],
    ['/etc/mdadm/mdadm.conf ARRAY /dev/md0 /dev/vdb /dev/vdc', 'names the backing disk'],
    ['/etc/fstab /dev/drbd0 /mnt/x ext4 noauto 0 0', 'names the replicated device'],
  ])('%s', (line, text) => expect(said(`@claims\n${line}`).join()).toContain(text))

  test('what uses it now', () => {
    expect(said('@held\ndrbd0\ndm-3\n/proc/mounts:/dev/vdb /mnt/old ext4 rw 0 0\n/proc/swaps:/dev/vdb partition 1 0 -2')).toEqual([
      'disk on M1: dm-3 holds the backing disk /dev/vdb, wanted nothing but DRBD',
      'disk on M1: the backing disk /dev/vdb is mounted on /mnt/old, wanted nothing but DRBD',
      'disk on M1: the backing disk /dev/vdb is used as swap, wanted nothing but DRBD',
    ])
  })

  it.each([
    '/dev/vda / ext4 defaults 0 1',
    'UUID=99 /boot ext4 defaults 0 2',
    '/dev/disk/by-id/virtio-vdc /mnt ext4 x 0 0',
    'LABEL= /mnt ext4 x 0 0',
  ])('another disk: %s', line => expect(said(`@claims\n/etc/fstab ${line}`)).toEqual([]))
})

test.each<[string, string, string[]]>([
  ['a silent ping node', '@pings\n192.168.0.1 dead', ['ping node 192.168.0.1 on M1: does not answer, wanted answers']],
  ['one that answers', '@pings\n192.168.0.1 ping', []],
  ['DRBD on its own disk', '@held\ndrbd0', []],
  [
    'a converged node of the lab',
    '@answers\n\n@mac\n52:54:00:1a:01:01\n@pings\n192.168.0.1 ping\n@watch\n338 nfsha - 472.48\nwanted\n@claims\n/etc/fstab \n@held\ndrbd0\n@automatic\n@clients',
    [],
  ],
  ['a working watch', '@watch\n312 nfsha 100000 1003.20\nwanted', []],
  ['a watch that hangs', '@watch\n312 nfsha 100000 1321.00\nwanted', ['nfsha watch on M1: hangs: no tick for 321 s, wanted alive']],
  ['a watch that died', '@watch\n312 - 100000 1001.00\nwanted', ['nfsha watch on M1: has ended, wanted alive']],
  ['its PID reused by another process', '@watch\n312 cron 100000 1001.00\nwanted', ['nfsha watch on M1: has ended, wanted alive']],
  ['a watch that was never started', '@watch\n- - - 1001.00\nwanted', ['nfsha watch on M1: never started since the boot, wanted alive']],
  ['no watch configured', '@watch\n- - - 1001.00', []],
  [
    'automatic reboot',
    '@automatic\nAPT::Periodic::Unattended-Upgrade "1";\nUnattended-Upgrade::Automatic-Reboot "false";\nUnattended-Upgrade::Automatic-Reboot "true";\nunattended-upgrades',
    ['automatic restart on M1: unattended-upgrades reboots this node automatically (Unattended-Upgrade::Automatic-Reboot), wanted off'],
  ],
  [
    'switched off later',
    '@automatic\nUnattended-Upgrade::Automatic-Reboot "true";\nUnattended-Upgrade::Automatic-Reboot "false";\nunattended-upgrades',
    [],
  ],
  ['not installed', '@automatic\nUnattended-Upgrade::Automatic-Reboot "true";', []],
  [
    'needrestart',
    "@automatic\n$nrconf{restart} = 'a';",
    ["automatic restart on M1: needrestart restarts services automatically ($nrconf{restart} = 'a'), wanted off"],
  ],
  [
    'cloned clients',
    '@clients\naddress: "192.168.0.50:801"\nname: "Linux NFSv4.2 C1"\naddress: "192.168.0.51:900"\nname: "Linux NFSv4.2 C1"\naddress: "192.168.0.52:900"\nname: "Linux NFSv4.2 C2"',
    ['NFS clients with one name on M1: Linux NFSv4.2 C1 at 192.168.0.50 and 192.168.0.51, wanted a host name of its own for each'],
  ],
])('%s', (_name, text, expected) => expect(said(text)).toEqual(expected))

test('another machine that answers for the virtual IP, heard by either node', () => {
  const mine = '@mac\n52:54:00:00:00:01\n@answers\n'
  const other = around('@answers\n52:54:00:00:00:01\n66:66:66:66:66:66\n')
  const found = ['virtual IP 192.168.0.219: another machine answers for it too (66:66:66:66:66:66), wanted on exactly one']
  expect(said(mine, {}, { around: around('@answers\n52:54:00:00:00:01\n') })).toEqual([])
  expect(said(mine, {}, { around: other })).toEqual(found)
  expect(said(`${mine}66:66:66:66:66:66\n`)).toEqual(found)
})

test('a node short of space', () => {
  const space = [{ mount: '/tmp', used: 60, inodes: 1, short: true }]
  expect(surroundingDifferences([{ ...active, space }], vars).map(problemText)).toEqual([
    'space on /tmp on M1: nearly none left, wanted some',
  ])
})

test('a client that registers thousands of names gives bounded output, and other clients are still read', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nfsha-clients-'))
  const client = (n: number, ip: string, name: string) => {
    mkdirSync(join(directory, String(n)))
    writeFileSync(
      join(directory, String(n), 'info'),
      `clientid: 0x${n}\naddress: "${ip}:776"\nstatus: confirmed\nname: "${name}"\nminor version: 2\n`,
    )
  }
  // Non-printable characters as the kernel escapes them (client_info_show).
  for (let n = 0; n < 1500; n++) client(n, '192.168.0.50', `evil\\x0aname: \\x22${n}\\x22${'\\x00'.repeat(500)}`)
  client(2000, '192.168.0.51', 'Linux NFSv4.2 C2')
  client(2001, '192.168.0.52', 'Linux NFSv4.2 C2')
  for (let n = 3000; n < 3100; n++) client(n, '192.168.0.53', `Linux NFSv4.2 behind-${n}`)
  try {
    const output = execFileSync('sh', ['-c', clientsScript(directory)], { encoding: 'utf8' })
    expect(output.length).toBeLessThan(20_000)
    const { clients, twins } = around(`@clients\n${output}`)
    expect(clients.sort()).toEqual(['192.168.0.50', '192.168.0.51', '192.168.0.52', '192.168.0.53'])
    expect(twins).toEqual([expect.stringMatching(/^Linux NFSv4\.2 C2 at 192\.168\.0\.5[12] and 192\.168\.0\.5[12]$/)])
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('the client state volume has its own line of disk space, where it is mounted', () => {
  const mounts = '/dev/drbd0 /data ext4 rw 0 0\n/dev/loop0 /run/nfsha/state ext4 rw 0 0'
  const own = contextOn(debian12, {}, 'ha_stack=lean', 'drbd_disk=/dev/vdb')
  const { sh: script } = serviceProbe(own)
  const part = script.slice(script.indexOf("m='' i=''"), script.indexOf('echo "@holders"')).replace('/proc/mounts', '"$mounts"')
  const shown = execFileSync(
    'sh',
    ['-c', `mounts=$(mktemp); printf '${mounts}\\n' > "$mounts"; ${part}\nrm "$mounts"; echo; echo "kept $kept"`],
    { encoding: 'utf8' },
  )
  expect(shown).toContain('kept /run/nfsha/state\n')
  expect(script).toMatch(/df -P .* \$kept; echo "@inodes"; df -Pi .* \$kept$/m)
})

test('sh accepts the probe', () => {
  execFileSync('sh', ['-n'], { input: surroundingsScript(vars, debian12) })
})

test('a client excluded by --limit in a play of all hosts does not count as an unread node', () => {
  const { compare } = overview(contextOn(debian12, {}, 'ha_stack=lean', 'drbd_disk=/dev/vdb'))
  const hosts = (verdict: ReturnType<typeof compare>) => (verdict.kind === 'differs' ? verdict.changes.map(c => c.host) : [])
  expect(hosts(compare([member(active), member(standby), gone('C1')]))).not.toContain('C1')
  expect(hosts(compare([member(active), gone('M2')]))).toContain('M2')
})
