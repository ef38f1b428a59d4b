import { describe, expect, it } from 'vitest'
import { becomeFailure, sudoArgv } from '../../../lib/ssh/sudo.ts'

describe('sudoArgv', () => {
  it('uses our own prompt with a password, and -n without one', () => {
    expect(sudoArgv({ user: 'root', password: 'secret' }, '[p]').join(' ')).toBe('env LC_ALL=C sudo -S -p [p] -H -u root --')
    expect(sudoArgv({ user: 'root' }, '[p]').join(' ')).toBe('env LC_ALL=C sudo -n -H -u root --')
  })
})

describe('becomeFailure', () => {
  it.each([
    ['sudo: sorry, you must have a tty to run sudo', 'requiretty', '!requiretty'],
    ['sudo: no tty present and no askpass program specified', 'terminal', 'requiretty'],
    ['Sorry, try again.\nsudo: 1 incorrect password attempt', 'did not accept the password', '-K'],
    ['ops is not in the sudoers file.  This incident will be reported.', 'does not let the login user become root', 'NOPASSWD'],
    ['Sorry, user ops is not allowed to execute /bin/sh as root on m1.', 'does not let the login user become root', 'sudoers'],
    ['sudo: a password is required', 'asks for a password and none was given', '-K'],
    ['sudo: unknown user: nobody2', 'there is no user root', 'ansible_become_user'],
    ['env: sudo: No such file or directory', 'there is no sudo', 'Install sudo'],
    ['something new', 'sudo failed: something new', 'sudo -u root true'],
    ['', 'it printed nothing', 'sudo -u root true'],
  ])('%s', (said, reason, hint) => {
    const error = becomeFailure('M1', 'ops', { user: 'root', password: 'geheim' }, said)
    expect(error.message).toContain('M1: cannot become root as ops: ')
    expect(error.message).toContain(reason)
    expect(error.hint).toContain(hint)
    expect(`${error.message}${error.hint}`).not.toContain('geheim')
  })
})
