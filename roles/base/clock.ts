import type { ClusterResource } from '../../lib/resources/resource.ts'
import { present } from '../../lib/resources/resource.ts'

/** The nodes' clocks against each other, compared through the clock of the machine which reads both: good to the time an answer travels. */
export const clockOffset = (limit: number): ClusterResource<number> => ({
  scope: 'cluster',
  id: 'clocks agree',
  assertion: true,
  alters: 'itself',
  probe: {
    sh: 'date +%s.%N',
    parse: ({ stdout, at }) => present(Number(stdout.trim()) - at / 1000),
  },
  changes(members) {
    const offsets = members.flatMap(m => (m.reading.kind === 'present' ? [m.reading.state] : []))
    const difference = Math.max(...offsets) - Math.min(...offsets)
    return difference <= limit ? [] : [{ attribute: 'clocks', from: `${difference.toFixed(1)} s apart`, to: `at most ${limit} s` }]
  },
  apply: async () => undefined,
})
