import { closeSync, openSync } from 'node:fs'
import { attempt, type CommandResult } from './command.ts'

/** Root needs no user namespace; anyone else needs one with a range of user ids. */
export const bootstrapMode = (): 'root' | 'unshare' => (process.getuid?.() === 0 ? 'root' : 'unshare')

interface Bootstrap {
  /** One-line apt sources: mmdebstrap(1) reads them from `-` as its mirror. */
  sources: string
  signal: AbortSignal | undefined
  onStderr?: (line: string) => void
}

/** Writes a Debian tree as a tar archive, and resolves with how mmdebstrap ended. */
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
