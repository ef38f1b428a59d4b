import { ProcessOutput } from 'zx/core'
import { CommandFailed } from './connection.ts'
import { lastLines } from './last-lines.ts'

/** Describes how a command failed: `M1: `mount … …` ended with exit code 32`, and the last lines of its output. */
export const commandFailure = (host: string, command: string, reason: unknown): unknown => {
  if (!(reason instanceof ProcessOutput)) return reason
  const { exitCode, signal, stdout, stderr, cause } = reason
  const how = cause ? `failed: ${cause.message}` : signal ? `was killed by ${signal}` : `ended with exit code ${exitCode}`
  const said = lastLines(stderr) || lastLines(stdout)
  const message = `${host}: \`${command}\` ${how}${said ? `: ${said}` : ''}`
  return new CommandFailed(message, { host, command, exitCode, signal, stdout, stderr }, cause ? { cause } : undefined)
}
