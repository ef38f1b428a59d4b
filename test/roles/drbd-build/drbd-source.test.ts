import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { centos6 } from '../../../lib/platform/centos6.ts'
import { debian12 } from '../../../lib/platform/debian12.ts'
import { present } from '../../../lib/resources/reading.ts'
import { archiveProblems, SourceArchive } from '../../../roles/drbd-build/archives.ts'
import { buildPackages, exchangeProblems } from '../../../roles/drbd-build/built.ts'
import { inUse, readLoaded } from '../../../roles/drbd-build/loaded.ts'
import { buildName, type Part, partsOf } from '../../../roles/drbd-build/parts.ts'
import { errorLines } from '../../../roles/drbd-build/produce.ts'
import { type Found, parseRecord, partProblems } from '../../../roles/drbd-build/record.ts'
import { drbdBuild } from '../../../roles/drbd-build/role.ts'
import { buildScript, installScript } from '../../../roles/drbd-build/scripts.ts'
import { buildChanges, buildProbe, needed } from '../../../roles/drbd-build/state.ts'
import { articleCluster } from '../article-cluster.ts'
import { contextOn, sourceVariables } from '../contexts.ts'

const article = readFileSync(new URL('../../fixtures/article/drbd-build.txt', import.meta.url), 'utf8')
const kernel = '6.1.0-50-cloud-amd64'
const partsFor = (variables: string, kernels = [kernel], ...extra: string[]): [Part, Part] => {
  return partsOf(contextOn(debian12, {}, variables, ...extra), kernels) as [Part, Part]
}
const [module, utilities] = partsFor(sourceVariables('kernel', 'utilities'))
const sha256 = utilities.archive.sha256

