import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { labDown, labUp } from '../../lib/lab/index.ts'
import { chosenReleases } from '../lab/releases.ts'
import type { Played } from '../lab/run.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import { brokenArchive, debianArchives, type Given } from './debian-archives.ts'

/**
 * A cluster that serves NFS with a module and utilities that role drbd-build compiled in the lab. The archives are made from Debian's own packages
 * (debian-archives.ts): the module has the version and srcversion of the distribution's module; only its build ID differs. The tests build
 * on each other. NFSHA_TEST_LAB names a running bare lab, to avoid creating one.
 */
const given = process.env.NFSHA_TEST_LAB
const lab = given ?? `source-${process.pid}`
const folder = mkdtempSync(join(tmpdir(), 'nfsha-source-'))
const prefix = '/usr/local/drbd'
const nodes = ['M1', 'M2'] as const
let archives: { utilities: Given; kernel: Given; tree: string }
let kernel = ''

const variables = (more: object = {}) => [
  '-e',
  JSON.stringify({
    drbd_build_method: 'source',
    drbd_build_on: 'first',
    drbd_build_archives: [archives.kernel, archives.utilities],
    ...more,
  }),
]
const play = (argv: string[], more: object = {}) => nfshaPlay(lab, [...argv, ...variables(more)])
const changedBy = (run: Played) => Object.values(run.recap).reduce((sum, host) => sum + host.changed, 0)
const good = (run: Played, changes: 'some' | 'none' | 'any' = 'any') => {
  expect(run.code, run.story).toBe(0)
  if (changes === 'some') expect(changedBy(run), run.story).toBeGreaterThan(0)
  if (changes === 'none') expect(changedBy(run), run.story).toBe(0)
}
const taskOf = (run: Played, resource: string | RegExp, host = 'M1') => {
  const ends = run.events.flatMap(e => (e.type === 'task-end' && (e.hosts ?? [e.host]).includes(host) ? [e] : []))
  const found = ends.find(e => (typeof resource === 'string' ? e.resource === resource : resource.test(e.resource)))
  if (!found) throw new Error(`no task ${resource} on ${host}: ${run.story}`)
  return found
}
const build = `DRBD from source in ${prefix}`

/** The build ID of the loaded module, in hex. */
const loadedNote = (machine: 'M1' | 'M2') => on(lab, machine, "od -An -v -tx1 /sys/module/drbd/notes/.note.gnu.build-id | tr -d ' \\n'")
const recorded = (machine: 'M1' | 'M2', key: string) => on(lab, machine, `sed -n 's/^${key} //p' ${prefix}/nfsha-build/module-$(uname -r)`)
const isBuilt = async (machine: 'M1' | 'M2') => (await loadedNote(machine)) === (await recorded(machine, 'note'))
const holder = async () => {
  const found = await Promise.all(
    nodes.map(async m => ((await on(lab, m, 'ip -o -4 addr show em1')).includes('192.168.0.219/') ? [m] : [])),
  )
  return found.flat().join(' and ')
}

beforeAll(async () => {
  if (given === undefined) await labUp({ name: lab, ephemeral: true, ...chosenReleases })
  kernel = await on(lab, 'M1', 'uname -r')
  archives = await debianArchives(folder, {
    suite: await on(lab, 'M1', '. /etc/os-release; echo "$VERSION_CODENAME"'),
    kernel,
    version: await on(lab, 'M1', `dpkg-query -W -f '\${Version}' linux-image-${kernel}`),
  })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  if (given === undefined) await labDown({ name: lab, destroy: true })
})

const untouched = async () => {
  for (const machine of nodes)
    expect(await on(lab, machine, `ls -d ${prefix} /lib/modules/*/updates/drbd.ko /sys/module/drbd 2>/dev/null; true`)).toBe('')
}

