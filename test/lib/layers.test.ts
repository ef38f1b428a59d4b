import { expect, test } from 'vitest'
import { lintPlanted } from './lint.ts'

// The linter holds the layers. Here files are planted, in a directory of their own, that break them, and others that do not.

/** The rule that each file breaks, by its path. */
const broken = (files: Record<string, string>): Record<string, string> => {
  const complaints = lintPlanted(files, '--only=suspicious/noImportCycles', '--only=style/noRestrictedImports')
  return Object.fromEntries(complaints.map(({ path, rule }) => [path, rule]))
}

/** A file that imports from another layer, as a value, as a type or when it is called. */
const importing = (from: string) => [
  `import { x } from '${from}'\nexport const y = x\n`,
  `import type { X } from '${from}'\nexport type Y = X\n`,
  `export const y = () => import('${from}')\n`,
]

const plant = (imports: [folder: string, from: string][]) =>
  Object.fromEntries(
    imports.flatMap(([folder, from], i) =>
      importing(from).map((text, kind): [string, string] => [`${folder}/planted-${i}-${kind}.ts`, text]),
    ),
  )

test('an import against the layers, or of another role, is an error, whatever kind it is of', () => {
  const files = plant([
    ['roles/base', '../../lib/ssh/connection.ts'],
    ['roles/base', '../../lib/resources/file.ts'],
    ['roles/base', '../../lib/failover/scenario/plan.ts'],
    ['roles', '../lib/platform/facts.ts'],
    ['roles/service/state', '../../../lib/text/amounts.ts'],
    ['roles/base', '../../lib/lab/index.ts'],
    ['roles/base/part', '../../../lib/cli/options.ts'],
    ['roles', '../lib/ssh/connection.ts'],
    ['roles/failover-test', '../../lib/ssh/connection.ts'],
    ['roles/service/state', '../../../lib/ssh/connection.ts'],
    ['roles/base', '../nfs/role.ts'],
    ['roles/base/part', '../../nfs/role.ts'],
    ['roles/service', '../nfs/role.ts'],
    ['roles/service/state', '../../nfs/role.ts'],
    ['lib/resources', '../engine/frames.ts'],
    ['lib/resources', '../platform/facts.ts'],
    ['lib/platform', '../engine/role.ts'],
    ['lib/engine', '../report/stats.ts'],
    ['lib/engine', '../cli/options.ts'],
    ['lib/report', '../engine/run.ts'],
    ['lib/ssh', '../resources/quote.ts'],
    ['lib/config', '../engine/role.ts'],
    ['lib/config', '../report/output.ts'],
    ['lib/report/views', '../../engine/run.ts'],
    ['lib/text', '../ssh/quote.ts'],
    ['lib/lab', '../../roles/index.ts'],
    ['lib/engine', '../../roles/index.ts'],
    ['lib/own-roles', '../cli/options.ts'],
    ['lib/own-roles', '../engine/role.ts'],
    ['lib/own-roles', '../resources/file.ts'],
    ['lib/own-roles', '../ssh/connection.ts'],
    ['lib/own-roles', '../../roles/index.ts'],
    ['lib/own-roles/part', '../../platform/facts.ts'],
    ['lib/config', '../own-roles/find.ts'],
    ['lib/engine', '../own-roles/load.ts'],
    ['lib/resources', '../role-api/index.ts'],
    ['lib/failover/faults', '../../role-api/index.ts'],
    ['lib/failover/faults', '../../../roles/service/hand-over.ts'],
    ['lib/failover/faults', '../../engine/run.ts'],
    ['lib/failover/report', '../../report/view.ts'],
    ['lib/failover/scenario', '../../ssh/connection.ts'],
  ])
  expect(broken(files)).toEqual(Object.fromEntries(Object.keys(files).map(path => [path, 'noRestrictedImports'])))
})

test('an import along the layers is none', () => {
  const files = plant([
    ['roles/base', '../../lib/role-api/index.ts'],
    ['roles/service/state', '../../../lib/role-api/index.ts'],
    ['roles/base', '../service/state/state.ts'],
    ['roles/failover-test', '../../lib/failover/scenario/plan.ts'],
    ['lib/failover/faults', '../../lab/index.ts'],
    ['lib/failover/scenario', '../report/record.ts'],
    ['lib/failover/scenario', '../../resources/outcome.ts'],
    ['roles/base', '../vars.ts'],
    ['roles/base', './part/one.ts'],
    ['roles/base/part', '../../service/paths.ts'],
    ['roles/base/part', '../role.ts'],
    ['roles/base/part', '../../vars.ts'],
    ['roles/service/state', '../drbd/tools.ts'],
    ['roles', './base/role.ts'],
    ['lib/resources', '../ssh/connection.ts'],
    ['lib/engine', '../resources/resource.ts'],
    ['lib/report', '../engine/events.ts'],
    ['lib/report/views', '../../engine/events.ts'],
    ['lib/report/views', '../../text/layout.ts'],
    ['lib/config', '../text/escape.ts'],
    ['roles', '../lib/role-api/index.ts'],
    ['lib/own-roles', '../config/error.ts'],
    ['lib/own-roles', '../role-api/package-entry.ts'],
    ['lib/own-roles', '../text/escape.ts'],
    ['lib/own-roles', './find.ts'],
    ['lib/cli', '../own-roles/load.ts'],
    ['lib/cli', '../engine/run.ts'],
    ['lib/cli', '../lab/index.ts'],
    ['lib/cli', '../../roles/index.ts'],
  ])
  expect(broken(files)).toEqual({})
})

test('a circle of imports is an error, of types and of what is loaded when it is called too', () => {
  const files = {
    'lib/report/a.ts': "import { b } from './b.ts'\nexport const a = () => b\n",
    'lib/report/b.ts': "export const b = () => import('./c.ts')\n",
    'lib/report/c.ts': "import type { a } from './a.ts'\nexport type C = typeof a\n",
  }
  expect(Object.values(broken(files))).toEqual(['noImportCycles', 'noImportCycles', 'noImportCycles'])
})
