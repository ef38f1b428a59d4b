import { afterAll, beforeAll, expect } from 'vitest'
import { labDown, labUp } from '../../lib/lab/index.ts'
import { chosenReleases } from '../lab/releases.ts'
import type { Played } from '../lab/run.ts'
import { nfshaPlay, on, printPanics, until } from '../lab/run.ts'

export type Node = 'M1' | 'M2'
/** The arguments for disks that are logical volumes of this size, in the group `vg` on /dev/vdb. */
export const onVolumes = (size: string): string[] => [
  '-e',
  JSON.stringify({ drbd_init_lvm: { group: 'vg', volume: 'nfs', size, disk: '/dev/vdb' } }),
]
export const other = (node: Node): Node => (node === 'M1' ? 'M2' : 'M1')

export interface Converged {
  lab: string
  /** Plays, and expects success. */
  good(...argv: string[]): Promise<Played>
  /** Address, nfsd and /data are all on this node. */
  serves(node: Node): Promise<boolean>
  /** Throws when nobody serves. */
  holder(): Promise<Node>
  /** Waits until `status` finds no problem. */
  whole(limitMs?: number): Promise<void>
}

/**
 * A converged lab for the tests of one file, which calls this at its top: NFSHA_TEST_LAB names a running one, which is left running; otherwise a lab
 * is brought up, played, and removed after the tests. `extra`: added to every command line, for example variables that the lab is built with.
 */
export const convergedLab = (name: string, extra: string[] = []): Converged => {
  const given = process.env.NFSHA_TEST_LAB
  const lab = given ?? `${name}-${process.pid}`
  const play = (...argv: string[]) => nfshaPlay(lab, [...argv, ...extra])
  const good = async (...argv: string[]) => {
    const run = await play(...argv)
    expect(run.code, run.story).toBe(0)
    return run
  }
  const serves = async (node: Node) =>
    / 192\.168\.0\.219\/24 [\s\S]*\n[1-9]\d*\n\/dev\/drbd0 /.test(
      await on(lab, node, 'ip -o -4 addr show em1; cat /proc/fs/nfsd/threads; grep " /data " /proc/mounts || true', 30_000),
    )
  const holder = async () => {
    for (const node of ['M1', 'M2'] as const) if (await serves(node)) return node
    throw new Error('nobody serves')
  }
  const whole = (limitMs = 240_000) => until('the pair is whole', async () => (await play('status.yml')).code === 0, limitMs)

  beforeAll(async () => {
    if (given === undefined) {
      await labUp({ name: lab, ephemeral: true, ...chosenReleases })
      await good('site.yml')
    }
    await whole()
  })
  afterAll(async () => {
    await printPanics(lab)
    if (given === undefined) await labDown({ name: lab, destroy: true })
  })
  return { lab, good, serves, holder, whole }
}