describe('a failure changes nothing', () => {
  test('a wrong checksum: nothing is sent, nothing is built', async () => {
    const wrong = { ...archives.utilities, sha256: 'ab'.repeat(32) }
    const run = await play(['drbd-build'], { drbd_build_archives: [archives.kernel, wrong] })
    expect(run.code, run.story).toBe(3)
    expect(taskOf(run, build).error?.message).toBe(`the SHA-256 of ${wrong.source} is ${archives.utilities.sha256}, not ${wrong.sha256}`)
    expect(await on(lab, 'M1', `ls /var/lib/nfsha-play/archives /var/lib/nfsha-play/jobs 2>/dev/null | grep -v :; true`)).toBe('')
    await untouched()
  })

  test('a compile that fails: the compiler’s line is shown, and its log kept', async () => {
    const broken = await brokenArchive(folder, archives.tree)
    const run = await play(['drbd-build'], { drbd_build_archives: [broken, archives.utilities] })
    expect(run.code, run.story).toBe(3)
    const { error } = taskOf(run, build)
    expect(error?.message.replace(/exit code \d+/, 'exit code N')).toBe(
      `building DRBD's module for ${kernel} on M1 ended with exit code N; nothing was installed`,
    )
    expect(error?.detail).toMatch(/drbd_bitmap\.c:1:\d+: error: #error "this archive was patched so that it does not compile"/)
    const log = /: (\/var\/lib\/nfsha-play\/jobs\/\S+\/output)$/.exec(error?.hint ?? '')?.[1] ?? ''
    expect(await on(lab, 'M1', `cat ${log}`)).toContain('this archive was patched')
    await untouched()
  })
})

describe('the build', () => {
  test('is made on the first node for both; the other has no compiler', async () => {
    const run = await play(['drbd-build'])
    good(run, 'some')
    expect(taskOf(run, build).changes.map(c => `${c.host} ${c.attribute}: ${c.from}`)).toEqual(
      nodes.flatMap(node => [`module for ${kernel}`, 'utilities'].map(part => `${node} ${part}: never built here`)),
    )
    expect(await on(lab, 'M2', 'command -v gcc make; true')).toBe('')
    const live = run.events.flatMap(e => (e.type === 'task-progress' && e.resource === build ? [e.progress.text] : []))
    expect(live.some(text => /CC \[M\]/.test(text))).toBe(true)
  })

  test('has nothing to do the second time', async () => good(await play(['drbd-build']), 'none'))

  test('is what runs, although version and srcversion are the distribution’s', async () => {
    for (const machine of nodes) {
      expect(await isBuilt(machine)).toBe(true)
      expect((await on(lab, machine, `modinfo -F filename drbd`)).replace(/^\/usr/, '')).toBe(`/lib/modules/${kernel}/updates/drbd.ko`)
      // O: out-of-tree module
      expect(await on(lab, machine, 'cat /sys/module/drbd/taint')).toContain('O')
      expect(await on(lab, machine, 'ls /usr/sbin/drbdadm /sbin/drbdadm 2>/dev/null; true')).toBe('')
      expect(await on(lab, machine, `${prefix}/sbin/drbdadm --version`)).toContain('DRBDADM_VERSION=')
      expect(await on(lab, machine, 'cat /sys/module/drbd/parameters/usermode_helper')).toBe(`${prefix}/sbin/drbdadm`)
      // -e: a dangling link does not count
      expect(await on(lab, machine, 'readlink -e /etc/ha.d/resource.d/drbddisk')).toBe(`${prefix}/etc/ha.d/resource.d/drbddisk`)
      expect(await on(lab, machine, 'readlink -e /etc/init.d/drbd')).toBe(`${prefix}/etc/init.d/drbd`)
      expect(await on(lab, machine, 'test -x /etc/init.d/drbd && grep "^DRBDADM=" /etc/init.d/drbd')).toBe(
        `DRBDADM="${prefix}/sbin/drbdadm"`,
      )
      expect(await on(lab, machine, `ls -d ${prefix}/var/run/drbd`)).toBe(`${prefix}/var/run/drbd`)
    }
    expect(await loadedNote('M1')).toBe(await loadedNote('M2'))
  })

  test('on each node: the node that lost its build makes it again, and the running module stays', async () => {
    await on(lab, 'M2', `rm ${prefix}/nfsha-build/module-${kernel}`)
    const run = await play(['drbd-build'], { drbd_build_on: 'each' })
    good(run, 'some')
    expect(taskOf(run, build, 'M1').status).toBe('ok')
    expect(taskOf(run, build, 'M2').changes.map(c => c.attribute)).toEqual([`module for ${kernel}`])
    good(await play(['drbd-build'], { drbd_build_on: 'each' }), 'none')
  })
})

describe('the cluster', () => {
  test('serves NFS with the built module', async () => {
    good(await play(['site.yml']), 'some')
    good(await play(['site.yml']), 'none')
    const status = await play(['status.yml'])
    expect(status.code, status.story).toBe(0)
    for (const machine of nodes) {
      expect(await isBuilt(machine)).toBe(true)
      expect(await on(lab, machine, `ls ${prefix}/etc/drbd.d/drbd.res /etc/drbd.d 2>/dev/null; true`)).toBe(`${prefix}/etc/drbd.d/drbd.res`)
    }
    await on(lab, 'C1', 'echo nolinux > /data/nihao')
    expect(await on(lab, 'C1', 'cat /data/nihao')).toBe('nolinux')
  })

  test('moves to the other node', async () => {
    expect(await holder()).toBe('M1')
    good(await play(['switchover']))
    expect(await holder()).toBe('M2')
    expect(await on(lab, 'C1', 'cat /data/nihao')).toBe('nolinux')
  })

  test('comes back after a reboot of the standby, with the built module', async () => {
    const boot = await on(lab, 'M1', 'cat /proc/sys/kernel/random/boot_id')
    await on(lab, 'M1', '(sleep 1; systemctl reboot) >/dev/null 2>&1 &')
    await until('M1 has booted', async () => (await on(lab, 'M1', 'cat /proc/sys/kernel/random/boot_id')) !== boot, 300_000)
    await until(
      'DRBD is in sync',
      async () => (await on(lab, 'M1', 'cat /proc/drbd')).includes('Connected ro:Secondary/Primary ds:UpToDate/UpToDate'),
      180_000,
    )
    expect(await isBuilt('M1')).toBe(true)
    await on(lab, 'M1', 'systemctl start heartbeat')
    await until('M1 is a member', async () => /^(all|local|foreign|none)$/.test(await on(lab, 'M1', 'cl_status rscstatus; true')), 120_000)
    good(await play(['site.yml']), 'none')
  })
})

describe('a different loaded module', () => {
  // Debian 13 compresses its modules (drbd.ko.xz)
  const distributions = `/lib/modules/$(uname -r)/kernel/drivers/block/drbd/drbd.ko*`

  test('is kept on a node in use, and reported', async () => {
    good(await play(['maintenance.yml'], { ha_maintenance: 'M1' }))
    await on(lab, 'M1', `${prefix}/sbin/drbdsetup down drbd; rmmod drbd && insmod ${distributions} && ${prefix}/sbin/drbdadm adjust drbd`)
    good(await play(['maintenance.yml'], { ha_maintenance: 'none' }))
    expect(await isBuilt('M1')).toBe(false)
    const note = await loadedNote('M1')
    // The same source: srcversion alone would not distinguish them.
    expect(await on(lab, 'M1', 'cat /sys/module/drbd/srcversion')).toBe(await recorded('M1', 'srcversion'))
    const run = await play(['drbd-build'])
    good(run, 'none')
    const task = taskOf(run, 'kernel module drbd')
    expect(task).toMatchObject({ status: 'skipped', pending: true })
    expect(task.reason).toMatch(/this node is in use \(heartbeat runs\).*ha_maintenance=M1/)
    expect(await loadedNote('M1')).toBe(note)
    expect(await holder()).toBe('M2')
  })

  test('is replaced on a drained node, while the other node serves', async () => {
    good(await play(['maintenance.yml'], { ha_maintenance: 'M1' }))
    const run = await play(['drbd-build'])
    good(run, 'some')
    expect(taskOf(run, 'kernel module drbd').status).toBe('changed')
    expect(await isBuilt('M1')).toBe(true)
    expect(await on(lab, 'C1', 'cat /data/nihao')).toBe('nolinux')
    good(await play(['maintenance.yml'], { ha_maintenance: 'none' }))
    expect(await holder()).toBe('M2')
    good(await play(['site.yml']), 'none')
  })
})

describe('a kernel that is installed but not running yet', () => {
  // Another flavour of the same version: the archive certainly has it, and its name sorts after the running one's.
  let next = ''
  test('is refused if the first node builds for both and does not have that kernel', async () => {
    next = `${kernel.replace(/-cloud-amd64$|-amd64$/, '')}-rt-amd64`
    await on(
      lab,
      'M2',
      `DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends linux-image-${next} >/dev/null`,
      1_800_000,
    )
    const run = await play(['drbd-build'])
    expect(run.code, run.story).toBe(3)
    expect(taskOf(run, build).error?.message).toMatch(`M2 needs a module for ${next}, and M1 has no such kernel: set drbd_build_on: each`)
  })

  test('gets its module before the reboot', async () => {
    const run = await play(['drbd-build'], { drbd_build_on: 'each' })
    good(run, 'some')
    expect(taskOf(run, build, 'M2').changes.map(c => c.attribute)).toEqual([`module for ${next}`])
    expect((await on(lab, 'M2', `modinfo -k ${next} -F vermagic drbd`)).split(' ')[0]).toBe(next)
    expect((await on(lab, 'M2', `modinfo -k ${next} -F filename drbd`)).replace(/^\/usr/, '')).toBe(`/lib/modules/${next}/updates/drbd.ko`)
    expect(await isBuilt('M2')).toBe(true)
    good(await play(['drbd-build'], { drbd_build_on: 'each' }), 'none')
    const said = await on(lab, 'M2', 'journalctl -b -o short | grep -E "nfsha|heartbeat.*(WARN|ERROR|CRIT|acquir|relinquish)" | tail -40')
    expect(await holder(), said).toBe('M2')
  })
})
