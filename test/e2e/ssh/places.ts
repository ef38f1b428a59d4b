import { afterAll, beforeAll, describe } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import type { Connection } from '../../../lib/ssh/connection.ts'
import { isRoot, type Sshd, startSshd, whyNoSshd } from './sshd.ts'
import { createSudoUser, type SudoUser } from './sudo-user.ts'

/** The places where the tests run scripts: all must behave the same. */
const places = ['local', 'ssh', 'ssh and sudo with a password', 'ssh and sudo that wants a terminal'] as const
type Place = (typeof places)[number]

export interface Here {
  place: Place
  connection: Connection
  sshd: Sshd | undefined
  /** Execs for one command: two with a terminal (lib/ssh/terminal.ts). */
  execs: number
}

/** Runs the same tests in each place; one that is not available here is skipped, and its title says why. */
export const describePlaces = (title: string, tests: (here: () => Here) => void): void => {
  for (const place of places) {
    const missing = whyMissing(place)
    describe.skipIf(missing !== undefined)(`${title}: ${place}${missing ? ` (skipped: ${missing})` : ''}`, () => {
      let here: Here | undefined
      let user: SudoUser | undefined
      beforeAll(async () => {
        const sshd = place === 'local' ? undefined : await startSshd()
        if (place.includes('sudo')) user = sudoUser(title, place.includes('terminal'))
        here = { place, sshd, execs: place.includes('terminal') ? 2 : 1, connection: await open(place, sshd, user) }
      })
      afterAll(async () => {
        await here?.connection.close()
        await here?.sshd?.stop()
        user?.remove()
      })
      tests(() => {
        if (!here) throw new Error('not open')
        return here
      })
    })
  }
}

const whyMissing = (place: Place): string | undefined => {
  if (place === 'local') return undefined
  if (place.includes('sudo') && !isRoot) return 'only root can make a user with sudo rules'
  return whyNoSshd()
}

const sudoUser = (title: string, terminal: boolean): SudoUser => {
  const user = createSudoUser(`${title.replace(/\W+/g, '').slice(0, 12).toLowerCase()}${terminal ? '-tty' : ''}`)
  user.sudoers(...(terminal ? [`Defaults:${user.name} requiretty`] : []), `${user.name} ALL=(ALL) ALL`)
  return user
}

const open = (place: Place, sshd: Sshd | undefined, user: SudoUser | undefined): Promise<Connection> => {
  if (!sshd) return connect({ name: 'M1', kind: 'local', address: 'localhost' })
  if (place === 'ssh' || !user) return connect(sshd.target())
  return connect(sshd.target({ user: user.name, become: { user: 'root', password: user.password } }))
}
