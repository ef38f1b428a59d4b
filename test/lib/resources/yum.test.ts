import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageChanges } from '../../../lib/resources/package-manager.ts'
import { changesOf } from '../../../lib/resources/verdict.ts'
import { parseRpm, rpmPackages } from '../../../lib/resources/yum.ts'

// rpm(8) takes a package by its name, with or without version and architecture, says what the format asks of each that fits, and of others that they
// are not there. This stand-in does the same for one machine, with the packages of two kernels.
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
  ['one architecture beside another', ['glibc-devel'], []],
  ['the headers of one kernel', ['gcc', 'kernel-devel-2.6.32-504.el6.x86_64'], []],
  [
    'those of a kernel whose headers are not there, though others are',
    ['kernel-devel-2.6.32-504.el6.x86_64', 'kernel-devel-2.6.32-642.el6.x86_64'],
    ['kernel-devel-2.6.32-642.el6.x86_64 not installed'],
  ],
  ['several versions of one package', ['kernel-devel'], []],
])('what is installed is known as it was asked for: %s', (_name, names, wanted) => expect(missing(names)).toEqual(wanted))

test('the version is said of a package that is not locked', () =>
  expect(packageChanges(parseRpm(['gcc'], 'gcc 4.4.7-11.el6\n@locks\n'), ['gcc'])).toEqual([
    { attribute: 'gcc version', from: '4.4.7-11.el6, not held', to: 'held' },
  ]))
