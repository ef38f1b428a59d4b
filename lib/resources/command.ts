import { quote } from './quote.ts'
import { absent, present } from './reading.ts'
import type { HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { differsBy, inSync } from './verdict.ts'

interface Once {
  notify?: string[]
  /** ms; default 60 000. */
  timeout?: number
}

/** One of the two must tell when there is nothing to do; without it check mode would be impossible. */
export type CommandOptions = Once &
  (
    | {
        /** The path that the command creates: it runs only if the path is missing. */
        creates: string
        unless?: never
      }
    | {
        /** A read-only shell command: the command runs only if it fails. */
        unless: string
        creates?: never
      }
  )

/**
 * A shell command that runs if its result is missing, and must produce that result. Only for what no other resource kind covers.
 * @param what its name in the report: `command WHAT`
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
