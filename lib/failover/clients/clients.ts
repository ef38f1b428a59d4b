import { setTimeout as delay } from 'node:timers/promises'
import { ApplyFailed } from '../../resources/outcome.ts'
import { serves } from '../testbed/observe.ts'
import type { Testbed } from '../testbed/testbed.ts'
import { connectionTo, look } from '../testbed/testbed.ts'
import type { DeadClient } from './dead-client.ts'
import { leasesUntilDead, letClientDie } from './dead-client.ts'
import type { Operation, Records } from './operations.ts'
import { judgeRecords } from './operations.ts'
import type { TestMount, Workload } from './workload.ts'
import { mountsOf, shareDirectory, startWorkload } from './workload.ts'

/** Seconds until every mount must have begun. */
const limit = 120

/** What all clients do during one trial. */
export interface Work {
  mounts: TestMount[]
  byClient: { client: string; workload: Workload }[]
  /** Name of its directory on the share. */
  run: string
}

/** With the address alone there is nothing to mount, so nobody works. */
export const startWork = async (testbed: Testbed, run: string): Promise<Work> => {
  const clients = testbed.vars.ha_stage === 'vip' ? [] : testbed.clients
  if (clients.length > 0) await prepareShare(testbed, run)
  const plans = clients.map(client => ({ client, mounts: mountsOf(client, clients.length, testbed.varsOf(client).client_options) }))
  const byClient = plans.map(({ client, mounts }) => ({
    client,
    workload: startWorkload(connectionTo(testbed, client), mounts, run, testbed.vars),
  }))
  const work = { mounts: plans.flatMap(p => p.mounts), byClient, run }
  try {
    await awaitClients(testbed, work)
  } catch (error) {
    for (const { workload } of byClient) await workload.stop()
    throw error
  }
  return work
}

/**
 * Where the clients work, made on the node that serves: root of a client may be nobody on the share (root_squash), and nobody may not write at its top. What clients
 * may have put there instead is not followed: `cd` and then the place where that has led count.
 */
const prepareShare = async (testbed: Testbed, run: string): Promise<void> => {
  const holder = (await look(testbed)).find(s => serves(s, testbed.vars.ha_stage))?.host
  if (holder === undefined) return
  const { code, stderr } = await connectionTo(testbed, holder).run(prepareScript(testbed.vars.nfs_export_path, run), { timeout: 60_000 })
  if (code !== 0) throw new ApplyFailed(`${shareDirectory} cannot be made on the share: no fault is injected`, { detail: stderr })
}

/** Shell that goes to a directory and fails when a link has led elsewhere. */
const goTo = (directory: string): string => `cd ${directory} && [ "$(pwd -P)" = ${directory} ]`

export const prepareScript = (share: string, run: string): string =>
  `cd ${share} || exit 1; [ -d ${shareDirectory} ] || mkdir -m 1777 ${shareDirectory}; ${goTo(`${share}/${shareDirectory}`)} && mkdir ${run} && ${goTo(`${share}/${shareDirectory}/${run}`)} && chmod 777 .`

/** A client may have made a link or a FIFO of the file. */
export const readScript = (share: string, run: string, name: string): string =>
  `${goTo(`${share}/${shareDirectory}/${run}`)} && timeout 290 dd if=${name}.records iflag=nofollow,nonblock bs=65536 2>/dev/null`

export const removeScript = (share: string, run: string): string =>
  `${goTo(`${share}/${shareDirectory}`)} && rm -rf ${run}; cd ${share} && rmdir ${shareDirectory} 2>/dev/null; :`

/** Asked for, a client dies on the first machine that works, `leases` lease times before this returns. */
export const deadClient = async (
  testbed: Testbed,
  work: Work,
  say: (text: string) => void,
  leases = leasesUntilDead,
): Promise<DeadClient | undefined> => {
  const { failover_dead_client: address } = testbed.vars
  const [client] = work.byClient
  if (address === undefined || client === undefined) return undefined
  say('a client dies')
  return letClientDie(connectionTo(testbed, client.client), testbed.vars, { address, run: work.run, leases })
}

export const operationsOf = (work: Work): Operation[] => work.byClient.flatMap(w => [...w.workload.operations()])

/** Every mount does all of its work. */
const awaitClients = async (testbed: Testbed, work: Work): Promise<void> => {
  const end = Date.now() + limit * 1000
  const wanted = work.mounts.length * 4
  while (new Set(operationsOf(work).map(o => `${o.mount} ${o.kind}`)).size < wanted) {
    if (Date.now() > end || work.byClient.some(w => w.workload.isOver()))
      throw new ApplyFailed('the clients do not work: no fault is injected', {
        hint: `can they mount ${testbed.vars.ha_vip.replace(/\/.*/, '')}:${testbed.vars.nfs_export_path}?`,
      })
    await delay(200, undefined, { signal: testbed.hosts.signal })
  }
}

/** Read on the node that serves, past the clients' caches: what is on its disk is what counts. */
export const readRecords = async (testbed: Testbed, work: Work): Promise<Records[] | undefined> => {
  const holder = (await look(testbed)).find(s => serves(s, testbed.vars.ha_stage))?.host
  if (holder === undefined) return undefined
  const operations = operationsOf(work)
  const records: Records[] = []
  for (const { name } of work.mounts) {
    const script = readScript(testbed.vars.nfs_export_path, work.run, name)
    // A share that hangs is as little known as one that nobody serves.
    const read = await connectionTo(testbed, holder)
      .run(script, { timeout: 300_000, maxOutput: 256 * 1024 ** 2 })
      .catch(() => undefined)
    if (read?.code !== 0) return undefined
    records.push(
      judgeRecords(
        read.stdout,
        operations.filter(o => o.mount === name),
      ),
    )
  }
  return records
}

/** Nothing of the test stays on the share: only what it has made itself, by its whole name. */
export const removeWork = async (testbed: Testbed, work: Work): Promise<void> => {
  const states = await look(testbed).catch(() => [])
  for (const { host } of states.filter(s => s.mounted))
    await connectionTo(testbed, host)
      .run(removeScript(testbed.vars.nfs_export_path, work.run), { timeout: 300_000 })
      .catch(() => undefined)
}
