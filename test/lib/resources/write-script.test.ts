import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Writing, writeScript } from '../../../lib/resources/write-script.ts'
import { countForks, whyNoForkCount } from '../../forks.ts'
import { runs } from '../../runs.ts'

const isRoot = process.getuid?.() === 0
const root = { owner: 'root', group: 'root' }

describe.skipIf(!isRoot)(`writing a file${isRoot ? '' : ' (skipped: the files belong to root)'}`, () => {
  let folder: string
  const at = (name: string) => join(folder, name)
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nfsha-write-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const scriptOf = (name: string, writing: Partial<Writing> & { content: string }, fill?: string) =>
    writeScript(at(name), { mode: 0o644, ...root, ...writing }, fill).replaceAll('/var/lib/nfsha-play/backup', at('backup'))
  const write = (name: string, writing: Partial<Writing> & { content: string }, shell = ['sh'], before = '') => {
    const [command = '', ...rest] = shell
    return spawnSync(command, [...rest, '-s'], { input: Buffer.from(before + scriptOf(name, writing), 'latin1') })
  }
  const kept = () => (existsSync(at('backup')) ? readdirSync(at('backup')) : [])
  const modeOf = (name: string) => statSync(at(name)).mode & 0o7777

  test.each(
    [['sh'], ['bash', '--posix'], ['busybox', 'ash']].filter(
      ([command = '', ...rest]) => spawnSync(command, [...rest, '-c', ':']).status === 0,
    ),
  )(
    'exactly, whatever its content, with its mode: %s',
    (...shell) => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 60 }).map(b => Buffer.from(b.filter(n => n !== 0)).toString('latin1')),
        fc.stringMatching(/^[ -~\n]{0,60}$/),
        fc.constantFrom('%s', '\\n\\c', "'", "it's\n", '-n', '$x `y`', '\\'),
      )
      fc.assert(
        fc.property(bytes, fc.constantFrom(0o600, 0o640, 0o644, 0o755, 0o444, 0o664), (content, mode) => {
          const { status, stderr } = write('x', { content, mode }, shell)
          expect([status, String(stderr)]).toEqual([0, ''])
          expect(readFileSync(at('x'), 'latin1')).toBe(content)
          expect(modeOf('x')).toBe(mode)
        }),
        { numRuns: runs(30) },
      )
      expect(readdirSync(folder).sort()).toEqual(['backup', 'x'])
    },
    240_000,
  )

  test('only the content before the first write is backed up', () => {
    writeFileSync(at('x'), 'theirs\n', { mode: 0o640 })
    write('x', { content: 'one\n' })
    write('x', { content: 'two\n' })
    const [name = ''] = kept()
    expect(name).toBe(at('x').replaceAll('/', '%'))
    expect(readFileSync(join(at('backup'), name), 'utf8')).toBe('theirs\n')
    expect(statSync(join(at('backup'), name)).mode & 0o777).toBe(0o640)
    expect(statSync(at('backup')).mode & 0o777).toBe(0o700)
    write('new/y', { content: 'y' })
    expect(readFileSync(join(at('backup'), at('new/y').replaceAll('/', '%')), 'utf8')).toBe('')
  })

  test('for a file that replaces another one later, that other one is backed up', () => {
    writeFileSync(at('x'), 'theirs\n')
    write('x.next', { content: 'next\n', becomes: at('x') })
    expect(kept()).toEqual([at('x').replaceAll('/', '%')])
    expect(readFileSync(at('x'), 'utf8')).toBe('theirs\n')
    expect(readFileSync(at('x.next'), 'utf8')).toBe('next\n')
  })

  test('rejected content changes nothing', () => {
    writeFileSync(at('x'), 'old\n')
    const { status, stderr } = write('x', { content: 'new\n', validate: 'grep -q old "$1" || { echo "no: $(cat "$1")" >&2; exit 3; }' })
    expect([status, String(stderr)]).toEqual([3, 'no: new\n'])
    expect(readFileSync(at('x'), 'utf8')).toBe('old\n')
    expect(readdirSync(folder)).toEqual(['x'])
    expect(write('x', { content: 'older\n', validate: 'grep -q old "$1"' }).status).toBe(0)
  })

  test.each([['sh'], ['bash', '--posix']])('content that does not fit on the disk changes nothing: %s', (...shell) => {
    writeFileSync(at('x'), 'old\n')
    const { status, stderr } = write('x', { content: 'x'.repeat(5000) }, shell, "ulimit -f 1; trap '' XFSZ\n")
    expect(status).not.toBe(0)
    expect(String(stderr)).toMatch(/large|I\/O error/)
    expect(readFileSync(at('x'), 'utf8')).toBe('old\n')
    expect(readdirSync(folder)).toEqual(['x'])
  })

  test('owner, group and mode are final before it has content, and until then nobody else may open it', () => {
    mkdirSync(at('shared'))
    chownSync(at('shared'), 0, 1)
    chmodSync(at('shared'), 0o2775)
    // Its content at that time.
    const seen = (writing: Partial<Writing>) => {
      const script = scriptOf('shared/x', { content: '', ...writing }, `stat -c '%a %u:%g %s' "$t"`)
      // Its attributes at creation: the first stat.
      const traced = script.replace('set -- $(stat', 'stat -c "%a" "$t"; set -- $(stat')
      const { stdout, status } = spawnSync('sh', ['-s'], { input: `umask 000\n${traced}`, encoding: 'utf8' })
      return [status, stdout.trim(), readFileSync(at('shared/x'), 'utf8').trim()]
    }
    expect(seen({ mode: 0o640 })).toEqual([0, '600', '640 0:0 0'])
    expect(seen({ mode: 0o600 })).toEqual([0, '600', '600 0:0 0'])
    expect(seen({ mode: 0o644 })).toEqual([0, '644', '644 0:0 0'])
    expect(seen({ mode: 0o664 })).toEqual([0, '644', '664 0:0 0'])
    expect(seen({ mode: 0o755 })).toEqual([0, '644', '755 0:0 0'])
    expect(seen({ mode: 0o640, owner: 'daemon', group: 'daemon' })).toEqual([0, '600', '640 1:1 0'])
    expect(seen({ mode: 0o4711 })).toEqual([0, '600', '4711 0:0 0'])
  })

  test('a directory at its path is an error', () => {
    mkdirSync(at('d'))
    symlinkSync('d', at('x'))
    mkdirSync(at('y'))
    expect(write('x', { content: 'x' }).status).toBe(0)
    expect(write('y', { content: 'y' }).status).not.toBe(0)
    expect([readdirSync(at('d')), readdirSync(at('y'))]).toEqual([[], []])
    expect(readFileSync(at('x'), 'utf8')).toBe('x')
  })

  const why = whyNoForkCount()
  test.skipIf(why !== undefined)(`three processes: stat, sync, rename${why ? ` (skipped: ${why})` : ''}`, () => {
    expect(write('x', { content: 'one\n' }).status).toBe(0)
    expect(countForks(scriptOf('x', { content: 'two\n' }))).toMatchObject({ code: 0, forks: 3, stderr: '' })
    expect(countForks(scriptOf('x', { content: 'three\n', mode: 0o640 }))).toMatchObject({ code: 0, forks: 4, stderr: '' })
    expect(readFileSync(at('x'), 'utf8')).toBe('three\n')
  })
})
