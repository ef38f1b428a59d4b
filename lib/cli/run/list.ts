import type { Vars } from '../../../roles/vars.ts'
import type { PlayPlan } from '../../engine/play.ts'
import { listTasks } from '../../engine/play.ts'
import { debian12 } from '../../platform/debian12.ts'
import type { PlayArguments } from '../options.ts'

/** `--list-hosts`, `--list-tasks`, `--list-tags`: what would be played, without contacting a host. */
export const listPlan = (plays: PlayPlan<Vars>[], options: PlayArguments): string =>
  plays.map((play, i) => `${[`play #${i + 1} (${play.name})`, ...linesOf(play, options)].join('\n')}\n`).join('\n')

const linesOf = (play: PlayPlan<Vars>, { listHosts, listTasks: tasks, listTags }: PlayArguments): string[] => [
  ...(listHosts ? [`  hosts: ${play.targets.flatMap(t => t.hosts.map(h => h.name)).join(' ')}`] : []),
  ...(listTags ? [`  tags: ${play.roles.map(r => r.name).join(' ')}`] : []),
  ...(tasks ? play.targets.slice(0, 1).flatMap(target => taskLines(play, target)) : []),
]

const taskLines = (play: PlayPlan<Vars>, { cluster, hosts }: PlayPlan<Vars>['targets'][number]): string[] => {
  const [first] = hosts
  if (!first) return []
  const context = { host: first.name, vars: first.vars, facts: listedFacts, cluster, platform: debian12 }
  return play.roles.flatMap(role =>
    listTasks([role], context)
      .filter(r => play.selects([role.name, ...(r.tags ?? [])]))
      .map(r => `  ${role.name} : ${r.id}`),
  )
}

/** Facts that a list assumes: it contacts no host. */
const listedFacts = {
  os: 'debian',
  version: '12',
  kernel: '',
  kernels: [],
  arch: '',
  machineId: '',
  bootId: '',
  init: 'systemd',
  root: true,
  nics: [],
}
