import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DriftReport } from '../../lib/report/drift/report.ts'
import { nfsha } from './run.ts'

export interface Looked {
  code: number
  stdout: string
  report: DriftReport
}

/** Runs `nfsha-play drift site.yml` on a lab: its output, exit code and report. */
export const lookForDrift = async (lab: string): Promise<Looked> => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-drift-'))
  const file = join(folder, 'report.json')
  try {
    const { code, stdout, stderr } = await nfsha(lab, ['drift', 'site.yml', '--report', file])
    if (code !== 0 && code !== 5) throw new Error(`drift ended with ${code}: ${stderr || stdout}`)
    return { code, stdout, report: JSON.parse(readFileSync(file, 'utf8')) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
