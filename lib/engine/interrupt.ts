import type { Emit } from './events.ts'

/** A signal ended the run before this was done. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  /** It was being changed. */
  readonly isHalfDone: boolean
  constructor(message: string, isHalfDone: boolean) {
    super(message)
    this.isHalfDone = isHalfDone
  }
}

/** ms that a step which changes something may go on after the signal. A step of the cluster moves a service: it gets longer to come to a safe state. */
const grace = { host: 60_000, cluster: 180_000 }

/** Gives up reading as soon as the signal comes: it changes nothing. Throws `Interrupted`; nobody waits for what was begun. */
export const unlessInterrupted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  until(work, signal, reject => reject(new Interrupted('interrupted', false)))

/** Lets a step that changes something come to its end after the signal, says what is waited for, and gives it up after a time. Throws `Interrupted`. */
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

/** The work's own end, unless what happens after the signal comes before it. */
const until = async <T>(work: Promise<T>, signal: AbortSignal, onSignal: (reject: (reason: Error) => void) => void): Promise<T> => {
  let onAbort: () => void = () => undefined
  const interrupted = new Promise<never>((_, reject) => {
    onAbort = () => onSignal(reject)
  })
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  // Where nobody waits any longer, its error is nobody's either.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, interrupted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
