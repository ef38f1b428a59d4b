import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { EventBody } from '../../lib/engine/events.ts'
import type { PlayPlan } from '../../lib/engine/play.ts'
import { runPlays } from '../../lib/engine/run.ts'
import { debian12 } from '../../lib/platform/debian12.ts'
import { jobsDirectory } from '../../lib/resources/job.ts'
import { changesOf } from '../../lib/resources/verdict.ts'
import { connect } from '../../lib/ssh/connect.ts'
import { built } from '../../roles/drbd-build/built.ts'
import { buildName, type Part, partsOf } from '../../roles/drbd-build/parts.ts'
import { distribute, install, produce } from '../../roles/drbd-build/produce.ts'
import { drbdBuild } from '../../roles/drbd-build/role.ts'
import { archiveOnHost, buildOnHost } from '../../roles/drbd-build/scripts.ts'
import { contextOn } from '../roles/contexts.ts'
import { me } from './ssh/client.ts'
import { isRoot, type Sshd, startSshd, whyNoSshd } from './ssh/sshd.ts'

// A build over a real sshd, with a tree that "compiles" at once; the real compiler is tested in test/long/drbd-source.test.ts.
const why = whyNoSshd() ?? (isRoot ? undefined : 'a build belongs to root')
const root = mkdtempSync(join(tmpdir(), 'nfsha-drbd-build-'))
const prefix = join(root, 'usr-local-drbd')
let sshd: Sshd

/** What make does apart from installing: the only difference between the trees. */
const makefile = (compile: string) => `all:
\t${compile}
install:
\tmkdir -p $(DESTDIR)@PREFIX@/sbin $(DESTDIR)@PREFIX@/etc/drbd.d $(DESTDIR)@PREFIX@/etc/ha.d/resource.d $(DESTDIR)@PREFIX@/etc/init.d $(DESTDIR)/lib/drbd $(DESTDIR)/sbin
\tinstall -m 4755 program $(DESTDIR)@PREFIX@/sbin/drbdadm
\tinstall -m 755 program $(DESTDIR)@PREFIX@/sbin/drbdsetup
\tinstall -m 755 program $(DESTDIR)/lib/drbd/drbdadm-84
\tinstall -m 755 program $(DESTDIR)/sbin/drbdmeta
\techo 'include "drbd.d/*.res";' > $(DESTDIR)@PREFIX@/etc/drbd.conf
\techo 'DRBDADM="/sbin/drbdadm"' > $(DESTDIR)@PREFIX@/etc/ha.d/resource.d/drbddisk
\techo 'DRBDADM="drbdadm"' > $(DESTDIR)@PREFIX@/etc/init.d/drbd
`
const configure = `#!/bin/sh
for a; do case $a in --prefix=*) p=\${a#--prefix=} ;; esac; done
echo "configured with $*"
sed "s|@PREFIX@|$p|g" Makefile.in > Makefile
`

/** An archive like that of drbd-utils: its path and checksum. */
const tree = (name: string, compile: string) => {
  const folder = join(root, name, `drbd-utils-${name}`)
  mkdirSync(join(folder, 'user'), { recursive: true })
  writeFileSync(join(folder, 'configure'), configure, { mode: 0o755 })
  writeFileSync(join(folder, 'Makefile.in'), makefile(compile))
  writeFileSync(join(folder, 'program'), `#!/bin/sh\necho ${name}\n`)
  writeFileSync(join(folder, 'user', 'path.c'), 'add_component_to_path("/lib/drbd");\n')
  const source = join(root, `${name}.tar.gz`)
  execFileSync('tar', ['-czf', source, '-C', join(root, name), `drbd-utils-${name}`])
  return { source, sha256: createHash('sha256').update(readFileSync(source)).digest('hex') }
}

const contextFor = (archive: { source: string; sha256: string }) =>
  contextOn(
    debian12,
    { kernels: [] },
    JSON.stringify({
      drbd_build_method: 'source',
      drbd_build_prefix: prefix,
      drbd_build_archives: [
        { kind: 'utilities', ...archive },
        { kind: 'kernel', ...archive },
      ],
    }),
  )
