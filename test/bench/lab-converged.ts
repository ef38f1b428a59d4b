// npm run bench:lab: compares a converged run on both nodes of the running lab with one bare `ssh host true` to both in parallel.
import { spawnSync } from 'node:child_process'
import { attempt } from '../../lib/lab/command.ts'
import { sshArguments } from '../../lib/lab/index.ts'
import { nfshaPlay } from '../lab/run.ts'

const lab = process.argv[2] ?? 'default'
const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return performance.now() - started
}
const bare = () => Promise.all((['M1', 'M2'] as const).map(m => attempt('ssh', ['-o', 'BatchMode=yes', ...sshArguments(lab, m), 'true'])))

const [ours, theirs]: [number[], number[]] = [[], []]
let execs = ''
for (let i = 0; i < 5; i++) {
  theirs.push(await timed(bare))
  ours.push(
    await timed(async () => {
      const run = await nfshaPlay(lab, ['site.yml', '-l', 'nfs'])
      if (run.code !== 0) throw new Error(run.story)
      execs = run.events
        .flatMap(e => (e.type === 'host-closed' ? [`${e.host}: ${e.connections} connection, ${e.execs} execs`] : []))
        .join('; ')
    }),
  )
}
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
console.log(
  `converged run ${seconds(median(ours))}, bare ssh to both ${seconds(median(theirs))}, ratio ${(median(ours) / median(theirs)).toFixed(1)} (medians of 5)`,
)
console.log(execs)
console.log(`start-up alone: ${seconds(await timed(async () => spawnSync(process.execPath, ['bin/nfsha-play.js', '--version'])))}`)
