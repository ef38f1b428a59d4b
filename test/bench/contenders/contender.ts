import type { Farm, FarmHost } from '../farm.ts'
import type { Command } from '../measure.ts'
import type { Tasks } from '../tasks.ts'

/** One play to measure: its hosts and their desired state. Its files are in `folder`. */
export interface Play {
  folder: string
  farm: Farm
  hosts: FarmHost[]
  tasks: Tasks
}

export interface Contender {
  name: string
  /** Name in the report. */
  version: string
  /** The lower bound does no work that could be verified. */
  makesNothing?: true
  /** Writes the files that it needs into the play's folder. */
  prepare(play: Play): void
  command(play: Play): Command
}

/** A contender, or why it does not take part. */
export type Entrant = Contender | { name: string; missing: string }

export const isMissing = (entrant: Entrant): entrant is { name: string; missing: string } => 'missing' in entrant

/** Hosts that this tool and bare ssh connect to at the same time: with more, two cores cannot do the handshakes within ssh's own time limits. */
export const atOnce = (hosts: number): number => Math.min(hosts, 50)
