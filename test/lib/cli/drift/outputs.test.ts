import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeReport } from '../../../../lib/cli/drift/outputs.ts'
import type { DriftReport } from '../../../../lib/report/drift/report.ts'

test('a report is never written through a link that waits for it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-outputs-'))
  try {
    const [report, precious] = [join(folder, 'report.json'), join(folder, 'precious')]
    writeFileSync(precious, 'mine')
    symlinkSync(precious, `${report}.${process.pid}.new`)
    symlinkSync(precious, report)
    writeReport(report, { v: 1 } as DriftReport)
    expect(readFileSync(precious, 'utf8')).toBe('mine')
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual({ v: 1 })
    expect(readdirSync(folder)).toHaveLength(3)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
