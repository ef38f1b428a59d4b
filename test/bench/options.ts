import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Measured rounds; one extra round before them fills the caches. */
  rounds: number
  /** Numbers of hosts on which the converged play is measured, by all contenders. */
  sizes: number[]
  /** The same, only for this tool and bare ssh: the others would take minutes per round. */
  large: number[]
  /** Whether to measure with a dead and with a slow host too. */
  withFaults: boolean
  /** Words in the names of the contenders that take part; all if empty. */
  only: string[]
  /** Writes the result to docs/performance.md. */
  write: boolean
}

export const usage = `npm run bench [-- options]
  --quick        2 rounds, 2 and 10 hosts, no dead and no slow host; nothing is written
  --rounds <n>   rounds that count (5)
  --hosts <n,n>  sizes of the converged play (2,10)
  --large        50, 200 and 500 hosts too, by this tool and bare ssh
  --only <names> words of the names of those that take part: --only nfsha,ssh; nothing is written
  --no-write     leave docs/performance.md as it is`

/** Pure. Throws an error with the usage for an unknown argument. */
export const benchOptions = (argv: string[]): BenchOptions => {
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      hosts: { type: 'string' },
      large: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      'no-write': { type: 'boolean', default: false },
    },
  })
  const { quick } = values
  return {
    rounds: values.rounds === undefined ? (quick ? 2 : 5) : whole('--rounds', values.rounds),
    sizes: (values.hosts ?? '2,10').split(',').map(n => whole('--hosts', n)),
    large: values.large ? [50, 200, 500] : [],
    withFaults: !quick,
    only: values.only.split(',').filter(Boolean),
    write: !quick && values.only === '' && !values['no-write'],
  }
}

const whole = (option: string, text: string): number => {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`${option} ${text}: a whole number from 1 to 9999\n${usage}`)
  return Number(text)
}
