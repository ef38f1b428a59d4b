import type { Emit } from './events.ts'

/** A signal ended the run before this was done. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  /** Whether a change was in progress. */
  readonly isHalfDone: boolean
  constructor(message: string, isHalfDone: boolean) {
    super(message)
    this.isHalfDone = isHalfDone
  }
}

/** ms that a change may continue after the signal. A change of the cluster moves a service, so it gets more time to reach a safe state. */
const grace = { host: 60_000, cluster: 180_000 }

/** Stops waiting for a read as soon as the signal comes: it changes nothing. Throws `Interrupted`; the read itself is abandoned. */
export const unlessInterrupted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  until(work, signal, reject => reject(new Interrupted('interrupted', false)))

/** Lets a change finish after the signal, reports what it waits for, and gives up after a time limit. Throws `Interrupted`. */
export const inGrace = <T>(
  work: () => Promise<T>,
  { signal, emit }: { signal: AbortSignal; emit: Emit },
  { host, id, scope }: { host: string; id: string; scope: keyof typeof grace },
  limit = grace[scope],
): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  return until(work(), signal, reject => {
    const text = `waiting ${limit / 1000} s at most for ${id} to finish; a second signal ends the run at once`
    emit({ type: 'message', level: 'warning', host, text })
    const late = `interrupted, and not finished ${limit / 1000} s later: it may be half done, and may still run on the host`
    timer = setTimeout(() => reject(new Interrupted(late, true)), limit)
  }).finally(() => clearTimeout(timer))
}

/** Resolves with the work, unless `onSignal` rejects first. */
const until = async <T>(work: Promise<T>, signal: AbortSignal, onSignal: (reject: (reason: Error) => void) => void): Promise<T> => {
  let onAbort: () => void = () => undefined
  const interrupted = new Promise<never>((_, reject) => {
    onAbort = () => onSignal(reject)
  })
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  // An error after we have stopped waiting is ignored.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, interrupted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
