import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Event, EventBody } from '../../lib/engine/events.ts'
import { exitCodeOf } from '../../lib/report/stats.ts'
import { directory } from '../../lib/resources/directory.ts'
import { lineInFile } from '../../lib/resources/edit.ts'
import { type FileOptions, file } from '../../lib/resources/file.ts'
import { link } from '../../lib/resources/link.ts'
import { unknown } from '../../lib/resources/reading.ts'
import type { HostResource, Resource } from '../../lib/resources/resource.ts'
import { playOn } from './one-host-play.ts'
import { isRoot, type Sshd, startSshd, until, whyNoSshd } from './ssh/sshd.ts'

const why = whyNoSshd() ?? (isRoot ? undefined : 'the files belong to root')

describe.skipIf(why !== undefined)(`changes that are made together${why ? ` (skipped: ${why})` : ''}`, () => {
  let sshd: Sshd
  let folder: string
  const at = (name: string) => join(folder, name)
  const has = (...names: string[]) => names.map(name => existsSync(at(name)))
  beforeAll(async () => {
    sshd = await startSshd()
  })
  afterAll(() => sshd.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nfsha-together-'))
    return () => rmSync(folder, { recursive: true })
  })

  const begin = (resources: Resource[]) => playOn(sshd.target({ name: 'M1' }), at('lock'), resources)
  const play = async (resources: Resource[]) => {
    const { events, ended } = begin(resources)
    await ended
    return playedOf(events)
  }
  const playedOf = (events: EventBody[]) => {
    const ends = events.filter(e => e.type === 'task-end')
    return {
      events,
      ends,
      said: ends.map(
        e => `${e.resource.replace(`${folder}/`, '')}: ${e.status}${e.error ? `, ${e.error.message.replaceAll(`${folder}/`, '')}` : ''}`,
      ),
      remaining: events.flatMap(e => (e.type === 'host-stopped' ? [e.remaining] : [])),
      execs: events.flatMap(e => (e.type === 'host-closed' ? [e.execs] : []))[0] ?? 0,
    }
  }
  const put = (name: string, more: Partial<FileOptions> = {}) => file(at(name), { content: `${name}\n`, ...more })

  test('each has its own line, time and reading', async () => {
    const { said, ends, execs } = await play([
      directory(at('d')),
      put('d/a', { validate: 'sleep 0.5' }),
      put('d/b'),
      lineInFile(at('c'), 'c', /^c/),
    ])
    expect(said).toEqual(['directory d: changed', 'file d/a: changed', 'file d/b: changed', `line 'c' in c: changed`])
    // facts, reading, lock, second reading, all changes
    expect(execs).toBe(5)
    const [d = 0, a = 0, b = 0] = ends.map(e => e.ms)
    expect(a).toBeGreaterThanOrEqual(400)
    expect(b).toBeLessThan(400)
    expect(d).toBeLessThan(ends.reduce((sum, e) => sum + e.ms, 0) - 400)
    expect(ends.map(e => e.changes.map(c => c.attribute).join())).toEqual([
      'mode,owner,group',
      ...Array(2).fill('content,mode,owner,group'),
      'content',
    ])
  })

  test('if the second of three fails, the first is reported and the third is not made', async () => {
    const { said, remaining } = await play([put('a'), put('b', { validate: 'echo not so >&2; exit 3' }), put('c'), put('d')])
    expect(said).toEqual(['file a: changed', 'file b: failed, writing b ended with exit code 3'])
    expect(remaining).toEqual([2])
    expect(has('a', 'b', 'c', 'd')).toEqual([true, false, false, false])
  })

  test('a resource that is refused, cannot be read or needs another reading ends the group', async () => {
    mkdirSync(at('b'))
    expect((await play([put('a'), put('b'), put('c')])).said).toEqual([
      'file a: changed',
      'file b: failed, b is a directory, not a regular file',
    ])
    const blind = { ...put('e'), probe: { sh: ':', parse: () => unknown('a look') } } as HostResource
    expect((await play([put('d'), blind, put('f')])).said).toEqual([
      'file d: changed',
      'file e: failed, could not be read: it needs a look',
    ])
    const asking: HostResource = {
      ...put('h'),
      compare(actual, of) {
        of(`file ${at('g')}`)
        return put('h').compare(actual as never, of)
      },
    }
    const asked = await play([put('g'), asking])
    expect(asked.said).toEqual(['file g: changed', 'file h: changed'])
    expect(asked.execs).toBe(6)
    expect(has('c', 'f')).toEqual([false, false])
  })

  test('two changes of the same file are made one after the other, even under different paths', async () => {
    mkdirSync(at('d'))
    writeFileSync(at('d/x'), 'old\n')
    await play([link(at('same'), 'd')])
    const lines = [lineInFile(at('d/x'), 'one', /^one/), lineInFile(at('same/x'), 'two', /^two/), lineInFile(at('d/x'), 'three', /^three/)]
    expect((await play(lines)).said.map(s => s.split(': ')[1])).toEqual(['changed', 'changed', 'changed'])
    expect(readFileSync(at('d/x'), 'utf8')).toBe('old\none\ntwo\nthree\n')
  })

  test('files behind a link are read after the link exists', async () => {
    mkdirSync(at('real'))
    writeFileSync(at('real/x'), 'their own\n')
    const { said } = await play([put('a'), link(at('l'), 'real'), lineInFile(at('l/x'), 'ours', /^ours/)])
    expect(said).toEqual(['file a: changed', 'link l: changed', `line 'ours' in l/x: changed`])
    expect(readFileSync(at('real/x'), 'utf8')).toBe('their own\nours\n')
    // Only the link, without an earlier change that invalidates readings.
    expect((await play([link(at('m'), 'real'), lineInFile(at('m/x'), 'more', /^more/)])).said).toEqual([
      'link m: changed',
      `line 'more' in m/x: changed`,
    ])
    expect(readFileSync(at('real/x'), 'utf8')).toBe('their own\nours\nmore\n')
  })

  test('a change that is not visible is not reported as changed, whatever follows', async () => {
    // Written by the check of the next resource, to simulate a program that writes it at the same time.
    const { said } = await play([put('a'), put('b', { validate: `echo theirs >${at('a')}` }), put('c')])
    expect(said).toEqual(['file a: failed, applied, but content still differs', 'file b: changed', 'file c: changed'])
  })

  test('if the lock is lost in between, later changes are not started, and the new owner is named', async () => {
    const { said, events, remaining } = await play([put('a', { validate: `echo bert >${at('lock/owner')}` }), put('b'), put('c')])
    expect(said.slice(0, 1)).toEqual(['file a: changed'])
    expect(said[1]).toMatch(/^file b: failed, the lock on M1 is no longer held by this run but by bert/)
    expect(events.filter(e => e.type === 'locked')).toMatchObject([{ lost: true, owner: 'bert' }])
    expect(remaining).toEqual([1])
    expect(has('a', 'b', 'c')).toEqual([true, false, false])
  })

  test('if the connection is lost in between, the result of every change is unknown', async () => {
    const { said, events, ends, remaining } = await play([
      put('a'),
      put('b', { validate: 'kill -9 $PPID; sleep 5' }),
      put('c'),
      directory('/'),
    ])
    expect(said).toEqual(['file a: unknown', 'file b: unknown', 'file c: unknown'])
    expect(ends[1]?.reason).toBe('it was to be changed together with others, and M1 did not report the result')
    expect(remaining).toEqual([1])
    expect(exitCodeOf(events as Event[])).toBe(4)
  })

  test('after a signal in between, all changes are made and reported', async () => {
    const run = begin([
      put('a'),
      put('b', { validate: `touch ${at('begun')}; until [ -e ${at('go')} ]; do sleep 0.1; done` }),
      put('c'),
      directory('/'),
    ])
    await until(() => existsSync(at('begun')), 'the second', 60_000)
    run.interrupt()
    writeFileSync(at('go'), '')
    await run.ended
    const { said, remaining } = playedOf(run.events)
    expect(said).toEqual(['file a: changed', 'file b: changed', 'file c: changed'])
    expect(remaining).toEqual([1])
  })
})
