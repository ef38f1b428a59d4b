import { dirname, join } from 'node:path'
import type { EventBody } from '../../lib/engine/events.ts'
import { exitCodeOf } from '../../lib/report/stats.ts'
import { present } from '../../lib/resources/reading.ts'
import type { HostResource } from '../../lib/resources/resource.ts'
import { differsBy } from '../../lib/resources/verdict.ts'
import type { ConnectionTarget } from '../../lib/ssh/connection.ts'
import { playOn } from './one-host-play.ts'

// A run in a separate process, which a test can stop: its arguments are its name, its connection to the host, a file on the host and the number of
// changes. Each change appends two lines to the file, by two commands. Every event goes to stdout, a line each.

/** Plays that many changes, with a lease of 2 s. Resolves with the exit code. */
export const runOfChanges = async (
  name: string,
  target: ConnectionTarget,
  log: string,
  count: number,
  emit: (event: EventBody) => void = () => undefined,
): Promise<number> => {
  const change = (i: number): HostResource<number> => ({
    scope: 'host',
    id: `change ${i}`,
    probe: { sh: `grep -c '^${name} ${i} ' ${log} || :`, parse: o => present(Number(o.stdout)) },
    compare: actual => differsBy(actual.kind === 'present' && actual.state >= 2 ? [] : [{ attribute: 'lines', from: 'fewer', to: '2' }]),
    async apply($) {
      await $`echo ${name} ${i} a >> ${log}`
      await $`echo ${name} ${i} b >> ${log}`
    },
  })
  const changes = Array.from({ length: count }, (_, i) => change(i))
  const { events, ended } = playOn(target, join(dirname(log), 'lock'), changes, { lease: { lease: 2, renewEvery: 300 }, heard: emit })
  await ended
  return exitCodeOf(events as Parameters<typeof exitCodeOf>[0])
}

if (process.argv[1] === import.meta.filename) {
  const [, , name = '', target = '', log = '', count = ''] = process.argv
  const code = await runOfChanges(name, JSON.parse(target), log, Number(count), event => process.stdout.write(`${JSON.stringify(event)}\n`))
  process.exit(code)
}
