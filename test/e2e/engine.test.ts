import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EventBody } from '../../lib/engine/events.ts'
import type { PlayPlan } from '../../lib/engine/play.ts'
import type { Role } from '../../lib/engine/role.ts'
import { runPlays } from '../../lib/engine/run.ts'
import { hostAssertion } from '../../lib/resources/assertion.ts'
import { directory } from '../../lib/resources/directory.ts'
import { lineInFile } from '../../lib/resources/edit.ts'
import { file } from '../../lib/resources/file.ts'
import { sysctl } from '../../lib/resources/kernel.ts'
import { absent, present, skip, unknown } from '../../lib/resources/reading.ts'
import type { ClusterResource, HostResource, Resource } from '../../lib/resources/resource.ts'
import { differsBy, inSync } from '../../lib/resources/verdict.ts'
import { connect } from '../../lib/ssh/connect.ts'
import { me } from './ssh/client.ts'
import { isRoot, type Sshd, startSshd, until, whyNoSshd } from './ssh/sshd.ts'

// Two inventory names for this machine, each with its own connection to a real sshd. The files must belong to root.
const why = whyNoSshd() ?? (isRoot ? undefined : 'the files belong to root')
let sshd: Sshd
let folder: string
const at = (name: string) => join(folder, name)

const roleOf = (steps: (host: string) => Resource[], handlers?: (host: string) => Resource[]): Role<object> => ({
  name: 'probe',
  summary: '',
  steps: c => steps(c.host),
  ...(handlers && { handlers: c => handlers(c.host) }),
})

const run = async (role: Role<object>, { check = false, holdHandlers = false, hosts = ['A', 'B'], left = [] as string[] } = {}) => {
  const events: EventBody[] = []
  const nodes = ['A', 'B'].map(name => ({ name, vars: {} }))
  const play: PlayPlan<object> = {
    name: 'test',
    roles: [role],
    targets: [
      {
        cluster: { name: 'pair', nodes, clients: [] },
        hosts: nodes.filter(n => hosts.includes(n.name)),
        left: left.map(host => ({ host, reason: 'not in --limit' })),
      },
    ],
    selects: () => true,
    anyErrorsFatal: true,
    identity: () => [],
  }
  const target = {
    kind: 'ssh' as const,
    address: '127.0.0.1',
    port: sshd.port,
    user: me,
    identityFiles: [sshd.identity],
    knownHostsFiles: [sshd.knownHosts],
  }
  const options = {
    check,
    holdHandlers,
    forks: 2,
    signal: new AbortController().signal,
    emit: (e: EventBody) => void events.push(e),
    connect: (name: string) => connect({ name, ...target }),
    lock: { lease: 60, renewEvery: 10_000, directory: at('lock') },
  }
  await runPlays([play], options)
  const ends = events.filter(e => e.type === 'task-end')
  return {
    events,
    of: (resource: string, host = 'A') => ends.find(e => e.resource === resource && e.host === host),
    statuses: ends.map(e => `${e.host} ${e.resource}: ${e.status}`),
    execs: events.flatMap(e => (e.type === 'host-closed' ? [e.execs] : [])),
  }
}

