import { spawn } from 'node:child_process'
import { LabError } from './error.ts'

interface CommandOptions {
  input?: string
  env?: NodeJS.ProcessEnv
  signal?: AbortSignal | undefined
  timeoutMs?: number
  /** File descriptors instead of pipes, for streams too large for memory. */
  stdin?: number
  stdout?: number
  /** Called with every line of stderr as it arrives. */
  onStderr?: (line: string) => void
}

/** How a local command ended. */
export interface CommandResult {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a local command and returns how it ended. @throws LabError only when the command cannot be started */
export const attempt = (command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: [options.stdin ?? 'pipe', options.stdout ?? 'pipe', 'pipe'],
      ...(options.env ? { env: { ...process.env, ...options.env } } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.timeoutMs ? { timeout: options.timeoutMs, killSignal: 'SIGKILL' } : {}),
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      if (options.onStderr) for (const line of text.split('\n')) if (line.trim()) options.onStderr(line.trim())
    })
    child.stdin?.on('error', () => undefined) // a child that exits early closes the pipe: its exit code tells why
    child.stdin?.end(options.input ?? '')
    child.once('error', error => {
      reject(options.signal?.aborted ? error : new LabError(`cannot run ${command}: ${error.message}`, undefined, { cause: error }))
    })
    child.once('close', code => resolve({ code, stdout, stderr }))
  })

/** Runs a local command and returns its stdout; a failure is a LabError with the last lines of stderr. */
export const run = async (command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> => {
  const { code, stdout, stderr } = await attempt(command, args, options)
  if (code === 0) return stdout
  const tail = lastLines(stderr || stdout, 8)
  throw new LabError(`${command} ${args[0] ?? ''} failed with exit code ${code}${tail ? `:\n${tail}` : ''}`)
}

/** The last `count` lines of a text that are not empty. */
export const lastLines = (text: string, count: number): string =>
  text
    .split(/\r?\n/)
    .filter(line => line.trim())
    .slice(-count)
    .join('\n')
