import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { aloneOf, entriesOf } from '../../../lib/engine/sources/entries.ts'
import type { Entry, Printed } from '../../../lib/engine/sources/entry.ts'
import { readProbes } from '../../../lib/engine/sources/read-probes.ts'
import { probeOf } from '../../../lib/resources/probe.ts'
import { type ProbeOutput, present } from '../../../lib/resources/reading.ts'
import { type Source, simple, text } from '../../../lib/resources/source.ts'
import type { Connection } from '../../../lib/ssh/connection.ts'
import { decodeHostText, encodeHostText } from '../../../lib/ssh/host-text.ts'
import { runs } from '../../runs.ts'

const folder = mkdtempSync(join(tmpdir(), 'nfsha-sources-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a script here, with the test's own programs first on the PATH. */
const shell = (script: string): Printed => {
  const input = encodeHostText(script.replaceAll('PATH=/', `PATH=${folder}/bin:/`))
  const { status, stdout, stderr } = spawnSync('sh', ['-s'], { input, env: { LC_ALL: 'C', PATH: `${folder}/bin:${process.env.PATH}` } })
  return { code: status ?? 255, stdout: decodeHostText(stdout), stderr: decodeHostText(stderr) }
}
const run = ({ sh }: Entry): Printed => shell(sh)

let scripts = 0
const connection = {
  host: 'here',
  run: async (script: string, { onStdout }: { onStdout?: (text: string) => void } = {}) => {
    scripts++
    const printed = shell(script)
    onStdout?.(printed.stdout)
    return printed
  },
} as unknown as Connection

/** What sources print together, and what each prints alone. */
const compared = (sources: Source[]) => {
  const asked = sources.map(source => ({ source, timeout: 1000 }))
  const together = entriesOf(asked).flatMap(entry => entry.split(run(entry)))
  const alone = asked.map(one => run(aloneOf(one)))
  const told = (all: (Printed | undefined)[]) => all.map(p => p && { code: p.code, stdout: p.stdout })
  return [told(together), told(alone)] as const
}

const content = fc
  .array(
    fc.oneof(fc.constantFrom('\n', '0\n', ' 1\n', '644|root|root|regular file\n', 'NFSHA=', '\0', '/proc/self/environ\n'), fc.string()),
    { maxLength: 4 },
  )
  .map(parts => parts.join(''))
const place = fc.record({
  name: fc.constantFrom('a', "b c'd", 'e*', '-f', 'g'),
  kind: fc.constantFrom('file', 'file', 'link', 'directory', 'broken link', 'missing'),
  content,
  asText: fc.boolean(),
})

test('files read together give the same as each alone: any content, links, directories, missing ones', () => {
  fc.assert(
    fc.property(fc.uniqueArray(place, { selector: p => p.name, maxLength: 5 }), places => {
      const root = mkdtempSync(join(folder, 'files-'))
      const sources = places.map(({ name, kind, content, asText }): Source => {
        const path = join(root, name)
        if (kind === 'file') writeFileSync(path, content)
        if (kind === 'directory') mkdirSync(path)
        if (kind === 'link') {
          writeFileSync(`${path}.target`, content)
          symlinkSync(`${path}.target`, path)
        }
        if (kind === 'broken link') symlinkSync('/nowhere/at all', path)
        return asText && !name.includes('*') ? text(path, `${root}/none-*`) : { kind: 'file', path }
      })
      const [together, alone] = compared(sources)
      expect(together).toEqual(alone)
    }),
    { numRuns: runs(25) },
  )
}, 120_000)

test('a pattern matches the existing files, in their order', () => {
  for (const name of ['conf-b', 'conf-a', 'other']) writeFileSync(join(folder, name), `${name}\n`)
  const [[both, none]] = compared([text(join(folder, 'conf-*')), text(join(folder, 'nothing-*'))])
  expect([both?.stdout, none?.stdout]).toEqual(['conf-a\nconf-b\n', ''])
})

const program = (name: string, script: string) => {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

// In the order of its own list, as systemd does, with an empty line between two units.
const systemctl = `shift; p=' '; while [ "$1" = -p ]; do p="$p$2 "; shift 2; done; s=
for u; do [ -z "$s" ] || echo; s=1
  case $u in none*) l=not-found a=inactive e= ;; *) l=loaded a=active e=enabled ;; esac
  for k in LoadState=$l ActiveState=$a NeedDaemonReload=no UnitFileState=$e; do case $p in *" \${k%%=*} "*) echo "$k" ;; esac; done
done`

test('units read together give the same as each alone', () => {
  program('systemctl', systemctl)
  const properties = ['LoadState', 'ActiveState', 'UnitFileState']
  const [together, alone] = compared([
    { kind: 'unit', unit: 'a.service', properties },
    { kind: 'unit', unit: 'none.socket', properties },
    { kind: 'unit', unit: 'a.service', properties: ['NeedDaemonReload'] },
  ])
  expect(together).toEqual(alone)
  expect(together[1]?.stdout).toBe('LoadState=not-found\nActiveState=inactive\nUnitFileState=\n')
})

test('packages read together give the same as each alone, unknown ones too', () => {
  program('dpkg-query', `shift 3; c=0; for p; do case $p in no*) c=1 ;; *) echo "$p hold installed 1.0" ;; esac; done; exit $c`)
  const [together, alone] = compared([
    { kind: 'packages', names: ['a', 'nothing'] },
    { kind: 'packages', names: ['b'] },
  ])
  expect(together).toEqual(alone)
  expect(together.map(p => p?.code)).toEqual([1, 0])
})

const reading = (source: Source) => probeOf([source], (output: ProbeOutput) => present(output.stdout))
const unit = (name: string): Source => ({ kind: 'unit', unit: name, properties: ['LoadState'] })

test('if a common answer cannot be split, each is read alone', async () => {
  program('systemctl', `shift 3; [ $# = 1 ] || { echo LoadState=mixed; exit; }; echo "LoadState=$1"`)
  scripts = 0
  const readings = await readProbes(connection, [reading(unit('a')), reading(unit('b')), reading(simple('echo c'))])
  expect(readings).toEqual([present('LoadState=a\n'), present('LoadState=b\n'), present('c\n')])
  expect(scripts).toBe(2)
})

test('a source of two probes is read once, and each parses it in its own way', async () => {
  const counted = simple(`echo x >>${folder}/count; cat ${folder}/count`)
  const lines = probeOf<number>(['@lines\n', counted], o => present(o.stdout.split('\n').length))
  const readings = await readProbes(connection, [reading(counted), lines])
  expect(readings).toEqual([present('x\n'), present(3)])
})
