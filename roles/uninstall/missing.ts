import type { Context } from '../role.ts'
import type { NamedInstalled } from './state.ts'

const hearsPeer = ({ device, links }: NamedInstalled): boolean =>
  /^(Connected|Sync|PausedSync|Verify)/.test(device?.connection ?? '') || links.some(link => link.endsWith(' up'))

/**
 * Pure: why the pair is not removed while a node was not read (`missing`); undefined where it may be. A node that is only down would come back with
 * everything on it, and might serve: the operator has to say that it is lost.
 */
export const missingProblem = (states: NamedInstalled[], missing: string[], { vars }: Context): string | undefined => {
  const lost = vars.uninstall_without
  const [other] = missing
  const alive = states.find(hearsPeer)
  if (lost !== undefined && !missing.includes(lost))
    return `uninstall_without=${lost}: ${states.some(s => s.host === lost) ? `${lost} answers` : `no node of this pair is named ${lost}`}`
  if (other === undefined) return undefined
  if (states.length === 0) return 'no node was read'
  if (lost !== other)
    return `${other} was not read: start it and run this again, or, if it is lost for good: -e uninstall_without=${other} removes the pair from ${states[0]?.host ?? ''} alone`
  if (alive) return `uninstall_without=${lost}: ${lost} is running, ${alive.host} is connected to it`
  return undefined
}
