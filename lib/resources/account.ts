import { quote } from './quote.ts'
import { absent, notRead, present } from './reading.ts'
import type { HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { type Change, differsBy } from './verdict.ts'

export interface UserState {
  home: string
  shell: string
  group: string
  /** The supplementary groups. */
  groups: string[]
}

export interface UserOptions {
  /** A system account: low uid, no expiry date, see useradd(8). Only used when the account is created. */
  system?: boolean
  home?: string
  /** Create a home directory with the account. Default false. */
  createHome?: boolean
  shell?: string
  group?: string
  /** Additional groups; existing memberships are kept. */
  groups?: string[]
}

/** A group, group(5). An existing group is never changed. */
export const group = (name: string, { system = false }: { system?: boolean } = {}): HostResource<true> => ({
  scope: 'host',
  id: `group ${name}`,
  invalidates: 'host',
  probe: { sh: `getent group ${quote(name)} >/dev/null`, parse: ({ code }) => (code === 0 ? present(true) : absent) },
  compare: actual => differsBy(actual.kind === 'present' ? [] : [{ attribute: 'group', from: '', to: name }]),
  apply: scripted(() => ({ what: `creating group ${name}`, sh: `groupadd ${system ? '--system ' : ''}${quote(name)}` })),
})

/** Pure: parses the probe's output, a line of passwd(5), the name of the primary group, the names of all groups. */
export const parseUser = (stdout: string): UserState | undefined => {
  const [line = '', group = '', all = ''] = stdout.split('\n')
  const fields = line.split(':')
  if (fields.length !== 7 || group === '') return undefined
  return { home: fields[5] ?? '', shell: fields[6] ?? '', group, groups: all.split(' ').filter(name => name !== '' && name !== group) }
}

/** An account, passwd(5). A new account has no password; an existing one keeps its password. */
export const user = (name: string, options: UserOptions = {}): HostResource<UserState> => ({
  scope: 'host',
  id: `user ${name}`,
  invalidates: 'host',
  probe: {
    sh: `getent passwd ${quote(name)} || exit 44; id -gn ${quote(name)}; id -Gn ${quote(name)}`,
    parse({ code, stdout, stderr }) {
      if (code === 44) return absent
      const state = parseUser(stdout)
      return state ? present(state) : notRead(`its account could not be read: ${stderr.trim() || stdout.trim()}`)
    },
  },
  compare: actual => differsBy(userChanges(name, actual.kind === 'present' ? actual.state : undefined, options)),
  async apply($, changes) {
    const { system = false, createHome = false } = options
    const wanted = (attribute: string) => changes.find(change => change.attribute === attribute)?.to
    const [home, shell, primary, groups] = ['home', 'shell', 'group', 'groups'].map(wanted)
    const flags = [
      ...(home === undefined ? [] : ['--home-dir', home]),
      ...(shell === undefined ? [] : ['--shell', shell]),
      ...(primary === undefined ? [] : ['--gid', primary]),
    ]
    if (wanted('user') === undefined) {
      const changed = flags.map(flag => (flag === '--home-dir' ? '--home' : flag))
      await $`usermod ${changed} ${groups === undefined ? [] : ['--append', '--groups', groups]} ${name}`
    } else {
      const kind = [...(system ? ['--system'] : []), createHome ? '--create-home' : '--no-create-home']
      await $`useradd ${kind} ${flags} ${groups === undefined ? [] : ['--groups', groups]} ${name}`
    }
  },
})

/** Pure: the changes of an account; a missing account differs in every given attribute. */
export const userChanges = (name: string, state: UserState | undefined, { home, shell, group, groups = [] }: UserOptions): Change[] => {
  const differs = (attribute: string, from: string | undefined, to: string | undefined): Change[] =>
    to === undefined || from === to ? [] : [{ attribute, from: from ?? '', to }]
  const missing = groups.filter(one => one !== state?.group && !state?.groups.includes(one))
  return [
    ...(state ? [] : [{ attribute: 'user', from: '', to: name }]),
    ...differs('home', state?.home, home),
    ...differs('shell', state?.shell, shell),
    ...differs('group', state?.group, group),
    ...(missing.length > 0 ? [{ attribute: 'groups', from: state?.groups.join(',') ?? '', to: missing.join(',') }] : []),
  ]
}
