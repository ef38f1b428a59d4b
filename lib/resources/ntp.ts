import { edited, withLine } from './edit.ts'
import type { FileState } from './file.ts'
import type { HostResource } from './resource.ts'

/** Pure: the text of ntp.conf(5) with these servers; other servers stay. */
export const withServers = (text: string, servers: string[]): string =>
  servers.reduce((t, s) => withLine(t, `server ${s} iburst`, new RegExp(`^server ${s.replaceAll('.', '\\.')}(\\s|$)`)), text)

/** ntpd's servers. It reads its configuration only at start, so a change restarts it. */
export const ntpServers = (servers: string[]): HostResource<FileState> => {
  const lines = edited('/etc/ntp.conf', { what: 'time servers', edit: text => withServers(text, servers) })
  return {
    ...lines,
    async apply($, changes, context) {
      await lines.apply($, changes, context)
      await $`/etc/init.d/ntpd restart`
    },
  }
}
