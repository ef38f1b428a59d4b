import type { BenchOptions } from './options.ts'

/** One row of the report: a play in a state. */
export interface Scenario {
  title: string
  hosts: number
  /** Resources per host. */
  count: number
  /** State of the hosts before each run. */
  state: 'converged' | 'one change' | 'empty'
  /** One host that differs from the others. */
  with?: 'dead' | 'slow'
  /** Only for this tool and bare ssh. */
  isLarge?: true
}

const many = 40
/** 31 resources on 2 hosts: 62 changes. */
const changing = 31
const amongst = 5

/** Pure. */
export const scenariosOf = ({ sizes, large, withFaults }: BenchOptions): Scenario[] => [
  { title: 'one file changes', hosts: 2, count: many, state: 'one change' },
  { title: 'everything changes', hosts: 2, count: changing, state: 'empty' },
  ...sizes.map((hosts): Scenario => ({ title: 'converged', hosts, count: many, state: 'converged' })),
  ...large.map((hosts): Scenario => ({ title: 'converged', hosts, count: many, state: 'converged', isLarge: true })),
  ...(withFaults
    ? (['dead', 'slow'] as const).map(
        (kind): Scenario => ({ title: `converged, one host ${kind}`, hosts: amongst, count: many, state: 'converged', with: kind }),
      )
    : []),
]
