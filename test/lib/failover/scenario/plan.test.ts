import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { headStart, insideOf, makeScript, undoScript } from '../../../../lib/failover/faults/guest-faults.ts'
import { outsideOf } from '../../../../lib/failover/faults/lab-faults.ts'
import { type Act, catalogue, expectedEnd, nodeEffects, whyNot } from '../../../../lib/failover/scenario/catalogue.ts'
import { planOf } from '../../../../lib/failover/scenario/plan.ts'
import { sampleOf, surest, toOurs } from '../../../../lib/failover/testbed/clock.ts'
import { debian12 } from '../../../../lib/platform/debian12.ts'
import { packagedFile } from '../../../../lib/text/packaged.ts'
import { goStandby } from '../../../../roles/service/hand-over.ts'
import { contextOn } from '../../../roles/contexts.ts'

const { vars } = contextOn(debian12)
const lab = { ...vars, failover_lab: 'default' }

test('outside the lab nothing happens without the virtual IP as confirmation', () => {
  expect(planOf(vars, 1)).toMatch(/-e failover_confirm=/)
  expect(planOf({ ...vars, failover_confirm: 'yes' }, 1)).toMatch(/-e failover_confirm=/)
  expect(planOf({ ...vars, failover_confirm: '192.168.0.219' }, 1)).toHaveProperty('trials')
  expect(planOf(lab, 1)).toHaveProperty('trials')
})

const names = (plan: ReturnType<typeof planOf>) => (typeof plan === 'string' ? plan : plan.trials.map(t => `${t.fault.name} ${t.run}`))

test('which faults are possible where', () => {
  const real = planOf({ ...vars, failover_confirm: '192.168.0.219' }, 1)
  if (typeof real === 'string') throw new Error(real)
  expect(real.skipped.map(s => s.fault)).toEqual([
    'vip-alone',
    ...catalogue.filter(f => /^(cable|power-loss|freeze|stall)/.test(f.name)).map(f => f.name),
  ])
  expect(names(planOf({ ...lab, ha_stage: 'vip' }, 1))).toEqual(['vip-alone 1'])
  expect(names(planOf({ ...lab, failover_faults: 'switchover,reboot', failover_runs: 2 }, 1))).toEqual([
    'switchover 1',
    'switchover 2',
    'reboot 1',
    'reboot 2',
  ])
  expect(planOf({ ...lab, failover_faults: 'switch' }, 1)).toMatch(/unknown fault switch; there are .*switchover/)
  expect(planOf({ ...lab, failover_faults: 'vip-alone' }, 1)).toMatch(/vip-alone needs ha_stage: vip/)
})

test('the same seed selects the same faults', () => {
  const random = (seed: number | undefined) => planOf({ ...lab, failover_random: 50, failover_seed: seed }, 4711)
  expect(random(7)).toEqual(random(7))
  expect(names(random(7))).not.toEqual(names(random(8)))
  expect(random(undefined)).toMatchObject({ seed: 4711 })
  expect(names(random(7))).toHaveLength(50)
  expect(new Set((random(7) as { trials: { fault: unknown }[] }).trials.map(t => t.fault)).size).toBeGreaterThan(12)
})

test('every fault can be injected, and undone from inside where needed', () => {
  expect(new Set(catalogue.map(f => f.name)).size).toBe(catalogue.length)
  for (const fault of catalogue)
    for (const { act } of fault.steps) {
      const [inside, outside] = [insideOf(act, vars, debian12, goStandby), outsideOf(act, vars)]
      expect(inside ?? outside, fault.name).toBeDefined()
      if (inside === undefined) expect(whyNot(fault, { lab: false, stage: fault.stage ?? 'full' }), fault.name).toMatch(/outside/)
      expect(outside === undefined || outside.undo.length === outside.make.length).toBe(true)
    }
  const undone = (act: Act) => insideOf(act, vars, debian12, goStandby)?.undo
  expect(undone({ kind: 'ifdown', links: ['heartbeat', 'drbd'] })).toBe('ifup em2; ifup em3')
  expect(undone({ kind: 'heartbeat-stop' })).toBe('systemctl start heartbeat')
  expect(outsideOf({ kind: 'cable', links: ['service'] }, vars)).toEqual({ make: [['link-down', 'em1']], undo: [['link-up', 'em1']] })
})

