import { notBlank } from './blank.ts'
import { failedScript } from './outcome.ts'
import { quote } from './quote.ts'
import type { HostResource } from './resource.ts'
import { absent, present, unknown } from './resource.ts'
import { differsBy, inSync } from './verdict.ts'

export interface VolumeSpec {
  group: string
  volume: string
  /** lvcreate's size: `100G`, or `100%FREE` */
  size: string
  disk: string
}

/** A logical volume; its group is made on a disk that is known to be blank, and never extended or shrunk here. lvm(8). */
export const logicalVolume = ({ group, volume, size, disk }: VolumeSpec): HostResource<true> => ({
  scope: 'host',
  id: `volume ${group}/${volume}`,
  invalidates: 'host',
  probe: {
    sh: `command -v lvs >/dev/null || exit 45; lvs --noheadings ${quote(`${group}/${volume}`)} >/dev/null 2>&1 || exit 44`,
    parse: ({ code }) => (code === 45 ? unknown('package lvm2') : code === 44 ? absent : present(true)),
  },
  compare: actual =>
    actual.kind === 'present' ? inSync : differsBy([{ attribute: 'volume', from: '', to: `${size} in ${group} on ${disk}` }]),
  async apply(_$, _changes, { connection }) {
    const result = await connection.run(
      `set -eu
${notBlank}
if ! vgs ${quote(group)} >/dev/null 2>&1; then
  r=$(not_blank ${quote(disk)}); if [ -n "$r" ]; then echo ${quote(`${disk} is not blank`)}": $r" >&2; exit 1; fi
  vgcreate ${quote(group)} ${quote(disk)}
elif ! vgs --noheadings -o pv_name ${quote(group)} | xargs -n 1 readlink -f | grep -qxF "$(readlink -f ${quote(disk)})"; then
  echo ${quote(`group ${group} exists, but not on ${disk}`)} >&2; exit 1
fi
lvcreate -y -W n -n ${quote(volume)} ${size.includes('%') ? '-l' : '-L'} ${quote(size)} ${quote(group)}`,
      { timeout: 900_000 },
    )
    if (result.code !== 0) throw failedScript(`volume ${group}/${volume}`, result)
  },
})
