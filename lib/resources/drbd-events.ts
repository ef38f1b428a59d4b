export interface DrbdEvent {
  /** `exists` and `change`; `create`, `destroy`, `rename`; `call` and `response` of a handler */
  kind: string
  /** `resource`, `device`, `connection`, `peer-device`, `path`, `helper`; `-`: the current state is complete */
  object: string
  /** name, role, disk, replication, ...: the key-value pairs that follow */
  values: Record<string, string>
}

/**
 * Pure: parses `drbdsetup events2`, for modules 8.4 and 9, with or without --timestamps (drbdsetup(8), events2). A value may contain colons
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
