import type { ClusterAssertion, ClusterResource, HostResource, Member, Probe, Reading, Verdict } from '../../lib/resources/resource.ts'
import { unknown } from '../../lib/resources/resource.ts'
import { changesOf } from '../../lib/resources/verdict.ts'
import { contextAt } from '../role.ts'
import { clockOffset } from '../service/checks/clock.ts'
import { firewall } from '../service/checks/firewall.ts'
import { overview } from '../service/state/overview.ts'
import { problemText } from '../service/state/problems.ts'
import { safePath } from './acts.ts'
import type { Bench } from './bench.ts'
import { connectionTo } from './bench.ts'

/** What status.yml and drift report of the pair now: their own readings and their own judgement. */
export const reported = async (bench: Bench): Promise<string[]> => {
  const { context } = bench
  const found = await Promise.all([
    ofCluster(bench, overview(context)),
    ofCluster(bench, clockOffset(context)),
    ofHosts(bench, host => firewall(contextAt(context, host))),
  ])
  return [...new Set(found.flat())]
}

/** Unknown where a node does not answer in time. */
const readingOf = async <S>(bench: Bench, host: string, probe: Probe<S>): Promise<Reading<S>> => {
  try {
    const { code, stdout, stderr } = await connectionTo(bench, host).run(`${safePath}\n${probe.sh}`, { timeout: 60_000 })
    return probe.parse({ code, stdout, stderr, at: Date.now() })
  } catch (error) {
    return unknown(String(error))
  }
}

const ofCluster = async <S>(bench: Bench, resource: ClusterResource<S> | ClusterAssertion<S>): Promise<string[]> => {
  const members: Member<S>[] = await Promise.all(
    bench.nodes.map(async host => ({ host, reading: await readingOf(bench, host, resource.probe) })),
  )
  return texts(resource.compare(members))
}

const ofHosts = async <S>(bench: Bench, resourceOn: (host: string) => HostResource<S>): Promise<string[]> => {
  const all = bench.nodes.map(async host => {
    const resource = resourceOn(host)
    const reading = await readingOf(bench, host, resource.probe)
    if (reading.kind !== 'present' && reading.kind !== 'absent') return []
    return texts(resource.compare(reading, () => undefined)).map(text => `${host}: ${text}`)
  })
  return (await Promise.all(all)).flat()
}

const texts = (verdict: Verdict): string[] => (verdict.kind === 'refused' ? [verdict.why] : changesOf(verdict).map(problemText))
