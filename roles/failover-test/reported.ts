import { safePath } from '../../lib/failover/faults/guest-faults.ts'
import type {
  ClusterAssertion,
  ClusterNodes,
  ClusterResource,
  HostResource,
  Member,
  Probe,
  Reading,
  Verdict,
} from '../../lib/role-api/index.ts'
import { changesOf, notRead } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { contextAt } from '../role.ts'
import { clockOffset } from '../service/checks/clock.ts'
import { firewall } from '../service/checks/firewall.ts'
import { overview } from '../service/state/overview.ts'
import { problemText } from '../service/state/problems.ts'

/** The pair, without its clients. */
interface Pair {
  nodes: ClusterNodes
  hosts: string[]
}

/** The problems that status.yml and drift would report now, found with their own probes and checks. */
export const reported = async (nodes: ClusterNodes, context: Context): Promise<string[]> => {
  const pair = { nodes, hosts: context.cluster.nodes.map(n => n.name) }
  const found = await Promise.all([
    ofCluster(pair, host => overview(contextAt(context, host))),
    ofCluster(pair, host => clockOffset(contextAt(context, host))),
    ofHosts(pair, host => firewall(contextAt(context, host))),
  ])
  return [...new Set(found.flat())]
}

/** Unknown if the node does not answer in time. */
const readingOf = async <S>({ nodes }: Pair, host: string, probe: Probe<S>): Promise<Reading<S>> => {
  try {
    const { code, stdout, stderr } = await nodes.on(host).connection.run(`${safePath}\n${probe.sh}`, { timeout: 60_000 })
    return probe.parse({ code, stdout, stderr, at: Date.now() })
  } catch (error) {
    return notRead(String(error))
  }
}

type OfCluster<S> = ClusterResource<S> | ClusterAssertion<S>

/** Each node has its own instance, because probes name its peer, NICs and disk; any of them compares. */
const ofCluster = async <S>(pair: Pair, resourceOn: (host: string) => OfCluster<S>): Promise<string[]> => {
  const members: Member<S>[] = await Promise.all(
    pair.hosts.map(async host => ({ host, reading: await readingOf(pair, host, resourceOn(host).probe) })),
  )
  return pair.hosts[0] === undefined ? [] : texts(resourceOn(pair.hosts[0]).compare(members))
}

const ofHosts = async <S>(pair: Pair, resourceOn: (host: string) => HostResource<S>): Promise<string[]> => {
  const all = pair.hosts.map(async host => {
    const resource = resourceOn(host)
    const reading = await readingOf(pair, host, resource.probe)
    if (reading.kind !== 'present' && reading.kind !== 'absent') return []
    return texts(resource.compare(reading, () => undefined)).map(text => `${host}: ${text}`)
  })
  return (await Promise.all(all)).flat()
}

const texts = (verdict: Verdict): string[] => (verdict.kind === 'refused' ? [verdict.why] : changesOf(verdict).map(problemText))
