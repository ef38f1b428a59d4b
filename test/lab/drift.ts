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

/** `nfsha-play drift site.yml` on a lab: what it says, its exit code and its report. */
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
