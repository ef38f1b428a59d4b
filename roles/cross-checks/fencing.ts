import type { Conflict, CrossCheck } from './conflict.ts'

/** If only one node can be reset, only its peer could take over: in the other direction heartbeat would wait forever. */
export const fencing: CrossCheck = ({ nodes }) => {
  const without = nodes.filter(({ vars }) => vars.heartbeat_stonith === undefined)
  return nodes.flatMap(({ host, vars }): Conflict[] => {
    if (vars.heartbeat_stonith === undefined)
      return vars.heartbeat_stonith_secret === undefined
        ? []
        : [{ host, names: ['heartbeat_stonith_secret'], message: 'heartbeat_stonith_secret is set without heartbeat_stonith' }]
    const twice = Object.keys(vars.heartbeat_stonith_secret ?? {}).filter(name => name in (vars.heartbeat_stonith?.parameters ?? {}))
    return [
      ...without.map(
        (other): Conflict => ({
          host,
          names: ['heartbeat_stonith'],
          message: `${host} has heartbeat_stonith and ${other.host} has none: each node must be able to reset the other`,
        }),
      ),
      ...twice.map(
        (name): Conflict => ({
          host,
          names: ['heartbeat_stonith_secret'],
          message: `${name} is in heartbeat_stonith and in heartbeat_stonith_secret`,
        }),
      ),
    ]
  })
}
