import type { FileOptions, FileState } from '../../lib/resources/file.ts'
import { file } from '../../lib/resources/file.ts'
import { ApplyFailed } from '../../lib/resources/outcome.ts'
import { quote } from '../../lib/resources/quote.ts'
import type { HostResource } from '../../lib/resources/resource.ts'

/**
 * A file that heartbeat reads anew at every call. It is written only while this node holds nothing: otherwise its next stop would release
 * by the new text what the old one had acquired.
 */
export const liveFile = (path: string, options: FileOptions, vip: string): HostResource<FileState> => {
  const plain = file(path, options)
  return {
    ...plain,
    async apply($, changes, context) {
      const held = await context.connection.run(`ip -o -4 addr show | grep ${quote(` inet ${vip}/`)}`)
      if (held.code === 0)
        throw new ApplyFailed(`${path} differs, but this node serves`, {
          hint: 'hand the service over first (hb_standby on this node), then run again',
        })
      await plain.apply($, changes, context)
    },
  }
}
