import type { ProbeOutput } from '../../resources/resource.ts'
import type { Source } from '../../resources/source.ts'

/** What one script printed. */
export type Printed = Omit<ProbeOutput, 'at'>

/** One script of a batch, and the sources that it reads. */
export interface Entry {
  sh: string
  isSimple: boolean
  /** ms */
  timeout: number
  sources: Source[]
  /** Pure: what each source's own script would have printed; undefined where that cannot be said, and it is read alone. */
  split(printed: Printed): (Printed | undefined)[]
}

/** How sources of one kind are read together. */
export type Together<K extends Source> = (sources: K[]) => Pick<Entry, 'sh' | 'isSimple' | 'split'>
