import type { Event } from '../../engine/events.ts'
import type { ClusterStatus } from '../../resources/cluster-status.ts'
import { escapedDeep } from '../../text/escape.ts'
import { outputTo } from '../output.ts'
import { colorLevel, palette } from '../parts/palette.ts'
import type { View, ViewOptions } from '../view.ts'
import { plainLines } from './plain-lines.ts'

type RunEnd = Extract<Event, { type: 'run-end' }>

/** The status of all clusters that were read and the end of the run, for a program. */
export interface StatusReport {
  time: string
  exitCode: number
  clusters: ClusterStatus[]
  /** Why a cluster could not be read: an interruption, an internal error. */
  faults: string[]
}

/**
 * A view that prints one text at the end, made only from the states of the service; warnings go to stderr. `exitCode`: for a format that
 * has its own exit codes. The text is printed as it is, since the format does its own escaping.
 */
export const statusView = (
  render: (report: StatusReport) => string,
  { stdout = process.stdout, stderr = process.stderr, color }: ViewOptions,
  exitCode?: (report: StatusReport) => number,
): View => {
  const [out, err] = [outputTo(stdout), outputTo(stderr)]
  const colors = palette(color ?? colorLevel('stderr'))
  const clusters: ClusterStatus[] = []
  const faults: string[] = []
  let report: StatusReport | undefined
  const end = ({ time, exitCode: code }: RunEnd) => {
    report = { time, exitCode: code, clusters, faults }
    out.raw(render(report))
  }
  return {
    on(given) {
      const event = escapedDeep(given)
      if (event.type === 'status') clusters.push(event.status)
      if (event.type === 'interrupted') faults.push(`interrupted by ${event.signal}`)
      if (event.type === 'internal-error') faults.push(`internal error: ${event.message}`)
      if (event.type === 'run-end') return end(event)
      // The profile goes to stderr too: stdout has one text, which a program reads.
      const isSaid = event.type === 'internal-error' || event.type === 'profile' || (event.type === 'message' && event.level !== 'info')
      if (isSaid) for (const line of plainLines(event, { check: false, diff: false, verbosity: 0 }, colors)) err.line(line)
    },
    async close() {
      await Promise.all([out.flush(), err.flush()])
    },
    ...(exitCode && { exitCode: () => (report ? exitCode(report) : undefined) }),
  }
}
