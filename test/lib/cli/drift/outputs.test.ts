import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { handOut, refuseUnwritable, writeReport } from '../../../../lib/cli/drift/outputs.ts'
import type { DriftReport } from '../../../../lib/report/drift/report.ts'

test('a report is never written through a link that waits for it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-outputs-'))
  try {
    const [report, precious] = [join(folder, 'report.json'), join(folder, 'precious')]
    writeFileSync(precious, 'mine')
    symlinkSync(precious, `${report}.${process.pid}.new`)
    writeReport(report, { v: 1 } as DriftReport)
    expect(readFileSync(precious, 'utf8')).toBe('mine')
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual({ v: 1 })
    expect(readdirSync(folder)).toHaveLength(3)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('a path where no report can be written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-places-'))
  const at = (name: string) => join(folder, name)
  afterAll(() => rmSync(folder, { recursive: true }))
  mkdirSync(at('directory'))
  writeFileSync(at('file'), 'mine')
  execFileSync('mkfifo', [at('pipe')])
  symlinkSync('file', at('link'))
  symlinkSync('pipe', at('stdout'))
  symlinkSync('circle', at('circle'))

  test.each([
    ['pipe', /pipe: it cannot be written: it is not a regular file and would be replaced by one/],
    // Like /dev/stdout.
    ['stdout', /it is a symbolic link; name the file itself/],
    ['link', /it is a symbolic link/],
    ['circle', /it is a symbolic link/],
    ['directory', /it is a directory/],
    ['file/x', /a part of its path is not a directory/],
    ['none/x', /there is no folder .*none/],
    ['x'.repeat(300), /its name is too long/],
    ['circle/x', /links lead in a circle|is not a directory|no folder/],
  ])('%s is refused before a host is contacted, and left unchanged', (name, text) => {
    const before = readdirSync(folder)
    for (const option of ['report', 'metrics']) {
      expect(() => refuseUnwritable({ [option]: at(name) })).toThrow(text)
      expect(() => refuseUnwritable({ [option]: at(name) })).toThrow(`--${option} `)
    }
    expect(() => writeReport(at(name), { v: 1 } as DriftReport)).toThrow()
    expect(readdirSync(folder)).toEqual(before)
    expect(lstatSync(at('pipe')).isFIFO()).toBe(true)
    expect(lstatSync(at('stdout')).isSymbolicLink()).toBe(true)
    expect(readFileSync(at('file'), 'utf8')).toBe('mine')
  })

  test('a file that can be written, and nothing is left of the check', () => {
    refuseUnwritable({ report: at('file'), metrics: at('new') })
    expect(existsSync(at('new'))).toBe(false)
    expect(readFileSync(at('file'), 'utf8')).toBe('mine')
  })

  test('an output that fails is reported, and does not affect the others', () => {
    const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      expect(handOut('--report x', () => writeReport(at('none/x'), { v: 1 } as DriftReport))).toBe(false)
      expect(told.mock.calls.join('')).toBe('--report x: cannot be written: there is no such file\n')
      expect(handOut('--report x', () => undefined)).toBe(true)
    } finally {
      told.mockRestore()
    }
  })
})
