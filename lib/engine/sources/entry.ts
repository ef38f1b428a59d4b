import type { ProbeOutput } from '../../resources/reading.ts'
import type { Source } from '../../resources/source.ts'

/** Output of one script. */
export type Printed = Omit<ProbeOutput, 'at'>

/** One script of a batch, and the sources that it reads. */
export interface Entry {
  sh: string
  isSimple: boolean
  /** ms */
  timeout: number
  sources: Source[]
  /** Pure: what the script of each source alone would have printed; undefined where that is unknown, so it is read alone. */
  split(printed: Printed): (Printed | undefined)[]
}

/** Reads several sources of one kind together. */
export type Together<K extends Source> = (sources: K[]) => Pick<Entry, 'sh' | 'isSimple' | 'split'>
