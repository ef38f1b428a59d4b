import type { Source } from '../../resources/source.ts'
import { shellOf } from '../../resources/source.ts'
import type { Entry } from './entry.ts'
import { filesTogether } from './files.ts'
import { packagesTogether } from './packages.ts'
import { unitsTogether } from './units.ts'

/** A source and its time limit, ms. */
export interface Asked {
  source: Source
  timeout: number
}

/** Combines the sources of many probes into a few scripts: files, units and packages are each read together, where the first of them is. */
export const entriesOf = (asked: Asked[]): Entry[] => {
  const groups = new Map<string, Asked[]>()
  for (const one of asked) {
    const group = groupOf(one.source) ?? `alone ${groups.size}`
    groups.set(group, [...(groups.get(group) ?? []), one])
  }
  return [...groups.values()].map(together)
}

const groupOf = ({ kind }: Source): string | undefined => {
  if (kind === 'shell') return undefined
  return kind === 'text' ? 'file' : kind
}

const together = (asked: Asked[]): Entry => {
  const sources = asked.map(a => a.source)
  const timeout = Math.max(...asked.map(a => a.timeout))
  const of = <K extends Source['kind']>(...kinds: K[]) =>
    sources.filter((s): s is Extract<Source, { kind: K }> => kinds.includes(s.kind as K))
  switch (sources[0]?.kind) {
    case 'file':
    case 'text':
      return { ...filesTogether(of('file', 'text')), sources, timeout }
    case 'unit':
      return { ...unitsTogether(of('unit')), sources, timeout }
    case 'packages':
      return { ...packagesTogether(of('packages')), sources, timeout }
    default:
      return aloneOf(asked[0] as Asked)
  }
}

/** Reads it with its own script, whatever its kind. */
export const aloneOf = ({ source, timeout }: Asked): Entry => ({
  sh: shellOf(source),
  isSimple: source.kind === 'shell' && source.isSimple === true,
  timeout,
  sources: [source],
  split: printed => [printed],
})
