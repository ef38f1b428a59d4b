import type { HostResource } from '../../lib/role-api/index.ts'
import { absent, differsBy, inSync, notRead, present, quote, unknown } from '../../lib/role-api/index.ts'
import type { Context } from '../role.ts'
import { vipAddress } from '../role.ts'

/** The text that this client writes through the virtual IP and reads back, also in every later run. */
export const proofText = (host: string): string => `${host} wrote this through nfsha-play's virtual IP\n`

/** Hint for a share that already existed, or whose permissions the operator manages. */
const squashed = (share: string): string =>
  `Is root of this client mapped to nobody (root_squash), and may nobody not write to the top of the share? On the active node: chmod 1777 ${share}; or export it with no_root_squash`

export const writesAndReads = ({ host, vars }: Context): HostResource<string> => {
  const path = `${vars.client_mount}/.nfsha-${host}`
  return {
    scope: 'host',
    id: `write and read through ${vipAddress(vars)}`,
    invalidates: 'itself',
    probe: {
      sh: `grep -q ' ${vars.client_mount} nfs' /proc/mounts || exit 46; timeout 15 cat ${quote(path)} 2>/dev/null; c=$?; [ $c = 124 ] && exit 47; [ $c = 0 ] || exit 44`,
      parse({ code, stdout }) {
        if (code === 46) return unknown(`mount ${vars.client_mount}`)
        if (code === 47) return notRead('no answer from the server within 15 s')
        return code === 44 ? absent : present(stdout)
      },
    },
    compare(actual) {
      const from = actual.kind === 'present' ? actual.state : ''
      return from === proofText(host) ? inSync : differsBy([{ attribute: path, from, to: proofText(host) }])
    },
    async apply($) {
      // Written in a directory of its own first: if the share's mode is like /tmp, the client's kernel does not let a squashed root open
      // the file that it has just created (fs.protected_regular, proc_sys_fs(5): the file belongs to nobody, the directory to root and is
      // sticky).
      const write = `d=$2.$$; mkdir "$d" && printf '%s' "$1" > "$d/proof" && sync "$d/proof" && mv -f "$d/proof" "$2"
c=$?; rm -f "$d/proof"; rmdir "$d" 2>/dev/null; [ $c = 0 ] || { echo "$3" >&2; exit 1; }`
      await $`sh -c ${write} sh ${proofText(host)} ${path} ${squashed(vars.nfs_export_path)}`
    },
  }
}
