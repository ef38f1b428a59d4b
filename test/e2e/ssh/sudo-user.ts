import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'

/** A login user on this machine with a password and sudo rules, for the duration of a test file. Needs root. */
export interface SudoUser {
  name: string
  password: string
  /** Replaces the user's lines in sudoers. */
  sudoers(...lines: string[]): void
  remove(): void
}

export const createSudoUser = (suffix: string): SudoUser => {
  const name = `nfsha-${suffix}`
  const password = 'geheim $x \\ "y"'
  const file = `/etc/sudoers.d/${name}`
  const remove = () => {
    rmSync(file, { force: true })
    // An interrupted run may have left a process of this user; then userdel refuses.
    for (const pid of spawnSync('ps', ['-o', 'pid=', '-u', name], { encoding: 'utf8' }).stdout.split(/\s+/).filter(Boolean))
      spawnSync('kill', ['-KILL', pid])
    try {
      execFileSync('userdel', [name], { stdio: 'ignore' })
    } catch {
      // The user did not exist: no earlier test run was interrupted.
    }
  }
  remove()
  execFileSync('useradd', ['-M', '-s', '/bin/bash', name])
  // A cheap hash: the default one takes 0.1 s for each sudo.
  execFileSync('chpasswd', ['-c', 'SHA256', '-s', '1000'], { input: `${name}:${password}\n` })
  return { name, password, remove, sudoers: (...lines) => writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o440 }) }
}
