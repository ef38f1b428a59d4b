import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MachineName } from '../../lib/lab/index.ts'
import { labFault } from '../../lib/lab/index.ts'
import type { Finding } from '../../lib/report/drift/report.ts'
import type { Looked } from '../lab/drift.ts'
import { lookForDrift } from '../lab/drift.ts'
import { changedBy, expectForetold } from '../lab/prediction.ts'
import { nfshaPlay, on, until } from '../lab/run.ts'
import { convergedLab, other } from './converged.ts'
import type { DriftKind } from './drift-kinds.ts'
import { driftGroups } from './drift-kinds.ts'

/**
 * On a converged lab: every kind of drift is made by hand, reported by drift, and
 * repaired by a run, or not repaired automatically.
 */
const { lab, holder } = convergedLab('drift')
let nodes: Record<DriftKind['on'], 'M1' | 'M2'> = { H: 'M1', S: 'M2' }

const look = () => lookForDrift(lab)

/** Waits until nothing differs; a repair may need a moment to take effect. */
const clean = () => until('nothing differs', async () => (await look()).code === 0, 240_000)

beforeAll(async () => {
  const serving = await holder()
  nodes = { H: serving, S: other(serving) }
})

test('a converged cluster: no output, with one connection and at most three execs per host', async () => {
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

describe.each(driftGroups)('$name', ({ kinds, repaired }) => {
  let before: Looked
  const found = (looked: Looked, kind: DriftKind) => looked.report.findings.find(isFound(kind))

  beforeAll(async () => {
    for (const kind of kinds) await breakIt(kind, nodes[kind.on])
    before = await look()
  })
  afterAll(async () => {
    for (const kind of kinds.toReversed()) await repair(kind, nodes[kind.on])
    await clean()
  })

  test('is drift', () => expect(before.code, before.stdout).toBe(5))

  test.each(kinds)('found: $name', kind => {
    const repair =
      kind.repaired === true
        ? 'site.yml'
        : kind.repaired === 'next step'
          ? expect.any(String)
          : expect.stringContaining(`nfsha-play ${kind.repaired}`)
    expect(found(before, kind), before.stdout).toMatchObject({ alarm: true, repair })
  })

  test(repaired ? 'a run repairs all of it, as a check has foretold' : 'a run leaves it alone, and says so', async () => {
    const check = await nfshaPlay(lab, ['site.yml', '--check'])
    const run = await nfshaPlay(lab, ['site.yml'])
    if (repaired) {
      expect(run.code, run.story).toBe(0)
      expectForetold(check, changedBy(run))
      return clean()
    }
    expect(run.code, run.story).toBe(3)
    const after = await look()
    expect(
      kinds.filter(kind => found(after, kind) === undefined).map(k => k.name),
      after.stdout,
    ).toEqual([])
  })
})

test('maintenance is named and raises no alarm', async () => {
  await on(lab, nodes.S, "echo 'new disk, by anna' > /var/lib/nfsha-play/maintenance; chmod 0600 /etc/nfs.conf.d/nfsha.conf")
  try {
    const { code, stdout, report } = await look()
    expect(code, stdout).toBe(0)
    expect(stdout).toMatch(/in maintenance: new disk, by anna\nno alarm meanwhile for 1 difference/)
    expect(report.interventions).toMatchObject([{ kind: 'maintenance', who: 'new disk, by anna' }])
  } finally {
    await on(lab, nodes.S, 'rm -f /var/lib/nfsha-play/maintenance; chmod 0644 /etc/nfs.conf.d/nfsha.conf')
  }
})

test('the changes of runs are in the log of the host', async () => {
  expect(await on(lab, nodes.S, 'journalctl -t nfsha-play -o cat -n 500')).toMatch(/nfs: file \/etc\/nfs\.conf\.d\/nfsha\.conf: mode/)
})
