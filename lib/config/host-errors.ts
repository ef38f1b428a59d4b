import { ConfigError, type Place, placeName } from './error.ts'

/** An error found for one host, with what identifies the same error on another host. */
export interface HostError {
  host: string
  error: ConfigError
  /** The problem without the host. */
  problem?: string
  place?: Place
  /** The variable that is not set for the host. */
  missing?: string
}

/**
 * Pure: merges errors that hosts share. A wrong value in one place is reported once; what a whole group lacks is reported for its first
 * host.
 */
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
