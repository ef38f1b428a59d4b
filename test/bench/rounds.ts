import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender, Play } from './contenders/contender.ts'
import type { Farm, FarmHost } from './farm.ts'
import { type Measured, measure } from './measure.ts'
import type { Scenario } from './scenarios.ts'
import { type Spread, spreadOf } from './stats.ts'
import { removeAll, spoilOne, tasksOf, verifyTasks } from './tasks.ts'

/** The result of a contender in a scenario. */
export interface Row {
  contender: string
  wall: Spread
  cpu: Spread
  rss: Spread
}

export interface Result {
  scenario: Scenario
  rows: Row[]
  /** Contenders whose run did not do what it should, with the reason; they have no figures. */
  failed: { contender: string; reason: string }[]
}

/** Measures all contenders in turn, round by round, so that a temporary slowdown of the machine affects all of them. The first round is discarded. */
export const measureScenario = async (
  scenario: Scenario,
  contenders: Contender[],
  farm: Farm,
  rounds: number,
  tell: (text: string) => void,
): Promise<Result> => {
  const play = playOf(scenario, farm)
  const found = new Map<string, Measured[]>(contenders.map(c => [c.name, []]))
  const failed: Result['failed'] = []
  for (const contender of contenders) contender.prepare(play)
  await converge(play, contenders[0] as Contender, scenario)
  for (let round = 0; round <= rounds; round++)
    for (const contender of contenders.filter(c => !failed.some(f => f.contender === c.name))) {
      arrange(scenario, play)
      const measured = await measure(contender.command(play), play.folder)
      const reason = problemOf(measured, scenario, contender, play)
      tell(
        `${scenario.title}, ${scenario.hosts} hosts, round ${round}: ${contender.name} ${Math.round(measured.wall)} ms${reason === undefined ? '' : `: ${reason}`}`,
      )
      if (reason !== undefined) failed.push({ contender: contender.name, reason })
      else if (round > 0) found.get(contender.name)?.push(measured)
    }
  const rows = contenders
    .filter(c => !failed.some(f => f.contender === c.name))
    .map(({ name }) => {
      const all = found.get(name) ?? []
      return {
        contender: name,
        wall: spreadOf(all.map(m => m.wall)),
        cpu: spreadOf(all.map(m => m.cpu)),
        rss: spreadOf(all.map(m => m.rss)),
      }
    })
  return { scenario, rows, failed }
}

const playOf = ({ hosts, count, with: kind }: Scenario, farm: Farm): Play => {
  const folder = join(farm.folder, ['play', hosts, count, kind].filter(Boolean).join('-'))
  mkdirSync(folder, { recursive: true })
  const other = kind === undefined ? [] : [farm[kind]]
  return { folder, farm, hosts: [...farm.hosts(hosts - other.length), ...other], tasks: tasksOf(count) }
}

/** Hosts on which a play can do something. */
const alive = ({ hosts, farm }: Play): FarmHost[] => hosts.filter(h => h !== farm.dead)

/** The first run, by the first contender: after it, the hosts are in the desired state. */
const converge = async (play: Play, contender: Contender, { state }: Scenario): Promise<void> => {
  for (const host of alive(play)) removeAll(play.farm.folderOf(host))
  if (state !== 'empty') await measure(contender.command(play), play.folder)
}

const arrange = ({ state }: Scenario, play: Play): void => {
  const [first] = play.hosts
  if (state === 'one change' && first) spoilOne(play.farm.folderOf(first))
  if (state === 'empty') for (const host of play.hosts) removeAll(play.farm.folderOf(host))
}

/** Why a run is invalid: wrong exit code, or it did not do its work. */
const problemOf = ({ code, output }: Measured, scenario: Scenario, contender: Contender, play: Play): string | undefined => {
  const isFine = scenario.with === 'dead' ? code !== 0 && code !== null : code === 0
  if (!isFine) return `exit code ${code}: ${output.trim().split('\n').slice(-3).join(' / ').slice(-300)}`
  if (contender.makesNothing) return undefined
  try {
    for (const host of alive(play)) verifyTasks(play.farm.folderOf(host), play.tasks)
  } catch (error) {
    return (error as Error).message
  }
  return undefined
}
