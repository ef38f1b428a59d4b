import { ConfigError, type Place, placeName } from './error.ts'

/** A mistake that was found for one host, and what tells whether another host has the very same. */
export interface HostError {
  host: string
  error: ConfigError
  /** The problem without the host. */
  problem?: string
  place?: Place
  /** The variable that the host lacks. */
  missing?: string
}

/** Pure: one error for what hosts share. A value that stands in one place is wrong once; what a whole group lacks is named for its first host. */
export const hostErrors = (errors: readonly HostError[]): ConfigError[] => {
  const groups = new Map<string, HostError[]>()
  for (const error of errors) {
    const key = keyOf(error)
    groups.set(key, [...(groups.get(key) ?? []), error])
  }
  return [...groups.values()].flatMap(group => {
    const [first] = group
    if (!first) return []
    if (group.length === 1 || first.problem === undefined || first.place === undefined) return [first.error]
    return [new ConfigError(`${first.problem} (for ${group.map(e => e.host).join(' and ')})`, first.place, first.error.hint)]
  })
}

const keyOf = ({ host, error, problem, place, missing }: HostError): string => {
  if (missing !== undefined) return missing.startsWith('node_') ? `missing ${missing} ${host}` : `missing ${missing}`
  return problem !== undefined && place !== undefined ? `${placeName(place)} ${problem}` : error.message
}
