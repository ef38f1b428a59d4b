import { expect, test } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import type { ExecCost } from '../../../lib/ssh/meter.ts'

test('the cost of each command, to the byte', async () => {
  const costs: ExecCost[] = []
  const before = Date.now()
  const connection = await connect({ name: 'here', kind: 'local', address: '' }, { onExec: cost => costs.push(cost) })
  const small = await connection.run('cat; echo err >&2', { input: 'in\n' })
  const large = await connection.run('cat', { input: 'x'.repeat(300_000) })
  expect([small.stdout, small.stderr, large.stdout.length]).toEqual(['in\n', 'err\n', 300_000])
  const [first, second] = costs as [ExecCost, ExecCost]
  expect(costs).toHaveLength(2)
  // The length and a line feed, the script, a token of 30 characters, the input.
  expect([first.sent, second.sent]).toEqual([3 + 'cat; echo err >&2'.length + 30 + 3, 3 + 'cat'.length + 30 + 300_000])
  expect(second.received).toBeGreaterThan(300_000)
  expect(first.received).toBeLessThan(400)
  expect(first.from).toBeGreaterThanOrEqual(before)
  expect(second.processes ?? 0).toBeGreaterThan(first.processes ?? Number.POSITIVE_INFINITY)
})

test('the measurement does not reach the script or its output', async () => {
  const connection = await connect({ name: 'here', kind: 'local', address: '' }, { onExec: () => undefined })
  expect(await connection.run('echo "$#[$t$g$n$l$s$k$v]"; cat')).toEqual({ code: 0, stdout: '0[]\n', stderr: '' })
  const fenced = connection.fenced({ condition: 'exec 9</dev/null', descriptor: 9, refused: () => new Error('refused') as never })
  expect(await fenced.run('echo "$#[$t$g$n$l$s$k$v]"')).toEqual({ code: 0, stdout: '0[]\n', stderr: '' })
})
