import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DriftReport } from '../../lib/report/drift.ts'

const bin = fileURLToPath(new URL('../../bin/nfsha-play.js', import.meta.url))

export interface Looked {
  code: number
  stdout: string
  report: DriftReport
}

/** `nfsha-play drift site.yml` on a lab: what it says, its exit code and its report. */
export const lookForDrift = (lab: string): Promise<Looked> =>
  new Promise((resolve, reject) => {
    const folder = mkdtempSync(join(tmpdir(), 'nfsha-drift-'))
    const file = join(folder, 'report.json')
    const argv = ['drift', 'site.yml', '-i', 'inventory/lab.yml', '-e', `nfsha_lab=${lab}`, '--report', file]
    const child = spawn(process.execPath, [bin, ...argv])
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => {
      stdout += chunk
    })
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    child.once('error', reject)
    child.once('close', code => {
      try {
        resolve({ code: code ?? -1, stdout, report: JSON.parse(readFileSync(file, 'utf8')) })
      } catch (error) {
        reject(new Error(`drift ended with ${code}: ${stderr || stdout} (${String(error)})`))
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  })
