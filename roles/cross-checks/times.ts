import { milliseconds } from '../service/heartbeat-time.ts'
import { type Conflict, type CrossCheck, shared } from './conflict.ts'

const order = ['heartbeat_keepalive', 'heartbeat_warntime', 'heartbeat_deadtime', 'heartbeat_initdead'] as const

/**
 * Each time must be longer than the one before. heartbeat does not start if deadtime is at most twice keepalive (lib/config.c, checks in
 * parse_ha_config).
 */
export const times: CrossCheck = cluster => {
  const found = order.slice(1).flatMap((name, i): Conflict[] => {
    const [smaller = name] = [order[i]]
    const [less, more] = [shared(cluster, smaller), shared(cluster, name)]
    if (!less || !more || milliseconds(less.value) < milliseconds(more.value)) return []
    return [{ host: more.host, names: [name, smaller], message: `${name} (${more.value}) must be more than ${smaller} (${less.value})` }]
  })
  const [keepalive, deadtime] = [shared(cluster, 'heartbeat_keepalive'), shared(cluster, 'heartbeat_deadtime')]
  if (!keepalive || !deadtime || milliseconds(deadtime.value) > 2 * milliseconds(keepalive.value)) return found
  return [
    ...found,
    {
      host: deadtime.host,
      names: ['heartbeat_deadtime', 'heartbeat_keepalive'],
      message: `heartbeat_deadtime (${deadtime.value}) must be more than twice heartbeat_keepalive (${keepalive.value}): heartbeat does not start otherwise`,
    },
  ]
}
