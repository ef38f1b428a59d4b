import type { NamedState } from '../state/state.ts'

/** What one node sees of the other. `answers`: addresses of the other node that answer: `172.16.0.211 over em2`. */
type View = Pick<NamedState, 'host' | 'links' | 'device'> & { answers: string[] }

/** Pure: the signs, seen from this node, that the other node is running. */
export const peerSigns = ({ host, answers, links, device }: View): string[] => [
  ...answers.map(answer => `it answers at ${answer}`),
  ...links.flatMap(link => (link.endsWith(' up') ? [`heartbeat of ${host} hears it over ${link.split(' ')[0]}`] : [])),
  ...(device && device.peerRole !== 'Unknown' ? [`DRBD of ${host} is connected to it`] : []),
]
