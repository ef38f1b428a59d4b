export interface DrbdEvent {
  /** `exists` and `change`; `create`, `destroy`, `rename`; `call` and `response` of a handler */
  kind: string
  /** `resource`, `device`, `connection`, `peer-device`, `path`, `helper`; `-`: the present state has been told completely */
  object: string
  /** name, role, disk, replication, ...: what follows, by its own words */
  values: Record<string, string>
}

/**
 * Pure: lines of `drbdsetup events2`, for modules of 8.4 and of 9, with or without --timestamps (drbdsetup(8), events2). A value may hold colons
 * (`local:ipv4:172.16.100.210:7789`): the first one ends the key.
 */
export const parseDrbdEvents = (text: string): DrbdEvent[] =>
  text.split('\n').flatMap(line => {
    const match = /^(?:\d{4}-\S+ )?(exists|create|destroy|change|rename|call|response) (\S+)(.*)$/.exec(line)
    if (!match) return []
    const [, kind = '', object = '', rest = ''] = match
    const values = Object.fromEntries([...rest.matchAll(/\s([a-z_-]+):(\S*)/g)].map(m => [m[1] ?? '', m[2] ?? '']))
    return [{ kind, object, values }]
  })
