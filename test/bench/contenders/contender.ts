import type { Farm, FarmHost } from '../farm.ts'
import type { Command } from '../measure.ts'
import type { Tasks } from '../tasks.ts'

/** One play to measure: which hosts, and what is made of them. Its files are in `folder`. */
export interface Play {
  folder: string
  farm: Farm
  hosts: FarmHost[]
  tasks: Tasks
}

export interface Contender {
  name: string
  /** As it stands in the report. */
  version: string
  /** The floor does no work that could be verified. */
  makesNothing?: true
  /** Writes what it needs into the play's folder. */
  prepare(play: Play): void
  command(play: Play): Command
}

/** A contender, or why it takes no part. */
export type Entrant = Contender | { name: string; missing: string }

export const isMissing = (entrant: Entrant): entrant is { name: string; missing: string } => 'missing' in entrant

/** Hosts that this tool and bare ssh are connected to at a time: more handshakes at once than two cores can do run into ssh's own time limits. */
export const atOnce = (hosts: number): number => Math.min(hosts, 50)
