/** A semaphore: at most `size` holders at a time; the others wait in order. */
export interface Slots {
  /** Resolves with the function that releases the slot. */
  take(): Promise<() => void>
}

export const createSlots = (size: number): Slots => {
  const waiting: (() => void)[] = []
  let free = size
  const giveBack = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  const once = () => {
    let given = false
    return () => {
      if (!given) giveBack()
      given = true
    }
  }
  return {
    async take() {
      if (free > 0) free--
      else await new Promise<void>(resolve => waiting.push(resolve))
      return once()
    },
  }
}