/** The targets of the role's links; the links themselves would be in this machine's /etc. */
const linksOf = (archive: { source: string; sha256: string }): string[] =>
  drbdBuild
    .steps(contextFor(archive))
    .filter(resource => resource.id.startsWith('link '))
    .flatMap(resource => (resource.scope === 'host' ? [resource.compare({ kind: 'absent' }, () => undefined)] : []))
    .flatMap(verdict => changesOf(verdict).map(change => change.to))

const used: Part[] = []
const partOf = (archive: { source: string; sha256: string }): Part => {
  const [part] = partsOf(contextFor(archive), [])
  if (!part) throw new Error('no part')
  used.push(part)
  return part
}
const way = (name: string) =>
  connect({
    name,
    kind: 'ssh',
    address: '127.0.0.1',
    port: sshd.port,
    user: me,
    identityFiles: [sshd.identity],
    knownHostsFiles: [sshd.knownHosts],
  })

const run = async (archive: { source: string; sha256: string }) => {
  const events: EventBody[] = []
  const nodes = [{ name: 'M1', vars: {} }]
  const play: PlayPlan<object> = {
    name: 'test',
    roles: [{ name: 'drbd-build', summary: '', steps: () => [built(contextFor(archive))] }],
    targets: [{ cluster: { name: 'pair', nodes, clients: [] }, hosts: nodes, left: [] }],
    selects: () => true,
    anyErrorsFatal: true,
    identity: () => [],
  }
  used.push(partOf(archive))
  const signal = new AbortController().signal
  await runPlays([play], { check: false, forks: 1, signal, emit: (e: EventBody) => void events.push(e), connect: way })
  const end = events.find(e => e.type === 'task-end')
  if (end?.type !== 'task-end') throw new Error(JSON.stringify(events))
  const said = events.flatMap(e => (e.type === 'task-progress' ? [e.progress.text] : []))
  return { end, said }
}

