import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageChanges } from '../../../lib/resources/package-manager.ts'
import { changesOf } from '../../../lib/resources/verdict.ts'
import { parseRpm, rpmPackages } from '../../../lib/resources/yum.ts'

// rpm(8) accepts a package name with or without version and architecture, prints the query format for each match, and reports names without
// a match as not installed. This stub does the same for one machine, with the packages of two kernels.
const rpm = `#!/bin/sh
[ "$1 $2" = '-q --qf' ] || exit 2
format=$3; shift 3
say() { printf "$(printf %s "$format" | sed "s/%{NAME}/$1/g; s/%{VERSION}/$2/g; s/%{RELEASE}/$3/g")"; }
bad=0
for n; do
  case $n in
    gcc) say gcc 4.4.7 11.el6 ;;
    glibc-devel) say glibc-devel 2.12 1.149.el6; say glibc-devel 2.12 1.149.el6 ;;
    kernel-devel-2.6.32-504.el6.x86_64) say kernel-devel 2.6.32 504.el6 ;;
    kernel-devel-2.6.32-573.el6.x86_64) say kernel-devel 2.6.32 573.el6 ;;
    kernel-devel) say kernel-devel 2.6.32 504.el6; say kernel-devel 2.6.32 573.el6 ;;
    *) echo "package $n is not installed"; bad=1 ;;
  esac
done
exit $bad
`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfsha-rpm-'))
  writeFileSync(join(folder, 'rpm'), rpm, { mode: 0o755 })
})
afterAll(() => rmSync(folder, { recursive: true }))

const missing = (names: string[]): string[] => {
  const { probe, compare } = rpmPackages(names)
  const { stdout, status } = spawnSync('sh', ['-s'], { input: `PATH=${folder}:$PATH\n${probe.sh}`, encoding: 'utf8' })
  expect(status).toBe(0)
  const verdict = compare(probe.parse({ code: 0, stdout, stderr: '', at: 0 }) as never, () => undefined)
  return verdict.kind === 'refused' ? [verdict.why] : changesOf(verdict).map(c => `${c.attribute} ${c.from}`)
}

test.each<[string, string[], string[]]>([
  ['by name', ['gcc', 'flex'], ['flex not installed']],
  ['two architectures', ['glibc-devel'], []],
  ['the headers of one kernel', ['gcc', 'kernel-devel-2.6.32-504.el6.x86_64'], []],
  [
    'the headers of a kernel are missing, though others are installed',
    ['kernel-devel-2.6.32-504.el6.x86_64', 'kernel-devel-2.6.32-642.el6.x86_64'],
    ['kernel-devel-2.6.32-642.el6.x86_64 not installed'],
  ],
  ['several versions of one package', ['kernel-devel'], []],
])('installed packages are reported under the queried name: %s', (_name, names, wanted) => expect(missing(names)).toEqual(wanted))

test('a package that is not locked is shown with its version', () =>
  expect(packageChanges(parseRpm(['gcc'], 'gcc 4.4.7-11.el6\n@locks\n'), ['gcc'])).toEqual([
    { attribute: 'gcc version', from: '4.4.7-11.el6, not held', to: 'held' },
  ]))
