import type { ClusterNodes } from '../../lib/role-api/index.ts'
import { writeFile } from '../../lib/role-api/index.ts'
import { maintenanceMarker } from './paths.ts'
import type { NamedState } from './state/state.ts'

/** Marks on both nodes that `node` is in maintenance, so that drift raises no alarm. */
export const markMaintenance = async (nodes: ClusterNodes, node: string): Promise<void> => {
  const file = { content: `${node}\n`, mode: 0o644, owner: 'root', group: 'root' }
  await Promise.all(nodes.hosts.map(host => writeFile(nodes.on(host).connection, maintenanceMarker, file)))
}

/** Pure: a problem if an operator is working on the pair. */
export const maintenanceProblems = (nodes: readonly NamedState[]): string[] => {
  const marked = nodes.find(n => n.maintenance !== undefined)
  return marked ? [`the pair is in maintenance (${marked.maintenance || 'marked'}): maintenance.yml -e ha_maintenance=none ends it`] : []
}
