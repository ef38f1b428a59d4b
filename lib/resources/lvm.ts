import { notBlank } from './blank.ts'
import { failedScript } from './outcome.ts'
import { quote } from './quote.ts'
import { absent, notRead, present, unknown } from './reading.ts'
import type { HostResource } from './resource.ts'
import { differsBy, inSync, refused, type Verdict } from './verdict.ts'

export interface VolumeSpec {
  group: string
  volume: string
  /** lvcreate's size: `100G`, or `100%FREE` */
  size: string
  disk: string
}

const units: Record<string, number> = { M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** Pure: the bytes of `100G` in powers of two, as lvm(8) reads sizes in upper and in lower case; undefined for `100%FREE`. */
export const volumeBytes = (size: string): number | undefined => {
  const [, count = '', unit = ''] = /^(\d+)([MGT])$/.exec(size) ?? []
  const of = units[unit]
  return of === undefined ? undefined : Number(count) * of
}

/** Pure: an existing volume keeps its size; it is refused if a larger size is declared. */
export const compareVolume = ({ group, volume, size }: VolumeSpec, actual: number): Verdict =>
  actual < (volumeBytes(size) ?? 0)
    ? refused(
        `${group}/${volume} has ${actual} bytes, and ${size} is declared: a run does not extend an existing volume. nfsha-play grow.yml extends it, and everything on it, on both nodes`,
      )
    : inSync

/** A logical volume, lvm(8). Its group is created only on a blank disk, and is never extended or shrunk here. */
export const logicalVolume = (spec: VolumeSpec): HostResource<number> => ({
  scope: 'host',
  id: `volume ${spec.group}/${spec.volume}`,
  invalidates: 'host',
  probe: {
    sh: `command -v lvs >/dev/null || exit 45; lvs --noheadings --units b --nosuffix -o lv_size ${quote(`${spec.group}/${spec.volume}`)} 2>/dev/null || exit 44`,
    parse({ code, stdout }) {
      if (code === 45) return unknown('package lvm2')
      if (code === 44) return absent
      const bytes = /^\s*(\d+)\s*$/.exec(stdout)?.[1]
      return bytes === undefined ? notRead(`lvs shows no size of ${spec.group}/${spec.volume}`) : present(Number(bytes))
    },
  },
  compare: actual =>
    actual.kind === 'present'
      ? compareVolume(spec, actual.state)
      : differsBy([{ attribute: 'volume', from: '', to: `${spec.size} in ${spec.group} on ${spec.disk}` }]),
  async apply(_$, _changes, { connection }) {
    const { group, volume, size, disk } = spec
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
