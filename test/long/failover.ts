// npm run failover -- [--runs 10] [--lab name]: what a planned switchover and a power loss of the serving node cost the clients. Prints a table.
// Takes a lab that is up and converged; the timing of heartbeat is set to what the figures are for.
import { parseArgs } from 'node:util'
import { labFault, labReady } from '../../lib/lab/index.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import type { Damage } from './workload.ts'
import { damageOf, startWorkload } from './workload.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '10' }, lab: { type: 'string', default: 'default' } } })
const lab = values.lab
const runs = Number(values.runs)
const timing = ['heartbeat_keepalive=250ms', 'heartbeat_warntime=1', 'heartbeat_deadtime=2', 'heartbeat_initdead=30']

type Node = 'M1' | 'M2'
const other = (node: Node): Node => (node === 'M1' ? 'M2' : 'M1')
const serves = async (node: Node) => {
  const answer = await on(lab, node, 'ip -o -4 addr show em1; cat /proc/fs/nfsd/threads /proc/drbd 2>/dev/null; cl_status rscstatus; true')
  return answer.includes('192.168.0.219/') && /^8$/m.test(answer) && /^(all|local)$/m.test(answer)
}
const whole = async (node: Node) => /ds:UpToDate\/UpToDate/.test(await on(lab, node, 'cat /proc/drbd'))
const holder = async (): Promise<Node> => ((await serves('M1')) ? 'M1' : 'M2')

/** Operations go on for a while after the fault, so that what comes late is seen too. */
const steady = async (operations: () => unknown[], more: number) => {
  const before = operations().length
  await until('the clients work', async () => operations().length > before + more, 120_000)
}

const planned = async (from: Node) => {
  const run = await nfshaPlay(lab, ['switchover', '-e', `to=${other(from)}`])
  if (run.code !== 0) throw new Error(run.story)
}

const powerLoss = async (from: Node) => {
  await labFault(lab, from, 'power-off')
  await until(`${other(from)} serves`, () => serves(other(from)), 120_000)
}

const mend = async (dark: Node) => {
  await labFault(lab, dark, 'power-on')
  await labReady(lab, dark)
  await on(lab, dark, 'systemctl start heartbeat')
  await until('DRBD is whole', () => whole(other(dark)), 300_000)
  await until(
    'both are members',
    async () => /^active$/m.test(await on(lab, other(dark), `cl_status nodestatus ${dark}.redhat.sx; true`)),
    120_000,
  )
  await until('the run is quiet', async () => /^(all|local|foreign|none)$/m.test(await on(lab, dark, 'cl_status rscstatus; true')), 120_000)
}

const once = async (fault: 'planned' | 'power loss', n: number): Promise<Damage> => {
  const from = await holder()
  const name = `work-${fault.replace(' ', '-')}-${n}`
  const work = await startWorkload(lab, name)
  try {
    await steady(work.operations, 100)
    await (fault === 'planned' ? planned(from) : powerLoss(from))
    await steady(work.operations, 200)
  } finally {
    await work.stop()
  }
  const damage = await damageOf(lab, other(from), name, work.operations())
  if (fault === 'power loss') await mend(from)
  return damage
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN
const row = (title: string, all: Damage[]) => {
  const figures = (key: 'writeStall' | 'openStall' | 'createStall') =>
    `${median(all.map(d => d[key]))} / ${Math.max(...all.map(d => d[key]))}`
  const kept = all.filter(d => d.lockKept).length
  const errors = all.flatMap(d => d.errors)
  return `| ${title} | ${all.length} | ${figures('writeStall')} | ${figures('openStall')} | ${figures('createStall')} | ${errors.length} | ${all.reduce((sum, d) => sum + d.lost, 0)} | ${kept} of ${all.length} |`
}

const tuned = await nfshaPlay(lab, ['site.yml', ...timing.flatMap(t => ['-e', t])])
if (tuned.code !== 0) throw new Error(tuned.story)
for (const fault of ['planned', 'power loss'] as const) {
  const all: Damage[] = []
  for (let n = 1; n <= runs; n++) {
    const damage = await once(fault, n)
    all.push(damage)
    console.error(`${fault} ${n}: ${JSON.stringify(damage)}`)
  }
  if (fault === 'planned')
    console.log(
      '| fault | runs | write stall ms, median / worst | open | create | errors | lost records | lock kept |\n|---|---|---|---|---|---|---|---|',
    )
  console.log(row(fault, all))
}
