import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { labFault, labReady } from '../../lib/lab/index.ts'
import { nfshaCommand, nfshaPlay, on, until } from '../lab/run.ts'
import { underWork } from '../lab/workload.ts'
import type { Node } from './converged.ts'
import { convergedLab, other } from './converged.ts'

// Debian 12 on both nodes (NFSHA_TEST_RELEASE=bookworm, or a lab of it).
describe('a pair of Debian 12 becomes one of Debian 13 while clients work', () => {
  const { lab, good, holder, whole } = convergedLab('upgrade')
  const upgrade = ['upgrade.yml', '-e', 'ha_release=trixie']
  const release = (node: Node) => on(lab, node, '. /etc/os-release; echo "$VERSION_CODENAME $(uname -r)"')
  /** dpkg is at work: most of Debian's packages have been unpacked by then, but few are set up. */
  const unpacks = async (node: Node) => Number(await on(lab, node, "grep -c ' status unpacked .*deb13' /var/log/dpkg.log || true")) > 5
  /** A run that will be interrupted. */
  const begin = () => {
    const { file, args } = nfshaCommand(lab, upgrade)
    const child = spawn(file, args, { stdio: 'ignore' })
    return { child, ended: new Promise<number | null>(resolve => child.once('close', resolve)) }
  }

  test('a check predicts the changes on both nodes and changes nothing', async () => {
    const { code, events } = await nfshaPlay(lab, [...upgrade, '--check'])
    const told = events.flatMap(e => (e.type === 'task-end' && e.role === 'upgrade' ? e.changes.map(c => c.attribute) : []))
    expect(code).toBe(0)
    for (const node of ['M1', 'M2']) expect(told).toContain(`release of ${node}`)
    for (const node of ['M1', 'M2'] as const) expect(await release(node)).toMatch(/^bookworm 6\.1\./)
  })

  test('the runner is killed, then a node loses power, and the same command continues each time', async () => {
    const first = other(await holder())
    const impact = await underWork(
      lab,
      'upgrade',
      async () => {
        const killed = begin()
        await until(`${first} unpacks`, () => unpacks(first), 1_800_000)
        killed.child.kill('SIGKILL')
        await killed.ended
        const second = other(first)
        const stopped = begin()
        await until(`${second} unpacks`, () => unpacks(second), 7_200_000)
        await labFault(lab, second, 'power-off')
        expect(await stopped.ended).not.toBe(0)
        await labFault(lab, second, 'power-on')
        await labReady(lab, second)
        await good(...upgrade)
      },
      holder,
    )
    expect(impact).toMatchObject({ errors: [], lost: 0, torn: 0, lockKept: true })
    console.log(`longest waits, ms: ${JSON.stringify(impact.stall)}`)
  }, 10_800_000)

  test('both nodes run Debian 13 with its kernel, the pair is healthy, and another run changes nothing', async () => {
    await whole()
    for (const node of ['M1', 'M2'] as const) {
      expect(await release(node)).toMatch(/^trixie 6\.12\./)
      expect(await on(lab, node, 'apt-mark showhold')).toMatch(/drbd-utils\nheartbeat/)
    }
    // Package lists older than an hour are downloaded again, which is a change; the run after it has nothing to do.
    await good(...upgrade)
    const again = await good(...upgrade)
    expect(Object.values(again.recap).map(r => r.changed)).toEqual([0, 0])
  })
})
