import { closeSync, openSync } from 'node:fs'
import { attempt, type CommandResult } from './command.ts'

/** Root needs no user namespace; other users need one with a range of user ids. */
export const bootstrapMode = (): 'root' | 'unshare' => (process.getuid?.() === 0 ? 'root' : 'unshare')

interface Bootstrap {
  /** One-line apt sources, passed on stdin: mmdebstrap(1) reads them for the mirror `-`. */
  sources: string
  signal: AbortSignal | undefined
  onStderr?: (line: string) => void
}

/** Writes a Debian tree as a tar archive. Resolves with the result of mmdebstrap, whatever its exit code. */
export const mmdebstrap = async (
  archive: string,
  options: readonly string[],
  suite: string,
  { sources, ...rest }: Bootstrap,
): Promise<CommandResult> => {
  const stdout = openSync(archive, 'w')
  try {
    const args = [`--mode=${bootstrapMode()}`, '--format=tar', ...options, suite, '-', '-']
    return await attempt('mmdebstrap', args, { ...rest, input: sources, stdout })
  } finally {
    closeSync(stdout)
  }
}
