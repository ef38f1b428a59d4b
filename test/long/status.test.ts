import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { attempt } from '../../lib/lab/command.ts'
import { labFault, labReady, sshArguments } from '../../lib/lab/index.ts'
import type { ClusterStatus, NextStep } from '../../lib/resources/cluster-status.ts'
import { contextAt } from '../../roles/role.ts'
import { serviceProbe } from '../../roles/service/state/state.ts'
import { nfsha, nfshaPlay, on, until } from '../lab/run.ts'
import { labContext } from '../roles/lab-context.ts'
import { convergedLab, type Node, other } from './converged.ts'

/**
 * The status in every state that an operator may see, produced on real machines: its headline, its causes, and its next command, which is run as shown. With
 * NFSHA_RECORD the nodes' answers are recorded in test/fixtures/status, where a unit test shows them at 80 columns and as data.
 */
const { lab, good, holder, whole } = convergedLab('status')

const fixtures = join(import.meta.dirname, '../fixtures/status')

/** A node's answer to the status probe; undefined if it does not answer. */
const answerOf = async (node: Node): Promise<string | undefined> => {
  const own = contextAt(labContext(), node)
  const script = `LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH\n${serviceProbe(own).sh}`
  return on(lab, node, script, 40_000).catch(() => undefined)
}

const record = async (state: string) => {
  if (!process.env.NFSHA_RECORD) return
  const directory = join(fixtures, state)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const node of ['M1', 'M2'] as const) {
    const answer = await answerOf(node)
    if (answer !== undefined) writeFileSync(join(directory, `${node}.txt`), `${answer}\n`)
  }
}

const status = async (): Promise<ClusterStatus> => {
  const { stdout } = await nfsha(lab, ['status.yml', '--output', 'json'])
  const [cluster] = (JSON.parse(stdout) as { clusters: ClusterStatus[] }).clusters
  if (!cluster) throw new Error(`no cluster in ${stdout}`)
  return cluster
}

