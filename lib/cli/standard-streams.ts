import { outputTo } from '../report/output.ts'

/** What could not be written, and why: `stdout: no space left on device`. */
let lost: string | undefined

/**
 * Keeps a lost output from ending the process with a trace, or a play half way. A reader that has seen enough (`| head`) is no reason for a word;
 * a full disk is.
 */
export const watchStreams = (): void => {
  for (const name of ['stdout', 'stderr'] as const)
    process[name].on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return
      lost ??= `${name} cannot be written: ${error.code === 'ENOSPC' ? 'no space left on the device' : error.message}`
    })
}

/** Resolves when all that was written was handed on, or is lost. @returns what is lost, when something is */
export const streamsFlushed = async (): Promise<string | undefined> => {
  await Promise.all([outputTo(process.stdout).flush(), outputTo(process.stderr).flush()])
  return lost
}
