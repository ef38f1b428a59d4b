import { copyProblems } from '../service/drbd/copy-source.ts'
import { holds } from '../service/hand-over.ts'
import type { NamedState } from '../service/state/state.ts'
import type { Vars } from '../vars.ts'

/** Pure: why this node cannot be replaced now; empty when only the other one serves, and its data is good. */
export const replacementProblems = (states: NamedState[], node: string, stage: Vars['ha_stage']): string[] => {
  const [here, other] = [states.find(s => s.host === node), states.find(s => s.host !== node)]
  if (!here || !other) return [`both nodes must be read; read: ${states.map(s => s.host).join(' and ') || 'none'}`]
  if (holds(here))
    return [
      `${node} holds the service, or part of it, so it is not the node to replace${holds(other) ? '' : `. To replace it anyway: nfsha-play switchover, then put the new machine in its place`}`,
    ]
  if (!other.vip) return [`${other.host} does not serve, and a node is replaced while the other one does: run nfsha-play status.yml first`]
  return [
    ...(other.heartbeat ? [] : [`heartbeat does not run on ${other.host}`]),
    ...(other.heartbeat && !other.stable ? [`a hand-over is under way on ${other.host}`] : []),
    ...(stage === 'full' ? copyProblems(other) : []),
  ]
}