describe.skipIf(why !== undefined)(`the engine over a real sshd${why ? ` (skipped: ${why})` : ''}`, () => {
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nfsha-engine-'))
    return () => rmSync(folder, { recursive: true })
  })

  test('every resource, played twice: first changed, then ok in two execs', async () => {
    const role = roleOf(host => [
      directory(at(host)),
      file(at(`${host}/x y'z`), { content: `für ${host}\nno newline`, mode: 0o600 }),
      lineInFile(at(`${host}/lines`), 'b 2', /^b /),
    ])
    const first = await run(role)
    expect(first.statuses.every(s => s.endsWith('changed'))).toBe(true)
    expect(readFileSync(at(`A/x y'z`), 'utf8')).toBe('für A\nno newline')
    expect(statSync(at(`B/x y'z`)).mode & 0o777).toBe(0o600)
    writeFileSync(at('A/lines'), 'a 1\nb 1\nc 1\n')
    const second = await run(role)
    expect(second.of(`line 'b 2' in ${at('A/lines')}`)?.status).toBe('changed')
    expect(readFileSync(at('A/lines'), 'utf8')).toBe('a 1\nb 2\nc 1\n')
    const third = await run(role)
    expect(third.statuses.every(s => s.endsWith('ok'))).toBe(true)
    expect(third.execs).toEqual([2, 2])
  })

  test('bytes of a shared file that are not UTF-8 survive an edit', async () => {
    mkdirSync(at('A'))
    mkdirSync(at('B'))
    writeFileSync(at('A/lines'), Buffer.from('# f\xfcr \xe2\x82\nb 1\n', 'latin1'))
    await run(roleOf(host => [lineInFile(at(`${host}/lines`), 'b 2', /^b /)]))
    expect(readFileSync(at('A/lines'), 'latin1')).toBe('# f\xfcr \xe2\x82\nb 2\n')
  })

  test('check mode writes nothing and predicts the changes of the run', async () => {
    const role = roleOf(host => [file(at(`${host}.conf`), { content: 'x\n' })])
    const predicted = await run(role, { check: true })
    expect(() => statSync(at('A.conf'))).toThrow()
    const done = await run(role)
    expect(predicted.statuses.sort()).toEqual(done.statuses.sort())
  })

  test('a task that closes its connection on purpose opens a new one, and the play continues on it', async () => {
    const switched: ClusterResource<string> = {
      scope: 'cluster',
      id: 'switched off and on',
      probe: { sh: `cat ${at('switched')} 2>/dev/null || :`, parse: o => present(o.stdout.trim()) },
      compare: members =>
        differsBy(
          members.every(m => m.reading.kind === 'present' && m.reading.state === 'yes')
            ? []
            : [{ attribute: 'power', from: 'on', to: 'off and on' }],
        ),
      async apply(nodes) {
        await nodes.on('A').connection.close()
        await expect(nodes.on('A').connection.run(':')).rejects.toThrow()
        await nodes.reconnect('A')
        await nodes.on('A').$`echo yes > ${at('switched')}`
        nodes.show({ title: 'seen', columns: ['host'], rows: [['A']] })
      },
    }
    const result = await run(roleOf(host => [switched, file(at(`${host}.after`), { content: '' })]))
    expect(result.statuses[0]).toBe('A switched off and on: changed')
    expect(result.statuses.slice(1).sort()).toEqual(['A', 'B'].map(h => `${h} file ${at(`${h}.after`)}: changed`))
    expect(result.events.filter(e => e.type === 'table')).toMatchObject([{ title: 'seen' }])
    expect(result.events.some(e => e.type === 'host-unreachable')).toBe(false)
  })

  test('a change that is not visible in the second reading is a failure, and stops the peer at the barrier', async () => {
    const stubborn: HostResource<string> = {
      scope: 'host',
      id: 'stubborn',
      probe: { sh: 'echo 1', parse: o => present(o.stdout.trim()) },
      compare: a => differsBy([{ attribute: 'value', from: a.kind === 'present' ? a.state : '', to: '2' }]),
      apply: async () => undefined,
    }
    const meeting: ClusterResource<string> = {
      scope: 'cluster',
      id: 'meeting',
      probe: stubborn.probe,
      compare: () => inSync,
      apply: async () => undefined,
    }
    const result = await run(roleOf(host => [...(host === 'A' ? [stubborn] : []), meeting, file(at(`${host}.after`), { content: '' })]))
    expect(result.of('stubborn')?.error?.message).toBe('applied, but value is still 1, wanted 2')
    expect(result.events.filter(e => e.type === 'host-stopped').map(e => e.host)).toEqual(['A', 'B'])
    expect(() => statSync(at('B.after'))).toThrow()
  })

  describe.each(['host', 'cluster'] as const)('a change of a %s that becomes visible late', scope => {
    test('the next resource is read after the change is visible, not before', async () => {
      // Each reading after the change increments a counter; the third is correct. The next resource was read together with the first.
      const count = `[ ! -e ${at('applied')} ] || echo x >> ${at('looks')}`
      const lines = `cat ${at('looks')} 2>/dev/null | wc -l`
      const few = (lines: number) => differsBy(lines >= 3 ? [] : [{ attribute: 'readings', from: String(lines), to: '3' }])
      const common = {
        id: 'slow',
        settle: 10_000,
        probe: { sh: `${count}; ${lines}`, parse: (o: { stdout: string }) => present(Number(o.stdout)) },
      }
      const slow: HostResource<number> | ClusterResource<number> =
        scope === 'host'
          ? {
              ...common,
              scope,
              compare: a => few(a.kind === 'present' ? a.state : 0),
              apply: async $ => void (await $`touch ${at('applied')}`),
            }
          : {
              ...common,
              scope,
              compare: members => few(Math.min(...members.map(m => (m.reading.kind === 'present' ? m.reading.state : 0)))),
              apply: async nodes => void (await nodes.on('A').$`touch ${at('applied')}`),
            }
      const judge = hostAssertion<number>('judge', {
        probe: { sh: lines, parse: o => present(Number(o.stdout)) },
        compare: a => few(a.kind === 'present' ? a.state : 0),
      })
      const role = roleOf(() => [slow, judge])
      expect((await run(role, { hosts: ['A'] })).statuses).toEqual(['A slow: changed', 'A judge: ok'])
    })
  })

  test('a cluster resource sees both hosts, and is pending if one is missing', async () => {
    const sum: ClusterResource<number> = {
      scope: 'cluster',
      id: 'sum',
      probe: { sh: `cat ${at('n')} 2>/dev/null | wc -l`, parse: o => present(Number(o.stdout)) },
      compare: members =>
        differsBy(
          members.every(m => m.reading.kind === 'present' && m.reading.state >= 2) ? [] : [{ attribute: 'lines', from: 'few', to: 'two' }],
        ),
      async apply(nodes) {
        for (const host of nodes.hosts) await nodes.on(host).$`echo ${host} >> ${at('n')}`
      },
    }
    const role = roleOf(() => [sum])
    expect((await run(role, { hosts: ['A'], left: ['B'] })).of('sum')).toMatchObject({
      status: 'skipped',
      pending: true,
      reason: 'needs B (not in --limit)',
    })
    expect((await run(role)).of('sum')).toMatchObject({ status: 'changed', hosts: ['A', 'B'] })
    expect(readFileSync(at('n'), 'utf8')).toBe('A\nB\n')
    expect((await run(role)).of('sum')?.status).toBe('ok')
  })

  test('an unknown state is reported in check mode and fails a run', async () => {
    const never: HostResource<never> = {
      scope: 'host',
      id: 'never',
      probe: { sh: ':', parse: () => unknown('package x') },
      compare: () => inSync,
      apply: async () => undefined,
    }
    const role = roleOf(() => [never])
    expect((await run(role, { check: true })).of('never')).toMatchObject({ status: 'unknown', reason: 'waits for package x' })
    expect((await run(role)).of('never')?.error?.message).toBe('could not be read: it needs package x')
  })

  test('a gate is shown in check mode, and stops a run before the resources after it', async () => {
    const gate = hostAssertion<string>('gate', {
      gate: 'needs -e yes',
      probe: { sh: 'echo 7', parse: o => present(o.stdout.trim()) },
      compare: a => differsBy([{ attribute: 'fsid', from: a.kind === 'present' ? a.state : '', to: '1' }]),
    })
    const role = roleOf(() => [gate, file(at('behind'), { content: '' })])
    const seen = await run(role, { check: true, hosts: ['A'] })
    expect(seen.of('gate')).toMatchObject({
      status: 'changed',
      reason: 'needs -e yes',
      changes: [{ attribute: 'fsid', from: '7', to: '1' }],
    })
    expect(seen.of(`file ${at('behind')}`)?.status).toBe('changed')
    const refused = await run(role, { hosts: ['A'] })
    expect(refused.of('gate')).toMatchObject({ status: 'failed', error: { message: 'fsid: 7, wanted 1', hint: 'needs -e yes' } })
    expect(existsSync(at('behind'))).toBe(false)
  })

  test('a change that a shared transaction made for a resource that was never reached is reported once it is read', async () => {
    const made = (name: string): HostResource<boolean> => ({
      scope: 'host',
      id: name,
      probe: { sh: `[ -e ${at(name)} ]`, parse: o => present(o.code === 0) },
      compare: a => differsBy(a.kind === 'present' && a.state ? [] : [{ attribute: 'there', from: 'no', to: 'yes' }]),
      apply: async () => undefined,
      merge: {
        kind: 'made',
        async applyAll(resources, $) {
          for (const { id } of resources) await $`touch ${at(id)}`
        },
      },
    })
    const broken: HostResource<boolean> = { ...made('broken'), probe: { sh: ':', parse: () => unknown('a miracle') } }
    const { merge: _, ...unmerged } = broken
    const result = await run(
      roleOf(() => [made('one'), unmerged, made('two'), made('three')]),
      { hosts: ['A'] },
    )
    expect(result.statuses).toEqual(['A one: changed', 'A broken: failed', 'A two: changed', 'A three: changed'])
    expect(result.events.find(e => e.type === 'host-stopped')).toMatchObject({ host: 'A' })
  })

  test('a failed apply is distinguished from a failed reading after it', async () => {
    const path = at('A.conf')
    const parse = ({ code }: { code: number }) => (code === 0 ? unknown('a second look') : absent)
    const unread = { ...file(path, { content: 'x' }), probe: { sh: `[ -e ${path} ]`, parse } } as HostResource
    const blind = await run(roleOf(() => [unread]), { hosts: ['A'] }) // biome-ignore format: one line
    expect(blind.of(`file ${path}`)?.error).toEqual({ message: 'could not be read: it needs a second look' })
    expect(readFileSync(path, 'utf8')).toBe('x')
    const refused = file(at('B.conf'), { content: 'x', validate: 'echo not so >&2; exit 9' })
    const result = await run(roleOf(() => [refused]), { hosts: ['A'] }) // biome-ignore format: one line
    expect(result.of(`file ${at('B.conf')}`)?.error).toEqual({
      message: `writing ${at('B.conf')} ended with exit code 9`,
      detail: 'not so',
    })
    expect(existsSync(at('B.conf'))).toBe(false)
  })

  test('a probe that hangs makes only its own resource unknown', async () => {
    const hanging: HostResource<never> = {
      scope: 'host',
      id: 'hanging',
      probe: { sh: 'sleep 60', timeout: 500, parse: () => absent },
      compare: () => inSync,
      apply: async () => undefined,
    }
    const result = await run(
      roleOf(() => [file(at('q'), { content: '' }), hanging]),
      { check: true, hosts: ['A'] },
    )
    expect(result.of('hanging')?.reason).toMatch(/no answer within 0.5 s/)
    expect(result.of(`file ${at('q')}`)?.status).toBe('changed')
  })

  test('a handler runs only if its own reading shows that it is needed', async () => {
    const conf = (host: string, content: string) => file(at(`${host}.conf`), { content, notify: ['reload'] })
    const reload = (host: string): HostResource<boolean> => ({
      scope: 'host',
      id: 'reload',
      invalidates: 'itself',
      probe: { sh: `cmp -s ${at(`${host}.conf`)} ${at(`${host}.loaded`)}`, parse: o => present(o.code === 0) },
      compare: a => differsBy(a.kind === 'present' && a.state ? [] : [{ attribute: 'loaded', from: 'old', to: 'new' }]),
      async apply($) {
        await $`cp ${at(`${host}.conf`)} ${at(`${host}.loaded`)}`
      },
    })
    const role = (content: string) =>
      roleOf(
        h => [conf(h, content)],
        h => [reload(h)],
      )
    const handled = (r: Awaited<ReturnType<typeof run>>) =>
      r.events.flatMap(e => (e.type === 'handler-end' ? [`${e.host} ${e.status}`] : []))
    expect(handled(await run(role('1'))).sort()).toEqual(['A changed', 'B changed'])
    expect(handled(await run(role('1')))).toEqual([])
    // The next run catches up on the handler of a run that died after the change.
    writeFileSync(at('A.loaded'), 'old')
    expect(handled(await run(role('1')))).toEqual(['A changed'])
    // A held handler is named, and the next run runs it.
    writeFileSync(at('B.loaded'), 'old')
    expect(handled(await run(role('1'), { holdHandlers: true }))).toEqual(['B skipped'])
    expect(readFileSync(at('B.loaded'), 'utf8')).toBe('old')
    expect(handled(await run(role('1')))).toEqual(['B changed'])
    const idle = { ...reload('A'), probe: { sh: ':', parse: () => skip('nothing to reload') } } as HostResource
    expect(handled(await run(roleOf(h => [conf(h, '1')], () => [idle])))).toEqual([]) // biome-ignore format: one line
  })

  test('a failed handler does not prevent other tasks', async () => {
    const reload: HostResource<boolean> = {
      scope: 'host',
      id: 'reload',
      invalidates: 'itself',
      probe: { sh: ':', parse: () => present(false) },
      compare: () => differsBy([{ attribute: 'loaded', from: 'old', to: 'new' }]),
      async apply($) {
        await $`false`
      },
    }
    const role = roleOf(
      h => [file(at(`${h}.conf`), { content: '1' })],
      () => [reload],
    )
    const result = await run(role, { hosts: ['A'] })
    expect(result.events.find(e => e.type === 'host-stopped')).toMatchObject({ host: 'A', remaining: 0 })
  })

  test('a cluster handler is pending while a host is missing, if the other hosts need it', async () => {
    const reload: ClusterResource<boolean> = {
      scope: 'cluster',
      id: 'reload',
      probe: { sh: `[ -e ${at('due')} ]`, parse: o => present(o.code === 0) },
      compare: members =>
        differsBy(members.some(m => m.reading.kind === 'present' && m.reading.state) ? [{ attribute: 'x', from: '', to: 'y' }] : []),
      async apply(nodes) {
        await nodes.on('A').$`rm ${at('due')}`
      },
    }
    const role = roleOf(
      () => [],
      () => [reload],
    )
    const handled = async (options: Parameters<typeof run>[1]) =>
      (await run(role, options)).events.flatMap(e => (e.type === 'handler-end' ? [`${e.status} ${e.reason ?? ''}`.trim()] : []))
    expect(await handled({ hosts: ['A'], left: ['B'] })).toEqual([])
    writeFileSync(at('due'), '')
    expect(await handled({ hosts: ['A'], left: ['B'] })).toEqual(['skipped needs B (not in --limit)'])
    expect(await handled({ holdHandlers: true })).toEqual(['skipped needed; left by --no-handlers'])
    expect(await handled({})).toEqual(['changed'])
    expect(await handled({})).toEqual([])
  })

  test('a second run finds the lock held, reports its owner and touches nothing; afterwards the lock is free', async () => {
    const slow: HostResource<boolean> = {
      scope: 'host',
      id: 'slow',
      probe: { sh: `[ -e ${at('slow')} ]`, parse: o => present(o.code === 0) },
      compare: a => differsBy(a.kind === 'present' && a.state ? [] : [{ attribute: 'there', from: 'no', to: 'yes' }]),
      async apply($) {
        await $`touch ${at('begun')}; n=0; until [ -e ${at('go')} ] || [ $n -gt 200 ]; do n=$((n+1)); sleep 0.1; done; touch ${at('slow')}`
      },
    }
    const first = run(
      roleOf(() => [slow]),
      { hosts: ['A'] },
    )
    await until(() => existsSync(at('begun')), 'the first run to begin its change')
    const role = roleOf(() => [file(at('second'), { content: '' })])
    const second = await run(role, { hosts: ['B'] })
    expect(second.events.find(e => e.type === 'locked')).toMatchObject({ host: 'B', owner: expect.stringMatching(/ pid \d+ since /) })
    expect(existsSync(at('second'))).toBe(false)
    writeFileSync(at('go'), '')
    expect((await first).of('slow')?.status).toBe('changed')
    expect((await run(role, { hosts: ['B'] })).of(`file ${at('second')}`, 'B')?.status).toBe('changed')
  })

  test('the content that a file replaces is saved once', async () => {
    const path = at('foreign')
    writeFileSync(path, 'theirs')
    await run(
      roleOf(() => [file(path, { content: 'ours' })]),
      { hosts: ['A'] },
    )
    await run(
      roleOf(() => [file(path, { content: 'ours too' })]),
      { hosts: ['A'] },
    )
    const kept = join('/var/lib/nfsha-play/backup', path.replaceAll('/', '%'))
    expect(readFileSync(kept, 'utf8')).toBe('theirs')
    rmSync(kept)
  })

  test('a directory in place of a file is refused, and so is a setting that the kernel does not have', async () => {
    mkdirSync(at('d'))
    const result = await run(
      roleOf(() => [file(at('d'), { content: '' })]),
      { hosts: ['A'] },
    )
    expect(result.of(`file ${at('d')}`)?.error?.message).toMatch(/is a directory, not a regular file/)
    const none = await run(
      roleOf(() => [sysctl('kernel.no_such_setting', '1')]),
      { hosts: ['A'] },
    )
    expect(none.of('sysctl kernel.no_such_setting')?.error?.message).toBe('this kernel has no kernel.no_such_setting')
  })
})