describe('the variables', () => {
  const refusal = (variables: object) => {
    try {
      articleCluster(JSON.stringify(variables))
    } catch (error) {
      return String(error)
    }
    return ''
  }
  const good = { kind: 'combined', source: 'https://archive.example/drbd-8.4.3.tar.gz', sha256 }
  const one = (more: object, without: keyof typeof good | '' = '') => {
    const archive: Record<string, unknown> = { ...good, ...more }
    delete archive[without]
    return { drbd_build_method: 'source', drbd_build_archives: [archive] }
  }

  test('one archive with its checksum is enough', () => expect(refusal(one({}))).toBe(''))
  test.each<[string, object, RegExp]>([
    ['no archive', { drbd_build_method: 'source' }, /drbd_build_archives is not set for M1 \(what to build/],
    ['an empty list', { drbd_build_method: 'source', drbd_build_archives: [] }, /drbd_build_archives needs one archive of kind combined/],
    [
      'no checksum',
      one({}, 'sha256'),
      /drbd_build_archives\[0\]\.sha256: is required: nothing is built from an archive without its checksum/,
    ],
    ['a truncated checksum', one({ sha256: 'ab12' }), /drbd_build_archives\[0\]\.sha256: must be 64 hexadecimal digits/],
    ['a relative path', one({ source: 'drbd-8.4.3.tar.gz' }), /drbd_build_archives\[0\]\.source: must be a URL .* or the absolute path/],
    ['another protocol', one({ source: 'ftp://archive.example/x' }), /drbd_build_archives\[0\]\.source: must be a URL/],
    [
      'a password in a URL',
      one({ source: 'https://me:secret@archive.example/x.tar.gz' }),
      /must be a URL \(http or https, without a password\)/,
    ],
    ['an unknown kind', one({ kind: 'module' }), /drbd_build_archives\[0\]\.kind: must be combined or utilities or kernel/],
    ['only one part', one({ kind: 'utilities' }), /one of kind kernel and one of kind utilities; given: utilities/],
    ['a signature without a keyring', one({ signature: '/tmp/drbd.sig' }), /a signature, which needs drbd_build_keyring/],
    ['an unknown key', one({ md5: 'x' }), /unknown key 'md5'/],
    ['a system directory as prefix', { ...one({}), drbd_build_prefix: '/usr/local' }, /drbd_build_prefix: must be a directory of its own/],
  ])('%s is refused', (_name, variables, message) => expect(refusal(variables)).toMatch(message))

  test('packages need no archives', () => expect(refusal({ drbd_build_method: 'package' })).toBe(''))
  test('a signature is accepted with a keyring', () =>
    expect(archiveProblems([SourceArchive.parse({ ...good, signature: '/x.sig' })], '/maker.gpg')).toEqual([]))
})

describe('what is built', () => {
  test('the arguments of the reference setup, for its combined tree', () => {
    const old = '2.6.32-504.el6.x86_64'
    const context = contextOn(centos6, { kernel: old, kernels: [old] }, sourceVariables('combined'))
    const parts = partsOf(context, [old]) as [Part, Part]
    for (const part of parts) expect(article).toContain(`./configure ${part.configure.join(' ')} `)
    expect(article).toContain(`make ${parts[0].make.join(' ')} `)
    expect(buildScript(parts[0])).toContain(`make -j"$jobs" module 'KDIR=/usr/src/kernels/${old}/'`)
    // The article installs its headers with yum (IV.2).
    expect(buildPackages(context)).toContain(`kernel-devel-${old}`)
  })

  test('other headers come from the operator, and are for one kernel', () => {
    const other = contextOn(
      debian12,
      { kernel, kernels: [kernel, '6.1.0-56-cloud-amd64'] },
      sourceVariables('combined'),
      'drbd_build_kernel_tree=/srv/tree',
    )
    expect(partsOf(other, [kernel])[0]?.make).toEqual(['KDIR=/srv/tree'])
    expect(buildPackages(other).join()).not.toContain('linux-headers')
  })

  test('from a kernel’s tree only the DRBD directory, against the headers of the target kernel', () => {
    const script = buildScript(module)
    expect(script).toContain(`--strip-components=1 --wildcards '*/drivers/block/drbd'`)
    expect(script).toContain(`'-C' '/lib/modules/${kernel}/build' M="$PWD/drivers/block/drbd" modules`)
  })

  test('a build installs nothing, and an installation keeps existing configuration', () => {
    expect(buildScript(utilities)).toContain('DESTDIR="$tree/stage"')
    expect(buildScript(module)).not.toMatch(/depmod|modprobe|rmmod/)
    expect(installScript(module)).not.toMatch(/modprobe|rmmod/)
    expect(installScript(utilities)).toContain('for f in etc/drbd.conf etc/drbd.d/global_common.conf')
    expect(installScript(utilities)).toContain('mkdir -p /usr/local/drbd/var/run/drbd ')
  })

  test('the same build has the same name, a different build another', () => {
    expect(buildName(module)).toMatch(/^drbd-module-for-6\.1\.0-50-cloud-amd64-[0-9a-f]{12}$/)
    expect(buildName({ ...module })).toBe(buildName(module))
    expect(buildName({ ...module, archive: { ...module.archive, sha256: 'cd'.repeat(32) } })).not.toBe(buildName(module))
  })
})

const record = { sha256, arguments: `-C /lib/modules/${kernel}/build M=drivers/block/drbd`, srcversion: 'F73C', note: '0400' }
const found: Found = { record, file: `/lib/modules/${kernel}/updates/drbd.ko`, srcversion: 'F73C' }

describe('whether a build is needed', () => {
  test.each<[string, Found, string[]]>([
    ['as it was built', found, []],
    ['on a merged system', { ...found, file: `/usr${found.file}` }, []],
    ['never', { ...found, record: undefined }, ['never built here']],
    ['another archive', { ...found, record: { ...record, sha256: 'x' } }, ['built from another archive']],
    ['other headers', { ...found, record: { ...record, arguments: '-C /other M=d' } }, ['built with -C /other M=d']],
    ['overwritten', { ...found, srcversion: 'B0B0' }, ['the file is not the one that was built']],
    [
      'the kernel’s own module takes precedence',
      { ...found, file: `/lib/modules/${kernel}/kernel/drivers/block/drbd/drbd.ko` },
      [`modprobe would load /lib/modules/${kernel}/kernel/drivers/block/drbd/drbd.ko`],
    ],
    ['gone', { record }, ['modprobe would load none']],
  ])('module: %s', (_name, state, wanted) => expect(partProblems(module, state)).toEqual(wanted))

  test('an incomplete record is ignored', () => {
    expect(parseRecord('sha256 x\n')).toBeUndefined()
    expect(parseRecord('sha256 x\narguments \n')).toEqual({ sha256: 'x', arguments: '' })
  })

  const output = (text: string) => ({ code: 0, stdout: text, stderr: '', at: 0 })
  const probe = buildProbe([utilities, module])
  const stateOf = (text: string) => {
    const reading = probe.parse(output(text))
    if (reading.kind !== 'present') throw new Error(reading.kind)
    return reading.state
  }
  const system = '@system\nx86_64\nVERSION_ID="12"\nID=debian\n'
  const complete = `${system}@part-0
sha256 ${sha256}
arguments ${utilities.configure.join(' ')}
programs: there
@part-1
sha256 ${sha256}
arguments ${record.arguments}
srcversion F73C670A7EC572DB9CF3E5B
note 040000001400000003000000474e5500
filename:       /lib/modules/${kernel}/updates/drbd.ko
srcversion:     F73C670A7EC572DB9CF3E5B
`
  test('a complete build needs nothing', () => expect(buildChanges(stateOf(complete))).toEqual([]))
  test('a bare machine needs all of it', () =>
    expect(buildChanges(stateOf(`${system}@part-0\n@part-1\n`)).map(c => `${c.attribute}: ${c.from} -> ${c.to}`)).toEqual([
      'utilities: never built here -> built from LICENSE',
      `module for ${kernel}: never built here -> built from LICENSE`,
    ]))
  test('removed programs are built again', () =>
    expect(needed(stateOf(complete.replace('programs: there\n', ''))).map(p => p.label)).toEqual(['utilities']))

  const bare = `${system}@part-0\n@part-1\n`
  const members = (...texts: string[]) => texts.map((text, i) => ({ host: `M${i + 1}`, reading: present(stateOf(text)) }))
  test('drbd_build_on: first requires the same system', () => {
    expect(exchangeProblems(members(bare, bare))).toEqual([])
    expect(exchangeProblems(members(bare, bare.replace('x86_64', 'aarch64')))).toEqual([
      expect.stringMatching(/^M2 runs a different system than M1, which builds for it: set drbd_build_on: each/),
    ])
    expect(exchangeProblems(members(bare, complete.replace('x86_64', 'aarch64')))).toEqual([])
  })
  test('… and the same kernel', () => {
    const other = partsOf(contextOn(debian12, {}, sourceVariables('kernel', 'utilities')), ['6.1.0-56-cloud-amd64'])
    const reading = buildProbe(other).parse(output(bare))
    expect(exchangeProblems([...members(bare), { host: 'M2', reading }])).toEqual([
      expect.stringMatching(/^M2 needs a module for 6\.1\.0-56-cloud-amd64, and M1 has no such kernel: set drbd_build_on: each/),
    ])
  })
})

describe('the loaded module', () => {
  const built = `@record\nsha256 ${sha256}\narguments x\nsrcversion F73C\nnote 04aa\n`
  const device = (text: string) => `@drbd\nversion: 8.4.11 (api:1/proto:86-101)\n 0: cs:${text} C r-----\n    ns:0 oos:0\n`
  const read = (text: string) => readLoaded(text, 'M1', 0)
  const ours = '@loaded\nF73C 04aa\n'
  // Debian's own module and one from the same source: the srcversion is the same.
  const debians = '@loaded\nF73C 04bb\n'

  test('nothing is known before it is built', () => expect(read(`@record\n${ours}`).kind).toBe('unknown'))
  test('none', () => expect(read(`${built}@loaded\n`)).toEqual({ kind: 'absent' }))
  test('the built one', () => expect(read(built + ours)).toMatchObject({ state: { isBuilt: true } }))
  test('the distribution’s, made from the same source, and idle', () =>
    expect(read(built + debians)).toMatchObject({ state: { isBuilt: false } }))
  test('the same on an active node is postponed, with advice', () => {
    const reading = read(
      `${built}${debians}${device('Connected ro:Primary/Secondary ds:UpToDate/UpToDate')}@mounts\n/dev/drbd0 /data ext4\n@heartbeat\nactive\n`,
    )
    expect(reading).toEqual({
      kind: 'skipped',
      pending: true,
      reason: expect.stringMatching(
        /^the loaded module is not the one that was built, and this node is in use \(a DRBD device is mounted, DRBD is Primary, heartbeat runs\)\. .*ha_maintenance=M1/,
      ),
    })
  })

  test.each<[string, string, { heartbeat?: boolean; mounted?: boolean }, string[]]>([
    ['drained, the peer serves', 'Connected ro:Secondary/Primary ds:UpToDate/UpToDate', {}, []],
    ['drained, nobody serves', 'Connected ro:Secondary/Secondary ds:UpToDate/UpToDate', {}, []],
    ['drained, the peer is away', 'WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown', {}, []],
    ['a standby', 'Connected ro:Secondary/Primary ds:UpToDate/UpToDate', { heartbeat: true }, ['heartbeat runs']],
    [
      'the active node',
      'Connected ro:Primary/Secondary ds:UpToDate/UpToDate',
      { mounted: true },
      ['a DRBD device is mounted', 'DRBD is Primary'],
    ],
    [
      'the peer reads this node’s disk',
      'Connected ro:Secondary/Primary ds:UpToDate/Diskless',
      {},
      ['the peer is active and its data are Diskless'],
    ],
    [
      'the peer is resynchronising from here',
      'SyncSource ro:Secondary/Primary ds:UpToDate/Inconsistent',
      {},
      ['the peer is active and its data are Inconsistent'],
    ],
  ])('in use: %s', (_name, text, { heartbeat = false, mounted = false }, wanted) => {
    const [cs = '', roles = '', disks = ''] = text.split(' ')
    const [role = '', peerRole = ''] = roles.slice(3).split('/')
    const [disk = '', peerDisk = ''] = disks.slice(3).split('/')
    const own = { minor: 0, connection: cs, role, peerRole, disk, peerDisk, flags: '', outOfSync: 0 }
    expect(inUse({ devices: [own], heartbeat, mounted }, 0)).toEqual(wanted)
  })

  test('without a device heartbeat does not matter', () => expect(inUse({ devices: [], heartbeat: true, mounted: false }, 0)).toEqual([]))
  test('a resource other than ours is never taken down', () => {
    const foreign = {
      minor: 5,
      connection: 'Connected',
      role: 'Secondary',
      peerRole: 'Secondary',
      disk: '',
      peerDisk: '',
      flags: '',
      outOfSync: 0,
    }
    expect(inUse({ devices: [foreign], heartbeat: false, mounted: false }, 0)).toEqual(['DRBD has other devices: minor 5'])
  })
})

test('a failed build shows the compiler’s first error, not later output of parallel compilers', () => {
  const output = [
    ...Array.from({ length: 30 }, (_, i) => `  CC [M]  drbd_${i}.o`),
    "drbd_main.c:12:1: error: unknown type name 'broken'",
    '   12 | broken',
    ...Array.from({ length: 30 }, (_, i) => `  CC [M]  other_${i}.o`),
  ].join('\n')
  expect(errorLines(output, 3)).toBe("drbd_main.c:12:1: error: unknown type name 'broken'\n   12 | broken\n  CC [M]  other_0.o")
  expect(errorLines('a\nb\nc\nd\n', 2)).toBe('c\nd')
})

const idsOf = (host: string, ...extra: string[]) =>
  drbdBuild
    .steps({ ...contextOn(debian12, { kernel, kernels: [kernel] }, sourceVariables('kernel', 'utilities'), ...extra), host })
    .map(r => r.id)

test('each node has a compiler, or only the first', () => {
  const compiler = `package gcc libc6-dev make flex bzip2 xz-utils linux-headers-${kernel}`
  expect(idsOf('M2')).toContain(compiler)
  expect(idsOf('M1', 'drbd_build_on=first')).toContain(compiler)
  expect(idsOf('M2', 'drbd_build_on=first')).not.toContain(compiler)
})
