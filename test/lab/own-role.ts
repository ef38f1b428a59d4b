import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { changedBy } from './prediction.ts'
import type { Played } from './run.ts'
import { nfsha, nfshaPlay, on } from './run.ts'

const playbook = fileURLToPath(new URL('../../docs/own-role/exporter.yml', import.meta.url))
const settings = '/etc/default/prometheus-node-exporter'
const nodes = ['M1', 'M2'] as const

/** The example of docs/your-own-role.md, on a converged lab. */
export const ownRoleTests = (lab: string): void => {
  const play = async (...argv: string[]): Promise<Played> => {
    const run = await nfshaPlay(lab, [playbook, '-l', 'nfs', ...argv])
    expect(run.code, run.story).toBe(0)
    return run
  }
  const starts = () =>
    Promise.all(nodes.map(m => on(lab, m, 'systemctl show -p ExecMainStartTimestampMonotonic prometheus-node-exporter.service')))
  const restarted = (run: Played) => run.events.flatMap(e => (e.type === 'handler-end' && e.status === 'changed' ? [e.host] : [])).sort()

  test('a user’s own role is installed, converges, reports drift, and restarts only for a changed configuration', async () => {
    await play()
    for (const m of nodes)
      expect(await on(lab, m, 'systemctl is-active prometheus-node-exporter; ss -Hltn "sport = :9100" | wc -l')).toBe('active\n1')
    const before = await starts()
    expect(changedBy(await play())).toEqual([])
    expect(await starts()).toEqual(before)

    await on(lab, 'M2', `chmod 0600 ${settings}`)
    const drift = await nfsha(lab, ['drift', playbook, '-l', 'nfs'])
    expect(drift).toMatchObject({ code: 5, stdout: expect.stringContaining(`M2: file ${settings}: mode 0600, should be 0644`) })

    const moved = await play('-e', 'prometheus_node_exporter_port=9101')
    expect(restarted(moved), moved.story).toEqual(['M1', 'M2'])
    for (const m of nodes) expect(await on(lab, m, 'ss -Hltn "sport = :9101" | wc -l')).toBe('1')
    expect(await starts()).not.toEqual(before)
    expect(restarted(await play())).toEqual(['M1', 'M2'])
    expect((await nfsha(lab, ['drift', playbook, '-l', 'nfs'])).code).toBe(0)
  })
}
