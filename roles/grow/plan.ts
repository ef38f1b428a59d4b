import type { Plan, Step } from '../../lib/role-api/index.ts'
import { bytes, describeDevice, planOf, refused } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt } from '../role.ts'
import { followSync } from '../service/drbd/follow.ts'
import type { Vars } from '../vars.ts'
import { fileSystemProblems, isCopying, limitProblems, oneSided, pairProblems, sizeProblems, volumeProblems } from './problems.ts'
import { exactly, type Sizes, sizesOf, volumeTarget } from './sizes.ts'
import type { NamedNode } from './state.ts'
import * as take from './steps.ts'

const growth = (attribute: string, { now, grown }: { now: number; grown: number }) => ({
  attribute,
  from: exactly(now),
  to: exactly(grown),
})

/** The standby's volume first: a failure there does not affect the active node. */
const volumeSteps = (nodes: NamedNode[], varsOf: (host: string) => Vars): Step[] =>
  [...nodes]
    .sort((a, b) => Number(a.vip) - Number(b.vip))
    .flatMap(({ host, volume }) => {
      const spec = varsOf(host).drbd_init_lvm
      const size = spec && volume ? volumeTarget(spec.size, volume) : 0
      if (!spec || !volume || size <= volume.size) return []
      return [
        {
          name: `extend ${spec.group}/${spec.volume} on ${host}`,
          changes: [growth(`${spec.group}/${spec.volume} on ${host}`, { now: volume.size, grown: size })],
          run: on => take.extendVolume(on, host, volume, size, varsOf(host)),
        } satisfies Step,
      ]
    })

const copyStep = 'copy the new space'

const copied = (active: NamedNode, standby: NamedNode, from: string, vars: Vars): Step => ({
  name: copyStep,
  settle: 60_000,
  changes: [
    { attribute: `new space on ${standby.host}`, from, to: `copied from ${active.host}; ${standby.host} cannot take over until then` },
  ],
  run: on => followSync(on, active.host, vars.drbd_device, 30),
})

/** Pure: the remaining steps on a pair without problems. */
const stepsFor = (sizes: Sizes, active: NamedNode, standby: NamedNode, vars: Vars): (Step | false)[] => {
  const { device, fileSystem } = sizes
  const isDue = device.grown > device.now
  const copies = [active, standby].some(n => n.device && isCopying(n.device))
  return [
    isDue && {
      name: `resize ${vars.drbd_device}`,
      settle: 60_000,
      changes: [growth(vars.drbd_device, device)],
      run: on => take.resizeDevice(on, active.host, vars),
    },
    isDue && !vars.drbd_grow_assume_clean && copied(active, standby, `${bytes(device.grown - device.now)}, not in sync yet`, vars),
    !isDue && copies && copied(active, standby, standby.device ? describeDevice(standby.device) : '', vars),
    fileSystem.grown > fileSystem.now && {
      name: 'grow the file system',
      settle: 60_000,
      changes: [growth(`file system of ${vars.nfs_export_path}`, fileSystem)],
      async run(on) {
        await take.growFileSystem(on, active.host, vars)
        on.remark(`${vars.nfs_export_path} has ${exactly(fileSystem.grown)} now`)
      },
    },
  ]
}

/** Pure: the remaining steps to grow the volumes, DRBD and the file system to the size that both disks allow. */
export const planGrow = (nodes: NamedNode[], done: readonly string[], context: Context): Plan => {
  const { vars } = context
  const varsOf = (host: string) => contextAt(context, host).vars
  const sizes = sizesOf(nodes, varsOf)
  const { device, fileSystem } = sizes
  const [active, standby] = [nodes.find(n => n.vip), nodes.find(n => !n.vip)]
  const isDeviceDue = device.grown > device.now
  // Only a copy that this run started. Another one is waited for only if the file system still has to grow.
  const copies = done.length > 0 && nodes.some(n => n.device && isCopying(n.device))
  const isDue = isDeviceDue || copies || fileSystem.grown > fileSystem.now
  const isKnown = device.now > 0 && fileSystem.now > 0
  const problems = [...volumeProblems(nodes, varsOf), ...(isKnown ? sizeProblems(sizes) : [])]
  const lopsided = isDue || done.length > 0 ? undefined : oneSided(sizes)
  if (problems.length === 0 && isKnown && !isDue) return lopsided === undefined ? planOf([]) : refused(lopsided)
  problems.push(...pairProblems(nodes, !isDeviceDue))
  if (problems.length === 0) problems.push(...fileSystemProblems(nodes, vars), ...limitProblems(nodes, sizes))
  if (problems.length > 0 || !active || !standby)
    return refused(`nothing is grown${done.length > 0 ? ' further' : ''}: ${problems.join('; ')}`)
  return planOf([...volumeSteps(nodes, varsOf), ...stepsFor(sizes, active, standby, vars)])
}
