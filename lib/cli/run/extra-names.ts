import { Vars } from '../../../roles/vars.ts'
import { ConfigError, mostShown, throwAll } from '../../config/error.ts'
import type { Inventory } from '../../config/model.ts'
import { formerNames, runnerVariables } from '../../config/own-names.ts'
import type { Play } from '../../config/playbook.ts'
import { ownVariables, variablesOf } from '../../config/precedence.ts'
import { closest } from '../../config/suggest.ts'
import { isConnectionVariable, readVariables } from '../../config/target-variables.ts'
import type { Variables } from '../../config/value.ts'
import type { OwnRole } from '../../own-roles/load.ts'

/**
 * The one playbook that a variable of ours is for, if there is only one. Its description is the only source: `switchover.yml`: the node
 * that is to serve.
 */
export const playbookOf = (name: string): string | undefined => {
  const field = Object.hasOwn(Vars.shape, name) ? Vars.shape[name as keyof typeof Vars.shape] : undefined
  return /^`([\w-]+)\.yml`:/.exec(field?.description ?? '')?.[1]
}

/**
 * Refuses names in `-e` that nothing reads: with `-e too=M2` the service would move to the default node. A name must be one of ours that
 * the plays can use, a connection variable, or one that the inventory or a play defines (it then belongs to the user). Without plays, all
 * of ours count. Throws all mistakes at once.
 */
export const refuseUnknownExtraVars = (
  extraVars: Variables,
  inventory: Inventory,
  { plays, ownRoles = [] }: { plays?: readonly Play[]; ownRoles?: readonly OwnRole[] } = {},
): void => {
  const roles = plays && new Set(plays.flatMap(play => play.roles.map(({ role }) => role)))
  const isUsed = (name: string) => {
    const owner = playbookOf(name)
    return owner === undefined || roles === undefined || roles.has(owner)
  }
  const ours = [...Object.keys(Vars.shape), ...runnerVariables, ...ownRoles.flatMap(role => Object.keys(role.fields))]
  const usable = ours.filter(isUsed)
  const former = formerNames(Vars)
  const current = (name: string) => former.get(name) ?? name
  const unread = [...extraVars].filter(([name]) => !usable.includes(current(name)) && !isConnectionVariable(name))
  if (unread.length === 0) return
  const foreign = foreignNames(inventory, plays ?? [])
  throwAll(
    unread
      .filter(([name]) => ours.includes(current(name)) || !foreign.has(name))
      .slice(0, mostShown)
      .map(([name, { at }]) => {
        // The value of an unknown variable may be a secret: its line is not shown.
        const place = { ...at, source: { ...at.source, secret: true } }
        if (ours.includes(current(name)))
          return new ConfigError(`'${name}' has no effect here: it is for ${playbookOf(current(name))}.yml`, place)
        const old = [...former.keys()].filter(one => usable.includes(current(one)))
        const meant = closest(name, [...usable, ...old, ...readVariables, ...foreign])
        const hint = meant === undefined ? undefined : `did you mean '${current(meant)}'?`
        const nobody = `no role ${plays ? 'of this playbook ' : ''}reads it, and the inventory does not define it`
        return new ConfigError(`unknown variable '${name}'`, place, hint ?? nobody)
      }),
  )
}

/** All names of variables in the inventory and in the plays. Files that are encrypted as a whole count when they can be decrypted. */
const foreignNames = (inventory: Inventory, plays: readonly Play[]): Set<string> => {
  const names = new Set(plays.flatMap(play => [...play.vars.keys()]))
  for (const group of inventory.groups.values())
    for (const name of ownVariables(inventory, group, { openable: true }).keys()) names.add(name)
  for (const host of inventory.hosts.keys()) for (const name of variablesOf(inventory, host, {}, { openable: true }).keys()) names.add(name)
  return names
}
