import { expect, test } from 'vitest'
import { labFault } from '../../lib/lab/index.ts'
import { on, until } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import type { Node } from './converged.ts'
import { convergedLab, other } from './converged.ts'

/**
 * heartbeat restarts itself when it hears a node again that it had declared dead. The service manager must not treat that as the end of the service.
 */
const { lab, holder, whole } = convergedLab('restart')

const nics = ['em1', 'em2', 'em3']
const saysDead = (node: Node, peer: Node) => on(lab, node, `cl_status nodestatus ${peer}.redhat.sx || true`)

test('a standby that was cut off comes back, five times: systemd does not treat the restart as the end, no error, nothing lost', async () => {
  const pids = new Set<string>()
  const impact = await underWork(
    lab,
    'restarts',
    async () => {
      for (let i = 0; i < 5; i++) {
        const serving = await holder()
        const standby = other(serving)
        for (const nic of nics) await labFault(lab, standby, 'link-down', nic)
        await until('it is given up', async () => (await saysDead(serving, standby)) === 'dead', 120_000)
        for (const nic of nics) await labFault(lab, standby, 'link-up', nic)
        await whole()
        for (const node of [serving, standby]) {
          expect(await on(lab, node, 'systemctl is-active heartbeat')).toBe('active')
          pids.add(`${node} ${await on(lab, node, 'cat /run/heartbeat.pid')}`)
        }
      }
    },
    holder,
  )
  console.log(`restarts: ${pids.size} processes of heartbeat, longest stall of a write ${impact.stall.write} ms`)
  expect(pids.size).toBeGreaterThan(5)
  expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
})

test('after a kill by hand the unit is inactive and can be started; after a stop no process is left', async () => {
  const standby = other(await holder())
  await on(lab, standby, '/usr/libexec/heartbeat/heartbeat -k')
  const ended = async () => (await on(lab, standby, 'systemctl is-active heartbeat || true')) === 'inactive'
  await until('systemd has seen it', ended, 5000)
  await on(lab, standby, 'systemctl start heartbeat')
  await whole()
  await on(lab, standby, 'systemctl stop heartbeat', 180_000)
  expect(await on(lab, standby, 'pgrep -x heartbeat || echo none')).toBe('none')
  await on(lab, standby, 'systemctl start heartbeat')
  await whole()
})
