import type { Plan, Step } from '../../../lib/role-api/index.ts'
import { ApplyFailed, describeDevice, minorOf, planOf } from '../../../lib/role-api/index.ts'
import type { Context } from '../../role.ts'
import { contextAt } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { drbdProgram, withDrbd } from '../drbd/tools.ts'
import { milliseconds } from '../heartbeat-time.ts'
import { answeringAddresses, lostAt, type NamedCopy } from './copy.ts'
import { peerSigns } from './peer-signs.ts'

/** Pure: why this copy cannot be made the valid one. `accepted`: disk states that the operator has confirmed. */
export const takeProblems = (copy: NamedCopy, missing: string[], accepted: string[]): string[] => {
  const { host, device } = copy
  const [other = ''] = missing
  if (missing.length !== 1) return ['both nodes were read: a copy is taken alone only when the other node is gone']
  const signs = peerSigns(copy)
  if (signs.length > 0)
    return [
      `${other} is not gone (${signs.join(', ')}), and may have the newer data or serve: repair the connection to it, or power it off, and check its copy first`,
    ]
  if (!device) return []
  if (device.disk === 'Outdated' && !accepted.includes('Outdated'))
    return [
      `the copy of ${host} is Outdated: ${other} continued without it, and what was written then is not in it. Start ${other}. Only if it is gone for good: nfsha-play force-primary.yml -e drbd_survivor=${host}`,
    ]
  if (device.disk !== 'UpToDate' && !accepted.includes(device.disk))
    return [`the copy of ${host} is ${device.disk} (${describeDevice(device)}): it is not a usable copy; ${other} or a backup has the data`]
  return []
}

/** What may be lost by taking this copy, for the operator to read first. */
const lossOf = (copy: NamedCopy, other: string): string => {
  const since = lostAt(copy)
  return `${copy.device?.disk}; ${other} was lost ${since ? `at ${since}` : 'at an unknown time'}, and what it wrote since is lost`
}

/**
 * Makes this copy the valid one although the other may be newer (drbdadm(8), primary --force). The guard is in the same script as the
 * write: if the other node has come back in the meantime, nothing is forced.
 */
export const takeCopy = (copy: NamedCopy, other: string, context: Context): Step => {
  const own = contextAt(context, copy.host)
  const { drbd_resource: resource, drbd_device: device } = own.vars
  return {
    name: `take the copy of ${copy.host}`,
    changes: [{ attribute: `copy of ${copy.host}`, from: lossOf(copy, other), to: 'used from now on' }],
    async run(nodes) {
      const result = await nodes.on(copy.host).connection.run(
        withDrbd(
          own.vars,
          `answers=$(:
${answeringAddresses(own)})
[ -z "$answers" ] || { echo "${other} answers at $answers" >&2; exit 1; }
grep -qE '^ *${minorOf(device)}: cs:(WFConnection|StandAlone) .* ds:(Consistent|Outdated|UpToDate)/' /proc/drbd || { grep '^ *${minorOf(device)}:' /proc/drbd >&2; exit 1; }
drbdadm primary --force ${resource}`,
        ),
        { timeout: 180_000 },
      )
      if (result.code !== 0) throw new ApplyFailed(`the copy of ${copy.host} was not taken`, { detail: result.stderr })
    },
  }
}

/** Milliseconds that heartbeat may take from its start until a node serves: first it waits `initdead` for the other node. */
const untilServed = ({ heartbeat_initdead }: Vars): number => milliseconds(heartbeat_initdead) + 180_000

/** Starts heartbeat, or restarts it where it runs but has given up the service. */
export const startHeartbeat = (hosts: string[], { platform }: Context, how: 'start' | 'restart' = 'start'): Step => ({
  name: `${how} heartbeat on ${hosts.join(' and ')}`,
  settle: 60_000,
  changes: hosts.map(host => ({
    attribute: `heartbeat on ${host}`,
    from: how === 'start' ? 'stopped' : 'running, without the service',
    to: `${how}ed`,
  })),
  async run(nodes) {
    await Promise.all(hosts.map(host => nodes.on(host).$`${platform.commands[how](platform.services.heartbeat)}`))
  },
})

/** Only waits: heartbeat and the resource script start the service. */
export const untilItServes = (who: string, { vars }: Context): Step => ({
  name: `wait until ${who} serves`,
  settle: untilServed(vars),
  changes: [{ attribute: 'service', from: 'on no node', to: `on ${who}` }],
  run: async () => undefined,
})

/** Attaches and connects a resource that the boot did not bring up. */
export const bringUp = (hosts: string[], { vars }: Context): Step => ({
  name: `bring DRBD up on ${hosts.join(' and ')}`,
  settle: 60_000,
  changes: hosts.map(host => ({ attribute: `DRBD on ${host}`, from: 'down', to: 'up, Secondary' })),
  async run(nodes) {
    for (const host of hosts) await nodes.on(host).$`${drbdProgram(vars, 'drbdadm')} adjust ${vars.drbd_resource}`
  },
})

/**
 * Pure: starts the service on one node. If its copy is not UpToDate, which the operator has confirmed, it is taken first; then heartbeat is
 * started and the node serves.
 */
export const planAlone = (copy: NamedCopy, other: string, done: readonly string[], context: Context): Plan => {
  if (copy.vip) return planOf([])
  const take = takeCopy(copy, other, context)
  const taken = done.includes(take.name)
  const restart = startHeartbeat([copy.host], context, 'restart')
  return planOf([
    !taken && copy.device?.disk !== 'UpToDate' && take,
    !copy.heartbeat && startHeartbeat([copy.host], context),
    copy.heartbeat && taken && !done.some(name => name.includes('start heartbeat')) && restart,
    untilItServes(copy.host, context),
  ])
}
