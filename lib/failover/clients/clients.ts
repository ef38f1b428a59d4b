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

/** Seconds until every mount must have started. */
const limit = 120

/** The work of all clients during one trial. */
export interface Work {
  mounts: TestMount[]
  byClient: { client: string; workload: Workload }[]
  /** Name of its directory on the share. */
  run: string
}

/** With only the address there is nothing to mount, so no client works. */
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
 * Creates the clients' directory on the active node: root of a client may be mapped to the user nobody (root_squash), who may have no
 * permission to write at the top of the share. Links that clients may have created instead are not followed: `cd` there, then check where that led.
 */
const prepareShare = async (testbed: Testbed, run: string): Promise<void> => {
  const holder = (await look(testbed)).find(s => serves(s, testbed.vars.ha_stage))?.host
  if (holder === undefined) return
  const { code, stderr } = await connectionTo(testbed, holder).run(prepareScript(testbed.vars.nfs_export_path, run), { timeout: 60_000 })
  if (code !== 0) throw new ApplyFailed(`${shareDirectory} cannot be created on the share: no fault is injected`, { detail: stderr })
}

/** Shell that changes to a directory, and fails when a link has led elsewhere. */
const goTo = (directory: string): string => `cd ${directory} && [ "$(pwd -P)" = ${directory} ]`

export const prepareScript = (share: string, run: string): string =>
  `cd ${share} || exit 1; [ -d ${shareDirectory} ] || mkdir -m 1777 ${shareDirectory}; ${goTo(`${share}/${shareDirectory}`)} && mkdir ${run} && ${goTo(`${share}/${shareDirectory}/${run}`)} && chmod 777 .`

/** A client may have replaced the file with a link or a FIFO. */
export const readScript = (share: string, run: string, name: string): string =>
  `${goTo(`${share}/${shareDirectory}/${run}`)} && timeout 290 dd if=${name}.records iflag=nofollow,nonblock bs=65536 2>/dev/null`

export const removeScript = (share: string, run: string): string =>
  `${goTo(`${share}/${shareDirectory}`)} && rm -rf ${run}; cd ${share} && rmdir ${shareDirectory} 2>/dev/null; :`

/** If requested, a client dies on the first machine that works; returns `leases` lease times later. */
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

/** Waits until every mount has done every kind of operation. */
const awaitClients = async (testbed: Testbed, work: Work): Promise<void> => {
  const end = Date.now() + limit * 1000
  const wanted = work.mounts.length * 4
  while (new Set(operationsOf(work).map(o => `${o.mount} ${o.kind}`)).size < wanted) {
    if (Date.now() > end || work.byClient.some(w => w.workload.isOver()))
      throw new ApplyFailed('the workload does not run: no fault is injected', {
        hint: `can they mount ${testbed.vars.ha_vip.replace(/\/.*/, '')}:${testbed.vars.nfs_export_path}?`,
      })
    await delay(200, undefined, { signal: testbed.hosts.signal })
  }
}

/** Read on the active node, bypassing the clients' caches: what is on its disk is what counts. */
export const readRecords = async (testbed: Testbed, work: Work): Promise<Records[] | undefined> => {
  const holder = (await look(testbed)).find(s => serves(s, testbed.vars.ha_stage))?.host
  if (holder === undefined) return undefined
  const operations = operationsOf(work)
  const records: Records[] = []
  for (const { name } of work.mounts) {
    const script = readScript(testbed.vars.nfs_export_path, work.run, name)
    // The records on a share that hangs are unknown, as on one that no node serves.
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

/** Removes what the test has created on the share, by its full name only. */
export const removeWork = async (testbed: Testbed, work: Work): Promise<void> => {
  const states = await look(testbed).catch(() => [])
  for (const { host } of states.filter(s => s.mounted))
    await connectionTo(testbed, host)
      .run(removeScript(testbed.vars.nfs_export_path, work.run), { timeout: 300_000 })
      .catch(() => undefined)
}
