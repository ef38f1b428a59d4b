import { expect, test } from 'vitest'
import { killedAt } from './killed.ts'
import { changedBy } from './prediction.ts'
import type { Played } from './run.ts'
import { nfshaPlay, on } from './run.ts'
import { underWork } from './workload.ts'

type Node = 'M1' | 'M2'

const handled = (run: Played): string[] =>
  run.events.flatMap(e => (e.type === 'handler-end' ? [`${e.handler}: ${e.status}${e.pending ? ' pending' : ''}`] : []))

/** The moves of the service that a check or a run shows. */
const handOversIn = (run: Played): string[] =>
  run.events.flatMap(e =>
    e.type === 'task-end' || e.type === 'handler-end' ? e.changes.filter(c => c.attribute === 'service').map(c => c.to) : [],
  )

const pendingRow = (run: Played): string[] | undefined =>
  run.events.flatMap(e => (e.type === 'table' ? e.rows : [])).find(row => row[0] === 'pending handlers')

/** Tests of handlers on a converged lab on which M1 is active, as it is again at the end. */
export const handlerTests = (lab: string): void => {
  const play = (...argv: string[]) => nfshaPlay(lab, argv)
  const holder = async (): Promise<Node> => ((await on(lab, 'M1', 'ip -o -4 addr show em1')).includes('192.168.0.219/') ? 'M1' : 'M2')
  const daemons = () => Promise.all((['M1', 'M2'] as const).map(m => on(lab, m, 'cat /run/heartbeat.pid')))
  /** How often a node has started the service, according to the resource script's log. */
  const takeovers = async () =>
    (await Promise.all((['M1', 'M2'] as const).map(m => on(lab, m, 'journalctl -t nfsha -o cat | grep -c "^started$" || true')))).reduce(
      (sum, n) => sum + Number(n),
      0,
    )

  /** Makes a change while a client works: no error, nothing lost, its locks kept. Prints the longest stall; returns how often the service moved. */
  const handOversOf = async (name: string, change: () => Promise<void>): Promise<number> => {
    const before = await takeovers()
    const damage = await underWork(lab, name, change, holder)
    const handOvers = (await takeovers()) - before
    console.log(`${name}: ${handOvers} hand-overs, longest stall of a write ${damage.stall.write} ms`)
    expect(damage).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
    return handOvers
  }

  test('if the runner is killed between a change and its handler, the handler is shown as pending, and the next run runs it', async () => {
    const later = ['-e', 'heartbeat_deadtime=9']
    const before = await daemons()
    const seen = new Set<string>()
    await killedAt(lab, ['site.yml', ...later], 'ha.cf changed on both', e => {
      if (e.type === 'task-end' && e.resource === 'file /etc/ha.d/ha.cf' && e.status === 'changed') seen.add(e.host)
      return seen.size === 2
    })
    const handler = 'restart heartbeat'
    expect(pendingRow(await play('status.yml'))).toEqual(['pending handlers', handler, handler])
    const held = await play('site.yml', '--no-handlers', ...later)
    expect(held.code, held.story).toBe(0)
    expect(handled(held)).toEqual([`${handler}: skipped pending`])
    expect(handled(await play('heartbeat', '-l', 'M2', ...later))).toEqual([`${handler}: skipped pending`])
    expect(handled(await play('nfs', ...later))).toEqual([])
    expect(await daemons()).toEqual(before)

    const caughtUp = await play('site.yml', ...later)
    expect(caughtUp.code, caughtUp.story).toBe(0)
    expect(changedBy(caughtUp)).toEqual([])
    expect(handled(caughtUp)).toEqual([`${handler}: changed`])
    expect(pendingRow(await play('status.yml'))).toEqual(['pending handlers', '-', '-'])
    expect(await holder()).toBe('M2')
  })

  test('a changed heartbeat_deadtime while a client writes: one hand-over, as a check predicted', async () => {
    const check = await play('site.yml', '--check')
    expect(check.code, check.story).toBe(0)
    expect(handOversIn(check)).toEqual(['handed over to M1, once: clients wait for a few seconds'])
    const handOvers = await handOversOf('deadtime', async () => {
      const run = await play('site.yml')
      expect(run.code, run.story).toBe(0)
      expect(handled(run)).toEqual(['restart heartbeat: changed'])
    })
    expect(handOvers).toBe(1)
    expect(await holder()).toBe('M1')
  })

  test('a new key of heartbeat while a client writes: no hand-over, no restart', async () => {
    const before = await daemons()
    const handOvers = await handOversOf('key', async () => {
      for (const key of [['-e', 'heartbeat_secret=another-key-of-the-lab'], []]) {
        const run = await play('site.yml', ...key)
        expect(run.code, run.story).toBe(0)
        expect(changedBy(run)).toEqual(['M1,M2 file /etc/ha.d/authkeys'])
      }
    })
    expect(handOvers).toBe(0)
    expect(await daemons()).toEqual(before)
  })

  test('a changed resource script while a client writes: one hand-over, as a check predicted, no restart', async () => {
    const before = await daemons()
    for (const machine of ['M1', 'M2'] as const) await on(lab, machine, 'echo "# an older one" >> /etc/ha.d/resource.d/nfsha')
    const check = await play('site.yml', '--check')
    expect(check.code, check.story).toBe(0)
    expect(changedBy(check)).toEqual(['M1,M2 live heartbeat files'])
    expect(handOversIn(check)).toEqual(['handed over to M2, once: clients wait for a few seconds'])
    const handOvers = await handOversOf('script', async () => {
      const run = await play('site.yml')
      expect(run.code, run.story).toBe(0)
      expect(changedBy(run)).toEqual(['M1,M2 live heartbeat files'])
    })
    expect(handOvers).toBe(1)
    expect(await daemons()).toEqual(before)
    const back = await play('switchover', '-e', 'ha_switchover_to=M1')
    expect(back.code, back.story).toBe(0)
  })
}
