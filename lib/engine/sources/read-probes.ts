import { assemble, assemblePart } from '../../resources/probe.ts'
import { notRead, type Probe, type ProbeOutput, type Reading, type Unknown } from '../../resources/reading.ts'
import { isSource, keyOf, type Piece, type Source, shell } from '../../resources/source.ts'
import type { Connection } from '../../ssh/connection.ts'
import { type Asked, aloneOf, entriesOf } from './entries.ts'
import type { Entry } from './entry.ts'
import { type Answer, type Report, runEntries } from './run-entries.ts'

/** ms */
const defaultTimeout = 20_000

/**
 * Runs probes in one exec and parses each. Only a probe that hangs is Unknown; those after it are read by another exec. `first`: runs that
 * one exec, together with something else.
 */
export const readProbes = async (
  connection: Connection,
  probes: Probe<unknown>[],
  notes: string[] = [],
  progress?: Report,
  first = (entries: Entry[]) => runEntries(connection, entries, notes, progress),
): Promise<Reading<unknown>[]> => {
  if (probes.length === 0) return []
  const answers = await readSources(connection, askedBy(probes), first, progress)
  return probes.map(probe => {
    const failure = sourcesOf(probe)
      .map(source => answers.get(keyOf(source)))
      .find(answer => answer !== undefined && 'kind' in answer)
    if (failure !== undefined) return unreadBy(probe, failure as Unknown, answers)
    return parseSafely(
      probe,
      assemble(piecesOf(probe), source => answers.get(keyOf(source)) as ProbeOutput),
    )
  })
}

const piecesOf = ({ sh, reads }: Probe<unknown>): Piece[] => reads ?? [shell(sh)]

const sourcesOf = (probe: Probe<unknown>): Source[] =>
  piecesOf(probe).flatMap(piece => (typeof piece === 'string' ? [] : isSource(piece) ? [piece] : [piece.barred]))

/** The scripts that read everything these probes need. */
export const entriesFor = (probes: Probe<unknown>[]): Entry[] => entriesOf(askedBy(probes))

/** A source of several probes is read once, with the longest of their time limits. */
const askedBy = (probes: Probe<unknown>[]): Asked[] => {
  const asked = new Map<string, Asked>()
  for (const probe of probes)
    for (const source of sourcesOf(probe)) {
      const key = keyOf(source)
      asked.set(key, { source, timeout: Math.max(probe.timeout ?? defaultTimeout, asked.get(key)?.timeout ?? 0) })
    }
  return [...asked.values()]
}

/** Reads sources together, and those alone for which that gave no answer. By key. */
const readSources = async (
  connection: Connection,
  asked: Asked[],
  first: (entries: Entry[]) => Promise<Answer[]>,
  progress?: Report,
): Promise<Map<string, Answer>> => {
  const answers = new Map<string, Answer>()
  const read = async (entries: Entry[], run: (entries: Entry[]) => Promise<Answer[]>): Promise<void> => {
    const outputs = await run(entries)
    for (const [i, { sources, split }] of entries.entries()) {
      const output = outputs[i] ?? notRead('no answer')
      // If several were read together, each is read alone before it is given up.
      const each =
        'kind' in output ? (sources.length > 1 ? [] : [output]) : split(output).map(printed => printed && { ...printed, at: output.at })
      for (const [j, source] of sources.entries()) {
        const answer = each[j]
        if (answer !== undefined) answers.set(keyOf(source), answer)
      }
    }
  }
  await read(entriesOf(asked), first)
  const left = asked.filter(({ source }) => !answers.has(keyOf(source)))
  if (left.length > 0) await read(left.map(aloneOf), entries => runEntries(connection, entries, [], progress))
  return answers
}

/** The answers that arrived, and the partial output of the last source, if the probe can interpret that. */
const unreadBy = (probe: Probe<unknown>, failure: Unknown, answers: Map<string, Answer>): Unknown => {
  const { printed: _, ...why } = failure as Unknown & { printed?: string }
  const wholeOf = (source: Source): ProbeOutput | undefined => {
    const answer = answers.get(keyOf(source))
    return answer === undefined || 'kind' in answer ? undefined : answer
  }
  const last = answers.get(keyOf(sourcesOf(probe).at(-1) as Source))
  const text = assemblePart(piecesOf(probe), wholeOf, last && 'printed' in last ? last.printed : '')
  if (text === '') return why
  try {
    const partly = probe.parsePart?.(text)
    return partly ? { ...why, partly } : why
  } catch {
    return why
  }
}

const parseSafely = (probe: Probe<unknown>, output: Parameters<Probe<unknown>['parse']>[0]): Reading<unknown> => {
  try {
    return probe.parse(output)
  } catch (error) {
    return notRead(`unexpected answer: ${error instanceof Error ? error.message : String(error)}`)
  }
}