describe.skipIf(why !== undefined)(`a build over a real sshd${why ? ` (skipped: ${why})` : ''}`, () => {
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterEach(() => {
    for (const part of used) {
      for (const file of [archiveOnHost(part), buildOnHost(part)]) rmSync(file, { force: true })
      rmSync(`${jobsDirectory}/${buildName(part)}`, { recursive: true, force: true })
      rmSync(buildOnHost(part).replace('.tar.gz', '.tree'), { recursive: true, force: true })
    }
    rmSync(prefix, { recursive: true, force: true })
  })
  afterAll(async () => {
    await sshd.stop()
    rmSync(root, { recursive: true, force: true })
  })

  test('is built and installed below its prefix, and the second run has nothing to do', async () => {
    const archive = tree('9.1', 'echo "  CC drbdadm.o"')
    const { end, said } = await run(archive)
    expect(end.status, JSON.stringify(end)).toBe('changed')
    expect(end.changes).toEqual([{ attribute: 'utilities', from: 'never built here', to: 'built from 9.1.tar.gz' }])
    expect(said.join('\n')).toMatch(/send 9\.1\.tar\.gz to M1[\s\S]*utilities: /)
    expect(execFileSync(`${prefix}/sbin/drbdadm`).toString()).toBe('9.1\n')
    // no set-uid program, programs that upstream puts elsewhere moved to the others, scripts with the right path, the article's directory
    expect(statSync(`${prefix}/sbin/drbdadm`).mode & 0o7777).toBe(0o755)
    for (const name of ['drbdadm-84', 'drbdmeta']) expect(existsSync(`${prefix}/sbin/${name}`)).toBe(true)
    expect(readFileSync(`${prefix}/etc/ha.d/resource.d/drbddisk`, 'utf8')).toBe(`DRBDADM="${prefix}/sbin/drbdadm"\n`)
    expect(readFileSync(`${prefix}/etc/init.d/drbd`, 'utf8')).toBe(`DRBDADM="${prefix}/sbin/drbdadm"\n`)
    expect(linksOf(archive).map(target => [target, existsSync(target)])).toEqual([
      [`${prefix}/etc/init.d/drbd`, true],
      [`${prefix}/etc/ha.d/resource.d/drbddisk`, true],
    ])
    expect(existsSync(`${prefix}/var/run/drbd`)).toBe(true)
    expect(readFileSync(`${prefix}/nfsha-build/utilities`, 'utf8')).toContain(`sha256 ${archive.sha256}\n`)
    expect((await run(archive)).end.status).toBe('ok')
  })

  test('that is missing is made again from the archive on the host', async () => {
    const archive = tree('9.8', 'true')
    expect((await run(archive)).said.join('\n')).toContain('send 9.8.tar.gz to M1')
    rmSync(prefix, { recursive: true })
    const { end, said } = await run(archive)
    expect(end.status).toBe('changed')
    expect(said.filter(text => text.startsWith('send '))).toEqual([])
    expect(execFileSync(`${prefix}/sbin/drbdadm`).toString()).toBe('9.8\n')
  })

  test('of an archive with a URL downloads it once, to this machine', async () => {
    const { source, sha256 } = tree('9.9', 'true')
    let asked = 0
    const server = createServer((_request, response) => {
      asked++
      response.end(readFileSync(source))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const archive = { source: `http://127.0.0.1:${port}/9.9.tar.gz`, sha256 }
    vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'))
    try {
      const { end, said } = await run(archive)
      expect(end.status, JSON.stringify(end)).toBe('changed')
      expect(said.join('\n')).toMatch(/download 9\.9\.tar\.gz[\s\S]*send 9\.9\.tar\.gz to M1/)
      // Another host would get it from here.
      rmSync(archiveOnHost(partOf(archive)))
      rmSync(prefix, { recursive: true })
      expect((await run(archive)).end.status).toBe('changed')
      expect(asked).toBe(1)
    } finally {
      vi.unstubAllEnvs()
      server.close()
    }
  })

  test('of another archive replaces it, and keeps the configuration', async () => {
    await run(tree('9.2', 'true'))
    writeFileSync(`${prefix}/etc/drbd.conf`, 'the operator’s\n')
    writeFileSync(`${prefix}/etc/drbd.d/drbd.res`, 'ours\n')
    const { end } = await run(tree('9.3', 'true'))
    expect(end.changes.map(c => c.from)).toEqual(['built from another archive'])
    expect(execFileSync(`${prefix}/sbin/drbdadm`).toString()).toBe('9.3\n')
    expect(readFileSync(`${prefix}/etc/drbd.conf`, 'utf8')).toBe('the operator’s\n')
    expect(readFileSync(`${prefix}/etc/drbd.d/drbd.res`, 'utf8')).toBe('ours\n')
  })

  test('that fails shows the compiler’s error and the path of the log, and changes nothing', async () => {
    await run(tree('9.4', 'true'))
    const broken = tree('9.5', `echo "drbdadm.c:7: error: expected ';'" >&2; exit 2`)
    const { end } = await run(broken)
    const log = `${jobsDirectory}/${buildName(partOf(broken))}/output`
    expect(end.status).toBe('failed')
    expect(end.error?.message).toMatch(/building DRBD's utilities on M1 ended with exit code 2; nothing was installed/)
    expect(end.error?.detail).toMatch(/drbdadm\.c:7: error: expected ';'/)
    expect(end.error?.hint).toBe(`the complete log on M1: ${log}`)
    expect(readFileSync(log, 'utf8')).toContain('configured with --prefix=')
    expect(execFileSync(`${prefix}/sbin/drbdadm`).toString()).toBe('9.4\n')
  })

  test('of an archive with a wrong checksum does not start', async () => {
    const archive = { ...tree('9.6', 'true'), sha256: 'ab'.repeat(32) }
    const { end } = await run(archive)
    expect(end.error?.message).toMatch(/^the SHA-256 of .*9\.6\.tar\.gz is [0-9a-f]{64}, not (ab){32}$/)
    expect(existsSync(archiveOnHost(partOf(archive)))).toBe(false)
    expect(existsSync(prefix)).toBe(false)
  })

  test('is copied from one host to another through this machine', async () => {
    const part = partOf(tree('9.7', 'true'))
    const [one, two] = await Promise.all([way('M1'), way('M2')])
    const around = { keyring: undefined, progress: () => undefined, signal: new AbortController().signal }
    await produce(one, [part], around)
    const before = readFileSync(buildOnHost(part))
    await distribute(one, [two], part, around)
    expect(readFileSync(buildOnHost(part)).equals(before)).toBe(true)
    await install(two, part, around)
    expect(execFileSync(`${prefix}/sbin/drbdadm`).toString()).toBe('9.7\n')
    expect(existsSync(buildOnHost(part))).toBe(false)
    await Promise.all([one.close(), two.close()])
  })
})