/** Runs a next step on the host that it names; returns the exit code of the last command and all output. */
const paste = async ({ on: where, command }: NextStep, standby: Node): Promise<{ code: number; output: string }> => {
  if (where === '') {
    const { code, stdout, stderr } = await nfsha(lab, command.replace(/^nfsha-play /, '').split(' '))
    return { code, output: stdout + stderr }
  }
  const nodes: Node[] = where === 'both nodes' ? ['M1', 'M2'] : where === 'the standby' ? [standby] : [where as Node]
  let all = { code: 0, output: '' }
  for (const node of nodes) {
    const { code, stdout, stderr } = await attempt(
      'ssh',
      ['-tt', '-o', 'BatchMode=yes', ...sshArguments(lab, node), `TERM=xterm timeout 15 sh -c '${command.replaceAll("'", `'\\''`)}'`],
      { timeoutMs: 60_000 },
    )
    all = { code: code ?? -1, output: all.output + stdout + stderr }
  }
  return all
}

interface State {
  make(active: Node, standby: Node): Promise<unknown>
  headline(active: Node, standby: Node): RegExp
  /** Codes of the causes, in their order; the step of the first one is run. */
  causes: string[]
  pasted(result: { code: number; output: string }, active: Node, standby: Node): void
  /** What else is needed before the pair is healthy. */
  undo?(active: Node, standby: Node): Promise<unknown>
}

const boot = async (node: Node) => {
  await labFault(lab, node, 'power-on')
  await labReady(lab, node, 600_000)
}
const servedBy = (active: Node) => new RegExp(`^served by ${active}$`)
const withoutPeer = (active: Node, standby: Node) => new RegExp(`^served by ${active}; ${standby} was not read \\(.*\\)$`)
const notThere = ({ code, output }: { code: number; output: string }, _active: Node, standby: Node) => {
  expect(code, output).toBe(4)
  expect(output).toMatch(new RegExp(`${standby}.*unreachable`))
}

const states: Record<string, State> = {
  healthy: { make: async () => undefined, headline: servedBy, causes: [], pasted: () => undefined },
  'one node down': {
    make: (_, standby) => labFault(lab, standby, 'power-off'),
    headline: withoutPeer,
    causes: ['node-unreachable'],
    pasted: notThere,
    // As the note says.
    undo: async (_, standby) => {
      await boot(standby)
      await good('start.yml')
    },
  },
  'one node frozen': {
    make: (_, standby) => labFault(lab, standby, 'freeze'),
    headline: withoutPeer,
    causes: ['node-unreachable'],
    pasted: notThere,
    undo: (_, standby) => labFault(lab, standby, 'thaw'),
  },
  'no heartbeat': {
    make: (active, standby) => Promise.all([standby, active].map(node => on(lab, node, 'service heartbeat stop'))),
    headline: () => /^not served$/,
    causes: ['heartbeat-stopped'],
    pasted: ({ code, output }) => expect(code, output).toBe(0),
  },
  'split brain': {
    async make(active, standby) {
      await on(lab, standby, 'drbdadm disconnect drbd')
      await on(
        lab,
        standby,
        'drbdadm primary --force drbd; mount -o nodev,nosuid /dev/drbd0 /mnt; date > /mnt/written-by-the-standby; umount /mnt; drbdadm secondary drbd',
      )
      await on(lab, active, 'date > /data/written-by-the-active-node; sync; drbdadm connect drbd || true')
      await on(lab, standby, 'drbdadm connect drbd')
      await until('they do not agree', async () => /StandAlone/.test(await on(lab, standby, 'cat /proc/drbd')), 60_000)
    },
    headline: servedBy,
    causes: ['drbd-standalone'],
    pasted: ({ code, output }, _, standby) => {
      expect(code, output).toBe(0)
      expect(output).toContain(`what was written on ${standby} since the split kept -> discarded`)
    },
    undo: (_, standby) => good('split-brain.yml', '-e', `drbd_victim=${standby}`),
  },
  resync: {
    async make(active, standby) {
      await on(lab, standby, 'drbdadm disconnect drbd')
      await on(lab, active, 'dd if=/dev/urandom of=/data/resync bs=1M count=100 conv=fsync 2>&1')
      // The watch connects it again by itself, and restores the declared settings: so slow it down afterwards.
      const slow = 'until grep -q SyncTarget /proc/drbd; do sleep 0.2; done; drbdadm disk-options --c-max-rate=300k --c-min-rate=300k drbd'
      await on(lab, active, 'drbdadm connect drbd || true')
      await on(lab, standby, `drbdadm connect drbd || true; ${slow}`, 60_000)
      await until('it copies', async () => /SyncTarget/.test(await on(lab, standby, 'cat /proc/drbd')), 60_000)
    },
    headline: servedBy,
    causes: ['drbd-resync'],
    pasted: ({ output }) => expect(output).toMatch(/SyncTarget|Inconsistent/),
    undo: async (active, standby) => {
      await on(lab, standby, 'drbdadm adjust drbd')
      await on(lab, active, 'rm -f /data/resync /data/written-by-the-active-node')
    },
  },
  'disk failed': {
    async make(active, standby) {
      // The driver removes the disk, as it does if the disk no longer answers.
      await on(lab, standby, 'echo "$(basename "$(readlink -f /sys/block/vdb/device)")" > /sys/bus/virtio/drivers/virtio_blk/unbind')
      await on(lab, active, 'date > /data/after-the-disk; sync')
      await until('DRBD has noticed', async () => /Diskless/.test(await on(lab, active, 'cat /proc/drbd')), 60_000)
    },
    headline: servedBy,
    causes: ['drbd-diskless'],
    pasted: ({ code, output }) => {
      expect(code, output).toBe(0)
      expect(output).toMatch(/drbd/)
    },
    // As the note says, after the disk is back.
    undo: async (active, standby) => {
      await on(
        lab,
        standby,
        'cd /sys/bus/virtio; for d in devices/*; do [ "$(cat $d/device)" != 0x0002 ] || [ -e $d/driver ] || echo "$(basename $d)" > drivers/virtio_blk/bind; done',
      )
      await on(lab, standby, 'drbdadm attach all')
      await on(lab, active, 'rm -f /data/after-the-disk')
    },
  },
  suspended: {
    // The node hears nobody: the other node is frozen, and the cable to the ping node is unplugged.
    async make(active, standby) {
      await labFault(lab, standby, 'freeze')
      await labFault(lab, active, 'link-down', 'em1')
      await until('it waits', async () => / s-----| -s----|suspended:(?!no)/.test(await on(lab, active, 'cat /proc/drbd')), 120_000)
    },
    headline: (_, standby) => new RegExp(`^not known: .*${standby} was not read`),
    causes: ['node-unreachable', 'link-no-carrier'],
    pasted: notThere,
    undo: async (active, standby) => {
      await labFault(lab, active, 'link-up', 'em1')
      await labFault(lab, standby, 'thaw')
    },
  },
}

test.each(Object.entries(states))('%s', async (name, { make, headline, causes, pasted, undo }) => {
  const active = await holder()
  const standby = other(active)
  await make(active, standby)
  let seen = await status()
  const wanted = headline(active, standby)
  // For some seconds after a fault it is not detected: DRBD suspends I/O, heartbeat still hears the node.
  const isThere = () =>
    wanted.test(seen.headline) &&
    isDeepStrictEqual(
      seen.problems.map(p => p.code),
      causes,
    )
  await until(
    `the status names ${causes.join(', ')}`,
    async () => {
      if (isThere()) return true
      seen = await status()
      return isThere()
    },
    120_000,
  ).catch(() => undefined)
  await record(name)
  expect(seen.headline).toMatch(wanted)
  expect(seen.problems.map(p => p.code)).toEqual(causes)
  const [first] = seen.problems
  if (first) pasted(await paste(first.next, standby), active, standby)
  await undo?.(active, standby)
  await whole()
  expect((await nfshaPlay(lab, ['status.yml'])).code).toBe(0)
})
