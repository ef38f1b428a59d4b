import type { ScriptResult } from '../ssh/connection.ts'
import { withoutProgress } from './progress.ts'

/** An apply was refused or failed for a known reason. */
export class ApplyFailed extends Error {
  override readonly name = 'ApplyFailed'
  /** What to do next, one sentence. */
  readonly hint: string | undefined
  /** The host's output. */
  readonly detail: string | undefined
  constructor(message: string, { hint, detail }: { hint?: string | undefined; detail?: string | undefined } = {}) {
    super(message)
    this.hint = hint
    this.detail = detail
  }
}

/** `writing /etc/exports.d/x ended with exit code 1`, and the script's output. */
export const failedScript = (what: string, { code, stdout, stderr }: ScriptResult, hint?: string): ApplyFailed =>
  new ApplyFailed(`${what} ended with exit code ${code}`, { detail: withoutProgress(stderr).trim() || stdout.trim(), hint })
