import { defaultClients } from '../../config/cluster.ts'
import { connectionTarget } from '../../config/connection.ts'
import { matchHosts } from '../../config/pattern.ts'
import type { ConnectionTarget } from '../../ssh/connection.ts'
import type { PlayArguments } from '../options.ts'
import { secrets } from '../secrets.ts'
import type { Sources } from './sources.ts'

/** How each host is reached: the inventory's connection variables and the play's. */
export const targetsOf = (
  { inventory, plays, extraVars }: Omit<Sources, 'ownRoles'>,
  hosts: string[],
  options: PlayArguments,
  becomePassword: string | undefined,
) => {
  const matched = plays.map(play => ({ play, hosts: new Set(matchHosts(inventory, play.hosts, { mayLack: [defaultClients] })) }))
  const targetOf = (host: string): ConnectionTarget => {
    const play = matched.find(m => m.hosts.has(host))?.play
    const outer = { extraVars, ...(play && { playVars: play.vars }) }
    return connectionTarget(inventory, host, {
      ...outer,
      user: play?.remoteUser ?? options.user,
      privateKey: options.privateKey,
      become: play?.become ?? options.become,
      becomeUser: play?.becomeUser,
      becomePassword,
      acceptNewHostKeys: options.acceptNewHostKeys,
    })
  }
  const targets = new Map(hosts.map(host => [host, targetOf(host)]))
  for (const { password, become } of targets.values()) for (const secret of [password, become?.password]) if (secret) secrets.add(secret)
  return targets
}
