import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cli } from '../run.ts'

const folder = mkdtempSync(join(tmpdir(), 'nfsha-reach-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('--limit excludes hosts that the pattern names', () => {
  const inventory = join(folder, 'hosts.yml')
  writeFileSync(inventory, 'all:\n  hosts: { A: , B: }\n  vars: { ansible_connection: local }\n')
  // A host is shown as soon as it answers, so the order may differ from the inventory's.
  const asked = (...argv: string[]) =>
    cli('ping', '-i', inventory, ...argv)
      .stdout.match(/^\w+(?= {2}ok)/gm)
      ?.sort()
  expect(asked()).toEqual(['A', 'B'])
  expect(asked('-l', 'B')).toEqual(['B'])
})
