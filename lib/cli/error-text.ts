import { CommanderError } from 'commander'
import { reasonOf } from '../config/files.ts'
import { oneLine } from '../text/layout.ts'
import { exitCodes } from './options.ts'
import { secrets } from './secrets.ts'

/** Errors caused by the operator; the message is the whole text to print. */
const expected = ['ConfigError', 'ConfigErrors', 'UsageError', 'LabError']

interface Told {
  /** Text for stderr; empty when it was printed already. */
  text: string
  exitCode: number
}

/**
 * Text and exit code for an error that ends a command. An internal error is one line, with `isVerbose` also its trace. Secrets are masked.
 */
export const toldOf = (error: unknown, isVerbose: boolean): Told => {
  if (error instanceof CommanderError) return { text: '', exitCode: error.exitCode === 0 ? exitCodes.fine : exitCodes.usage }
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' && name === 'LabError' ? `\n${error.hint}` : ''
  if (expected.includes(name)) return { text: secrets.mask(`${message}${hint}\n`), exitCode: exitCodes.usage }
  const { code, syscall, path } = error as NodeJS.ErrnoException
  if (!isVerbose && code !== undefined && syscall !== undefined && path !== undefined)
    return { text: secrets.maskPieces(`${oneLine(path)}: ${oneLine(reasonOf(error))} (${syscall})\n`), exitCode: exitCodes.internal }
  const trace =
    isVerbose && stack !== undefined
      ? `${stack}\n`
      : '  a bug in nfsha-play: please report it, with the output of the same command with -v\n'
  return { text: secrets.maskPieces(`internal error: ${oneLine(message)}\n${trace}`), exitCode: exitCodes.internal }
}
