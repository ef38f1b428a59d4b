import { randomBytes } from 'node:crypto'
import { BecomeFailed } from './connection.ts'

export interface Become {
  user: string
  password?: string | undefined
}

/** An unpredictable sudo prompt: the password is sent only in reply to it. */
export const randomPrompt = (): string => `[nfsha-play ${randomBytes(12).toString('hex')}] `

/** sudo's arguments in front of a command. Without a password, -n makes sudo fail at once instead of asking. */
export const sudoArgv = (become: Become, prompt: string): string[] => {
  const asking = become.password === undefined ? ['-n'] : ['-S', '-p', prompt]
  // LC_ALL: sudo's messages are matched below. env, because fish and csh do not support `LC_ALL=C sudo`.
  return ['env', 'LC_ALL=C', 'sudo', ...asking, '-H', '-u', become.user, '--']
}

/** sudo refuses to run without a controlling terminal (sudoers(5), requiretty); it reports that before it asks for a password. */
export const asksForTerminal = (said: string): boolean => /must have a tty/i.test(said)

/** Known failures of sudo by message (sudo 1.8 to 1.9, C locale), and what to do about each. */
const causes: [pattern: RegExp, reason: (become: Become) => string, hint: (login: string, become: Become) => string][] = [
  [
    /must have a tty|no tty present and no askpass/i,
    () => 'sudo on the host requires a terminal (requiretty)',
    login => `Put "Defaults:${login} !requiretty" into sudoers on the host (visudo), or connect as root.`,
  ],
  [
    /incorrect password|Sorry, try again/i,
    () => 'sudo did not accept the password',
    login => `Give ${login}'s password with -K or ansible_become_password.`,
  ],
  [
    /is not in the sudoers file|is not allowed to (execute|run)|may not run sudo/i,
    become => `sudo does not let the login user become ${become.user}`,
    (login, become) => `Allow it in sudoers on the host: "${login} ALL=(${become.user}) NOPASSWD: ALL" (visudo), or connect as root.`,
  ],
  [
    /a password is required|a terminal is required to (read|authenticate)/i,
    () => 'sudo asks for a password and none was given',
    login => `Give ${login}'s password with -K or ansible_become_password, or allow NOPASSWD in sudoers.`,
  ],
  [/unknown user/i, become => `there is no user ${become.user} on the host`, () => 'Correct ansible_become_user.'],
  [
    /sudo: (command )?not found|No such file or directory|not found: sudo/i,
    () => 'there is no sudo on the host',
    () => 'Install sudo there, or connect as root.',
  ],
]

/** Why sudo did not start the command, from its output. */
export const becomeFailure = (host: string, login: string, become: Become, said: string): BecomeFailed => {
  const cause = causes.find(([pattern]) => pattern.test(said))
  const reason = cause ? cause[1](become) : `sudo failed: ${said.trim() || 'it printed nothing'}`
  const hint = cause ? cause[2](login, become) : `Try "sudo -u ${become.user} true" as ${login} on the host.`
  return new BecomeFailed(host, `${host}: cannot become ${become.user} as ${login}: ${reason}`, hint)
}

/** The error when sudo asks again after the password was sent. */
export const wrongPassword = (host: string, login: string, become: Become): BecomeFailed =>
  becomeFailure(host, login, become, 'Sorry, try again')
