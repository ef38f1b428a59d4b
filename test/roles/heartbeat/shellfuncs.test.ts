import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { packagedFile } from '../../../lib/text/packaged.ts'
import { withShortFor } from '../../../roles/heartbeat/shellfuncs.ts'

const folder = mkdtempSync(join(tmpdir(), 'nfsha-shellfuncs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const short = join(folder, 'short')
const put = (path: string, text: string) => {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
  chmodSync(join(folder, path), 0o755)
  return join(folder, path)
}
// A short form of the package's file: defaults, the expensive part, and the rest.
const packaged = `: \${HA_SBIN_DIR:=/usr/sbin}
export HA_FIFO

PATH=$HA_BIN:\${HA_SBIN_DIR}:\${HA_NOARCHBIN}:$PATH
PATH=\`echo $PATH\`
export PATH
echo the long way
`

test('an edited file keeps its content and is unchanged the second time; an unknown file is unchanged', () => {
  const edited = withShortFor(packaged, short)
  expect(edited.split('\n').filter(line => !line.endsWith('# nfsha-play'))).toEqual(packaged.split('\n'))
  expect(withShortFor(edited, short)).toBe(edited)
  expect(withShortFor('another one\n', short)).toBe('another one\n')
})

test('heartbeat’s own scripts read the short file, all others the long one, and all read the long one when the short one is missing', () => {
  const funcs = put('shellfuncs', withShortFor(packaged, short))
  const script = `#!/bin/sh\n. ${funcs}\n`
  const names = [
    'ha.d/harc',
    'ha.d/rc.d/status',
    'share/mach_down',
    'share/ResourceManager',
    'share/req_resource',
    'share/hb_standby',
    'IPaddr',
  ]
  const say = () => names.map(name => execFileSync(put(name, script), { encoding: 'utf8' }).trim())
  expect(say()).toEqual(names.map(() => 'the long way'))
  writeFileSync(short, 'echo short\n')
  expect(say()).toEqual([...names.slice(0, -1).map(() => 'short'), 'the long way'])
})

const ocf = join(folder, 'ocf')
const shipped = packagedFile('roles/heartbeat/files/shellfuncs')
/** The output of a script that has read our file, with heartbeat's environment. */
const run = (body: string, env: Record<string, string> = {}) => {
  put('ocf/lib/heartbeat/ocf-directories', `: \${HA_FIFO:=${folder}/fifo} \${HA_DEBUGLOG:=/dev/null} \${HA_BIN:=/usr/libexec/heartbeat}\n`)
  put('bin/logger', `#!/bin/sh\nfor w in "$@"; do printf '[%s]' "$w"; done >> ${folder}/log; echo heard\n`)
  const script = put('mach_down', `#!/bin/sh\n. ${shipped}\n${body}\n`)
  const path = `${join(folder, 'bin')}:/usr/bin:/bin`
  return spawnSync(script, { encoding: 'utf8', timeout: 30_000, env: { PATH: path, OCF_ROOT: ocf, HA_DATEFMT: '%Y/%m/%d_%T', ...env } })
}

test('log lines go where heartbeat’s settings say, with the script’s name, and never to the script’s output', () => {
  const body = 'ha_log "info: taking over"; ha_debug "debug: no"; wait; ha_log "ERROR: no"; wait; echo "$HA_DEBUGLOG"'
  const { stdout, stderr } = run(body, { HA_LOGFACILITY: 'local0', HA_LOGFILE: join(folder, 'ha-log') })
  expect([stdout, stderr]).toEqual(['/dev/null\n', ''])
  const to = (place: string) => execFileSync('cat', [join(folder, place)], { encoding: 'utf8' })
  expect(to('log').replace(/\d+/g, 'n')).toBe(
    '[-t][mach_down(default)[n]][-p][localn.notice][info: taking over][-t][mach_down(default)[n]][-p][localn.err][ERROR: no]',
  )
  expect(to('ha-log').replace(/\d+/g, 'n')).toBe(
    'n/n/n_n:n:n mach_down(default)[n]: info: taking over\nn/n/n_n:n:n mach_down(default)[n]: ERROR: no\n',
  )
})

test('concurrent senders do not corrupt each other’s messages', () => {
  const { stdout } = run(`mkfifo $HA_FIFO
cat $HA_FIFO > ${folder}/seen & reader=$!
exec 9> $HA_FIFO
for i in $(seq 40); do { echo t=message; echo; echo "n=$i"; } | ha_clustermsg & senders="$senders $!"; done
wait $senders; exec 9>&-; wait $reader; cat ${folder}/seen`)
  expect(stdout.split('<<<\n').sort()).toEqual(['', ...Array.from({ length: 40 }, (_, i) => `>>>\nt=message\n\nn=${i + 1}\n`)].sort())
}, 60_000)
