import type { Piece } from './source.ts'

/** The output of a probe's script. */
export interface ProbeOutput {
  code: number
  stdout: string
  stderr: string
  /** When the output arrived here, ms since the epoch: two hosts' clocks are compared through ours. */
  at: number
}

/** Not known: `until` names what must exist first (`package heartbeat`), `why` is why the read failed (`no answer within 30 s`). */
export type Unknown = { kind: 'unknown' /** The part of the state that arrived before the read was abandoned. */; partly?: object } & (
  | { until: string; why?: undefined }
  | { why: string; until?: undefined }
)

/** It does not apply to this host now; `pending` if a later run will do it. */
export interface Skipped {
  kind: 'skipped'
  reason: string
  pending?: true
}

/** The observed state of a resource, present or absent; `unknown` if it could not be read. */
export type Reading<S> = Present<S> | Absent | Unknown | Skipped

interface Present<S> {
  kind: 'present'
  state: S
}

interface Absent {
  kind: 'absent'
}

/** A reading that can be compared with the desired state. */
export type Actual<S> = Present<S> | Absent

export const present = <S>(state: S): Reading<S> => ({ kind: 'present', state })
export const absent: Absent = { kind: 'absent' }
export const unknown = (until: string): Unknown => ({ kind: 'unknown', until })
export const notRead = (why: string): Unknown => ({ kind: 'unknown', why })
/** The same with the host's name, for readings of several hosts. */
export const unknownOn = (host: string, { until, why }: Unknown): Unknown =>
  why === undefined ? unknown(`${until} on ${host}`) : notRead(`${why} on ${host}`)
export const skip = (reason: string): Skipped => ({ kind: 'skipped', reason })
export const postponed = (reason: string): Skipped => ({ kind: 'skipped', reason, pending: true })

/** A read-only POSIX sh script, and a pure parser of its output. */
export interface Probe<S> {
  sh: string
  /** The declared sources of the script, so that few commands can read many probes. `probeOf` sets it and generates the script from it. */
  reads?: Piece[]
  parse(output: ProbeOutput): Reading<S>
  /**
   * Parses truncated output: returns only fields that were certainly read completely. `stdout` contains the output of the complete
   * sources, each with the texts before it, and the last source as far as it arrived.
   */
  parsePart?(stdout: string): object
  /** ms; default 20 000. */
  timeout?: number
}
