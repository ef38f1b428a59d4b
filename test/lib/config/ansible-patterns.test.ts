import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../lib/config/error.ts'
import { loadInventory } from '../../../lib/config/inventory.ts'
import { matchHosts } from '../../../lib/config/pattern.ts'
import { runs } from '../../runs.ts'
import { workspace } from './workspace.ts'

const hostsText = `[nfs]
M[1:2]
[web]
web[1:3].example.org
M2
twin
[twin]
twin
C1
[clients]
C[1:2]
[site:children]
nfs
web
[empty]
`
const names =
  'M1 M2 C1 nfs web clients site all empty twin M9 nsf ungrouped web1.example.org web* M? *.org [MC]1 *[!1] db* ~M\\d ~web ~(nfs|C) ~x nfs[0] nfs[-1] nfs[2] web[1:] web[0:1] web*[0] empty[0] site[3] db[0]'.split(
    ' ',
  )
const blank = fc.constantFrom('', '', ' ')
const part = fc.tuple(blank, fc.constantFrom('', '', '!', '&'), fc.constantFrom(...names), blank).map(pieces => pieces.join(''))
const pattern = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.constantFrom(':', ','))
  .map(([parts, separator]) => parts.join(separator))

/**
 * Ansible itself, in one process; `null` where it refuses a pattern. With this setting, a part that matches nothing is an error there too.
 */
const script = `import json, sys
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
inventory = InventoryManager(loader=DataLoader(), sources=[sys.argv[1]])
def hosts(pattern):
    try: return [host.name for host in inventory.get_hosts(pattern)]
    except Exception: return None
print(json.dumps([hosts(pattern) for pattern in json.load(sys.stdin)]))`

const interpreter = (): string | undefined => {
  const found = spawnSync('sh', ['-c', 'command -v ansible'], { encoding: 'utf8' }).stdout.trim()
  return found === '' ? undefined : /^#!\s*(\S+)/.exec(readFileSync(found, 'utf8'))?.[1]
}
const python = interpreter()

const ansible = (cwd: string, patterns: string[]): (string[] | null)[] => {
  const { stdout } = spawnSync(python ?? '', ['-c', script, join(cwd, 'hosts')], {
    input: JSON.stringify(patterns),
    encoding: 'utf8',
    maxBuffer: 1e9,
    env: { ...process.env, ANSIBLE_HOST_PATTERN_MISMATCH: 'error' },
  })
  return JSON.parse(stdout) as (string[] | null)[]
}

describe.skipIf(python === undefined)(`patterns compared with Ansible${python ? '' : ' (skipped: Ansible is not installed)'}`, () => {
  it('select the same hosts, and are refused when a part matches nothing', { timeout: 600_000 }, () => {
    const cwd = workspace({ hosts: hostsText })
    const inventory = loadInventory(['hosts'], { cwd })
    const patterns = [...names.flatMap(name => [name, `!${name}`, `nfs:&${name}`]), ...fc.sample(pattern, runs(400))]
    const ours = (text: string): string[] | null => {
      try {
        return matchHosts(inventory, text)
      } catch (error) {
        if (error instanceof ConfigError) return null
        throw error
      }
    }
    const theirs = ansible(cwd, patterns)
    expect(theirs.filter(hosts => hosts !== null && hosts.length > 0).length).toBeGreaterThan(patterns.length / 5)
    for (const [index, text] of patterns.entries()) expect([text, ours(text)?.toSorted()], text).toEqual([text, theirs[index]?.toSorted()])
  })
})
