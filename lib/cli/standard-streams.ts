import { outputTo } from '../report/output.ts'

/** What could not be written, and why: `stdout: no space left on device`. */
let lost: string | undefined

/**
 * Keeps a failed output from ending the process with a trace, or a play half-way. A reader that closed early (`| head`) is not reported; a
 * full disk is.
 */
export const watchStreams = (): void => {
  for (const name of ['stdout', 'stderr'] as const)
    process[name].on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return
      lost ??= `${name} cannot be written: ${error.code === 'ENOSPC' ? 'no space left on the device' : error.message}`
    })
}

/** Resolves when all output was handed on or lost. @returns what was lost, if anything */
export const streamsFlushed = async (): Promise<string | undefined> => {
  await Promise.all([outputTo(process.stdout).flush(), outputTo(process.stderr).flush()])
  return lost
}
