import type { ClusterNodes, Table } from '../../lib/resources/resource.ts'

/** M1 and M2, which record the scripts they get and what is shown; each script gets the same result. */
export const scriptedNodes = (given: { code?: number; stdout?: string; stderr?: string } = {}) => {
  const scripts: string[] = []
  const shown: Table[] = []
  const remarks: string[] = []
  const nodes = {
    hosts: ['M1', 'M2'],
    on: (host: string) => ({
      connection: {
        async run(script: string) {
          scripts.push(`${host}: ${script}`)
          return { code: 0, stdout: '', stderr: '', ...given }
        },
      },
    }),
    show: (table: Table) => shown.push(table),
    remark: (text: string) => remarks.push(text),
    progress: () => undefined,
  } as unknown as ClusterNodes
  return { nodes, scripts, shown, remarks }
}
