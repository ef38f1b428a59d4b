import type { Outcome } from './events.ts'

interface ProcessFailure {
  exitCode: number | null
  stderr: string
  stdout: string
}

const isProcessFailure = (error: object): error is ProcessFailure => 'exitCode' in error && 'stderr' in error

const lastLines = (text: string, count = 12): string => text.trimEnd().split('\n').slice(-count).join('\n')

/** Turns an error from an apply into a failed outcome: what the host returned, its last lines, and what to do next. */
export const failureOf = (error: unknown): Outcome => {
  const base: Outcome = { status: 'failed', changes: [] }
  if (typeof error !== 'object' || error === null) return { ...base, error: { message: String(error) } }
  const hint = 'hint' in error && typeof error.hint === 'string' ? { hint: error.hint } : {}
  if (isProcessFailure(error)) {
    const detail = lastLines(error.stderr || error.stdout)
    return { ...base, error: { message: `the command ended with exit code ${error.exitCode}`, ...(detail ? { detail } : {}), ...hint } }
  }
  const detail = 'detail' in error && typeof error.detail === 'string' ? { detail: lastLines(error.detail) } : {}
  return { ...base, error: { message: error instanceof Error ? error.message : String(error), ...detail, ...hint } }
}
