import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MachineName } from '../../lib/lab/index.ts'
import { labDown, labFault, labUp } from '../../lib/lab/index.ts'
import type { Finding } from '../../lib/report/drift.ts'
import { lookForDrift } from '../lab/drift.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import type { DriftKind } from './drift-kinds.ts'
import { driftKinds } from './drift-kinds.ts'

/**
 * On a converged lab: NFSHA_TEST_LAB names one that is, else one is brought up and played. Every kind of drift is made by hand, found by drift, and
 * mended by a run or left alone by it.
 */
const given = process.env.NFSHA_TEST_LAB
const lab = given ?? `drift-${process.pid}`
let nodes: Record<DriftKind['on'], 'M1' | 'M2'> = { H: 'M1', S: 'M2' }

const look = () => lookForDrift(lab)

const holderOf = async (): Promise<'M1' | 'M2'> =>
  (await on(lab, 'M1', 'ip -o -4 addr show em1')).includes('192.168.0.219/') ? 'M1' : 'M2'

/** Nothing differs; what a repair started may need a moment. */
const clean = () => until('nothing differs', async () => (await look()).code === 0, 240_000)

beforeAll(async () => {
  if (given === undefined) {
    await labUp({ name: lab, ephemeral: true })
    const run = await nfshaPlay(lab, ['site.yml'])
    expect(run.code, run.story).toBe(0)
  }
  const holder = await holderOf()
  nodes = { H: holder, S: holder === 'M1' ? 'M2' : 'M1' }
})
afterAll(async () => {
  if (given === undefined) await labDown({ name: lab, destroy: true })
})

test('a converged cluster: nothing is said, over one connection and at most three execs a host', async () => {
  const { code, stdout, report } = await look()
  expect({ code, stdout, findings: report.findings }).toEqual({ code: 0, stdout: '', findings: [] })
  expect(report.complete).toBe(true)
  for (const { connections, execs } of report.cost) {
    expect(connections).toBe(1)
    expect(execs).toBeLessThanOrEqual(3)
  }
})

const isFound = ({ resource, is }: DriftKind) => {
  const matches = (text: string) => (typeof resource === 'string' ? text === resource : resource.test(text))
  return (finding: Finding) => matches(finding.resource) && is.test(finding.is)
}

const breakIt = async (kind: DriftKind, machine: MachineName) => {
  if (kind.cable) await labFault(lab, machine, 'link-down', kind.cable)
  else await on(lab, machine, kind.break)
}

const repair = async (kind: DriftKind, machine: MachineName) => {
  if (kind.cable) await labFault(lab, machine, 'link-up', kind.cable)
  if (kind.repair) await on(lab, machine, kind.repair)
}

describe('every kind', () => {
  test.each(driftKinds)('$name', async kind => {
    const machine = nodes[kind.on]
    await breakIt(kind, machine)
    try {
      const { code, stdout, report } = await look()
      expect(code, stdout).toBe(5)
      const found = report.findings.find(isFound(kind))
      expect(found, stdout).toMatchObject({ alarm: true, mend: kind.mended === true ? 'site.yml' : kind.mended })
      const run = await nfshaPlay(lab, ['site.yml'])
      if (kind.mended === true) expect(run.code, run.story).toBe(0)
      // The state of a service is left alone: status.yml and the like name it, and a run that judges it ends with 3.
      else if (
        ['link em2', 'virtual IP', 'DRBD connection', 'nfsd', 'heartbeat', 'nfsd scope', 'rpc.mountd'].includes(found?.resource ?? '')
      )
        expect(run.code, run.story).toBe(3)
    } finally {
      await repair(kind, machine)
    }
    await clean()
  })
})

test('maintenance is named and nothing is alarmed', async () => {
  await on(lab, nodes.S, "echo 'new disk, by anna' > /var/lib/nfsha-play/maintenance; chmod 0600 /etc/nfs.conf.d/nfsha.conf")
  try {
    const { code, stdout, report } = await look()
    expect(code, stdout).toBe(0)
    expect(stdout).toMatch(/in maintenance: new disk, by anna\n1 differences are not alarmed meanwhile/)
    expect(report.interventions).toMatchObject([{ kind: 'maintenance', who: 'new disk, by anna' }])
  } finally {
    await on(lab, nodes.S, 'rm -f /var/lib/nfsha-play/maintenance; chmod 0644 /etc/nfs.conf.d/nfsha.conf')
  }
})

test('what runs changed stands in the log of the host', async () => {
  expect(await on(lab, nodes.S, 'journalctl -t nfsha-play -o cat -n 500')).toMatch(/nfs: file \/etc\/nfs\.conf\.d\/nfsha\.conf: mode/)
})