test('every kind of act belongs to a fault of the catalogue: add the fault', () => {
  const used = catalogue.flatMap(fault => fault.steps.map(step => step.act.kind as string))
  expect(Object.keys(nodeEffects).filter(kind => !used.includes(kind))).toEqual([])
})

test('with a third link, cutting the other two is not a split brain; the reference setup has two', () => {
  const fault = catalogue.find(f => f.name === 'cable-heartbeat-drbd')
  if (!fault) throw new Error('not in the catalogue')
  expect(expectedEnd(fault, fault.steps[0], 'article')).toBe('split')
  expect(expectedEnd(fault, fault.steps[0], 'lean')).toBe('stays')
})

const sh = (script: string) => spawnSync('sh', ['-c', script], { encoding: 'utf8' })
const inTemporary = (script: string, directory: string) => script.replaceAll('/run/nfsha-failover', `${directory}/nfsha-failover`)

test('a fault from inside arms its undo timer first, and undoing ends the timer, unless it fails', () => {
  const directory = sh('mktemp -d').stdout.trim()
  const mark = (name: string) => `echo ${name} >> ${directory}/story`
  const fault = { make: mark('made'), undo: mark('undone') }
  try {
    const before = Date.now() / 1000
    const made = sh(inTemporary(makeScript(fault, 600), directory))
    expect(made.status).toBe(0)
    expect(Number(made.stdout)).toBeGreaterThanOrEqual(before - 0.01)
    const timer = readFileSync(`${directory}/nfsha-failover.undo`, 'utf8').trim()
    // For a moment it is still the shell before its exec.
    const running = `for i in $(seq 100); do ps -o args= -p ${timer} | grep 'sleep 600' && exit; sleep 0.05; done`
    expect(sh(running).stdout).toContain('sleep 600')
    sh(`for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -s ${directory}/story ] && exit; sleep ${headStart / 5}; done`)
    expect(sh(inTemporary(undoScript({ ...fault, undo: 'exit 3' }), directory)).status).toBe(3)
    expect(sh(running).stdout).toContain('sleep 600')
    expect(sh(inTemporary(undoScript(fault), directory)).status).toBe(0)
    expect(readFileSync(`${directory}/story`, 'utf8')).toBe('made\nundone\n')
    // The signal was sent a moment ago, and its parent may not have reaped it yet.
    const end = `for i in $(seq 100); do s=$(ps -o stat= -p ${timer}); case $s in Z*|'') exit ;; esac; sleep 0.05; done; echo "$s"`
    expect(sh(end).stdout).toBe('')
  } finally {
    sh(`rm -r ${directory}`)
  }
})

test('clocks: the most accurate answer, and for each moment the closest measurement', () => {
  const samples = [sampleOf(100, 102.05, 100.3), sampleOf(101, 103.01, 101.02), sampleOf(102, 104.4, 102.9)]
  const best = surest(samples)
  expect(best?.offset).toBeCloseTo(2)
  expect(best?.error).toBeCloseTo(0.01)
  const aroundFreeze = [
    { offset: 0.2, error: 0.01, at: 1000 },
    { offset: -30, error: 0.01, at: 1060 },
  ]
  expect(toOurs(1005.2, aroundFreeze)).toBeCloseTo(1005)
  expect(toOurs(1029, aroundFreeze)).toBeCloseTo(1059)
  // Right after the thaw, times are as if the node had never been frozen.
  expect(toOurs(1005.2, aroundFreeze)).toBeCloseTo(1005)
  expect(toOurs(1005.2, aroundFreeze, { from: 1004 })).toBeCloseTo(1035.2)
  expect(toOurs(1003.2, aroundFreeze, { from: 1004 })).toBeCloseTo(1003)
  expect(toOurs(1005.2, aroundFreeze.slice(0, 1), { from: 1004 })).toBeCloseTo(1005)
  // Thawed at 1034, its clock continues from 1004, and it reboots before it can be measured; the boot corrects its clock.
  const restarted = aroundFreeze.map(s => ({ ...s, offset: 0.2 }))
  const freeze = { from: 1004, until: 1034 }
  expect([1003.2, 1004.7, 1060.2].map(at => toOurs(at, restarted, freeze))).toEqual([1003, 1034.5, 1060].map(at => expect.closeTo(at)))
  expect(toOurs(7, [])).toBe(7)
})

test('the files of the test are in the package', () => {
  for (const file of ['clients/workload.pl', 'report/report.css'])
    expect(readFileSync(packagedFile(`lib/failover/${file}`), 'utf8')).not.toBe('')
})
