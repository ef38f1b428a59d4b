import { quote } from './quote.ts'
import type { HostResource } from './resource.ts'
import { absent, present } from './resource.ts'
import { scripted } from './scripted.ts'
import { differsBy, inSync } from './verdict.ts'

interface Once {
  notify?: string[]
  /** ms; default 60 000. */
  timeout?: number
}

/** One of the two must say when nothing is to be done: what cannot be judged cannot be checked either. */
export type CommandOptions = Once &
  (
    | {
        /** The path that the command makes: it runs only where that is missing. */
        creates: string
        unless?: never
      }
    | {
        /** A shell command that only reads: the command runs only where this fails. */
        unless: string
        creates?: never
      }
  )

/**
 * A shell command that runs where its result is missing, and must have brought it about. Only for what no other kind describes.
 * @param what its words in the report: `command WHAT`
 */
export const command = (what: string, sh: string, { creates, unless, notify, timeout = 60_000 }: CommandOptions): HostResource<true> => ({
  scope: 'host',
  id: `command ${what}`,
  invalidates: 'host',
  ...(notify && { notify }),
  probe: {
    sh: creates === undefined ? `( ${unless}\n) >/dev/null 2>&1` : `[ -e ${quote(creates)} ]`,
    parse: ({ code }) => (code === 0 ? present(true) : absent),
  },
  compare: actual =>
    actual.kind === 'present'
      ? inSync
      : differsBy([{ attribute: creates ?? 'done', from: creates ? 'missing' : 'no', to: creates ? 'created' : 'yes' }]),
  apply: scripted(() => ({ what: `command ${what}`, sh: `set -eu\n${sh}\n`, timeout })),
})
