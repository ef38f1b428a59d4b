import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resourceScript, scriptParts } from '../../../../roles/service/resource-script/index.ts'

const installed = (shell: string) => spawnSync('sh', ['-c', `command -v ${shell.replace(/ .*/, '')}`]).status === 0

/** Shells that are /bin/sh on some system. */
export const shells = ['dash', 'bash', 'busybox ash'].filter(installed)

/** A directory with programs that only record their calls in `called`. */
export const scriptFolder = (programs: string[]): string => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-script-'))
  mkdirSync(join(folder, 'tools'))
  mkdirSync(join(folder, 'run/nfs'), { recursive: true })
  writeFileSync(join(folder, 'run/mounted'), '')
  for (const name of programs)
    writeFileSync(join(folder, 'tools', name), `#!/bin/sh\necho "${name} $*" >> ${folder}/called\n`, { mode: 0o755 })
  return folder
}

/** The functions of the resource script, with the volume and the programs of a directory; then the code under test. */
export const runFunctions = (shell: string, folder: string, tried: string, settings = '', more = (text: string) => text) => {
  const text = resourceScript(scriptParts.filter(part => part !== 'main'))
    .replace('. /etc/ha.d/nfsha.conf', `NFSHA_MOUNT=${folder}/data NFSHA_NIC=em1 NFSHA_VIP=192.168.0.219 ${settings}`)
    .replace('PATH=/usr/sbin', `PATH=${folder}/tools:/usr/sbin`)
    .replaceAll('/run/nfsha', `${folder}/run`)
  const [command = '', ...rest] = shell.split(' ')
  const { stderr, status } = spawnSync(command, [...rest, '-s'], {
    input: `${more(text)}\n${tried}\ncode=$?; wait; exit $code`,
    encoding: 'utf8',
  })
  return { status, stderr }
}
