import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Changed, changeAndRead } from '../../../../lib/engine/apply/change-and-read.ts'
import { changeLines } from '../../../../lib/engine/apply/change-script.ts'
import { leaseHeld } from '../../../../lib/engine/lock-scripts.ts'
import type { Entry } from '../../../../lib/engine/sources/entry.ts'
import { connect } from '../../../../lib/ssh/connect.ts'
import { type Connection, Unreachable } from '../../../../lib/ssh/connection.ts'

let connection: Connection
let folder: string
const at = (name: string) => join(folder, name)
beforeAll(async () => {
  connection = await connect({ name: 'M1', kind: 'local', address: 'localhost' })
})
afterAll(() => connection.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-change-'))
  writeFileSync(at('owner'), 'anna\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

const entry = (sh: string, timeout = 10_000): Entry => ({ sh, timeout, isSimple: false, sources: [], split: p => [p] })
const part = (sh: string, timeout = 10_000) => ({ what: `doing ${sh.slice(0, 12)}`, sh, timeout, note: '' })

/** Runs changes and reads a file; returns the number of execs too. */
const changed = async (scripts: ReturnType<typeof part>[], entries = [entry(`cat ${at('log')}`)], writer = connection) => {
  const before = connection.counts.execs
  const ways = { writer, reader: connection, lockLost: (said: string) => new Error(`lock lost: ${said.trim()}`) }
  const result = await changeAndRead(ways, { parts: scripts, isHeld: leaseHeld('anna', folder) }, entries, [])
  return { ...result, execs: connection.counts.execs - before }
}
const log = (text: string) => `echo ${text} >>${at('log')}`
const kinds = (all: Changed[]) => all.map(one => (one.kind === 'failed' ? String((one.error as Error).message) : one.kind))

test('changes in order and reads the result, in one exec', async () => {
  const { changed: done, answers, execs } = await changed([part(log('one')), part(log('two')), part(log("it's"))].slice(0, 2))
  expect(kinds(done)).toEqual(['done', 'done'])
  expect(answers).toMatchObject([{ code: 0, stdout: 'one\ntwo\n' }])
  expect(execs).toBe(1)
})

test('a change has its own shell, no input, and the environment of a script', async () => {
  const own = 'X=1; cd /tmp; set -eu; cat; read -r a || :; trap "echo end" EXIT; exit 0'
  const { changed: done, answers } = await changed([part(own), part(`echo "[\${X-}] $(pwd) $LC_ALL" >${at('log')}`)])
  expect(kinds(done)).toEqual(['done', 'done'])
  const { stdout } = await connection.run('echo "[] $(pwd) $LC_ALL"')
  expect(answers).toMatchObject([{ stdout }])
})

test('a single change fails: its output is the reason, and nothing is read', async () => {
  await expect(changed([part('echo no space >&2; exit 4')], [entry(`touch ${at('read')}`)])).rejects.toMatchObject({
    message: 'doing echo no spac ended with exit code 4',
    detail: 'no space',
  })
  expect(existsSync(at('read'))).toBe(false)
})

test('the second of three that fails: the first is done and read, the third is not reached', async () => {
  const { changed: all, answers } = await changed([part(log('one')), part('echo bad >&2; exit 1'), part(log('three'))])
  expect(kinds(all)).toEqual(['done', 'doing echo bad >&2 ended with exit code 1', 'not reached'])
  expect(all[1]).toMatchObject({ error: { detail: 'bad' } })
  expect(answers).toMatchObject([{ stdout: 'one\n' }])
})

test('a lock lost in between: later changes are not run, and its holder is named', async () => {
  const { changed: all, answers } = await changed([part(`${log('one')}; echo bert >${at('owner')}`), part(log('two')), part(log('three'))])
  expect(kinds(all)).toEqual(['done', 'lock lost: owner bert', 'not reached'])
  expect(answers).toMatchObject([{ stdout: 'one\n' }])
  rmSync(at('owner'))
  expect(kinds((await changed([part(log('four')), part(log('five'))])).changed)).toEqual(['done', 'lock lost: owner'])
  expect(readFileSync(at('log'), 'utf8')).toBe('one\nfour\n')
})

test('a change succeeds and its reading hangs: both are reported, and the other readings are done', async () => {
  const { changed: all, answers, execs } = await changed([part(log('one'))], [entry('sleep 60', 300), entry(`cat ${at('log')}`)])
  expect(kinds(all)).toEqual(['done'])
  expect(answers).toMatchObject([{ kind: 'unknown', why: 'no answer within 0.3 s' }, { stdout: 'one\n' }])
  // Ending what hangs takes one exec too.
  expect(execs).toBeLessThanOrEqual(3)
})

test('a change that hangs is ended, and nothing is read if nothing was changed', async () => {
  await expect(changed([part('sleep 60', 300)], [entry(`touch ${at('read')}`)])).rejects.toThrow(
    'M1: doing sleep 60 took longer than 0.3 s and was terminated',
  )
  expect(existsSync(at('read'))).toBe(false)
})

test('a second change hangs: the first one is read by another exec', async () => {
  const { changed: all, answers } = await changed([part(log('one')), part('sleep 60', 300), part(log('three'))])
  expect(kinds(all)).toEqual(['done', 'M1: doing sleep 60 took longer than 0.3 s and was terminated', 'not reached'])
  expect(answers).toMatchObject([{ stdout: 'one\n' }])
})

test('one that prints without end is ended', async () => {
  await expect(changed([part('yes')])).rejects.toThrow(/printed more than/)
})

test('a shell that dies in the middle of a change has not done it', async () => {
  const { changed: all } = await changed([part(log('one')), part('echo so far; kill -9 $$')])
  expect(kinds(all)[0]).toBe('done')
  expect(kinds(all)[1]).toMatch(/^doing echo so far; ended with exit code 137$/)
})

test('a connection lost in between is neither a failed change nor a failed reading', async () => {
  const lost: Connection = {
    ...connection,
    host: 'M1',
    run: (script, options) =>
      new Promise((_, reject) => {
        const onStdout = (text: string) => {
          options?.onStdout?.(text)
          reject(new Unreachable('M1', 'the connection was lost'))
        }
        connection.run(script, { ...options, onStdout }).catch(() => undefined)
      }),
  }
  await expect(changed([part(log('one'))], undefined, lost)).rejects.toBeInstanceOf(Unreachable)
})

test('changes are noted in the log of the host, and a note is never interpreted as shell', () => {
  const lines = changeLines({ parts: [{ ...part(':'), note: "file it's $(touch x)" }], isHeld: 'false' }, '=0').join('\n')
  expect(lines).toContain(`set -- "$@" 'file it'\\''s $(touch x)'`)
  expect(lines).toContain('logger -t nfsha-play -p daemon.notice -- "$1"')
})
