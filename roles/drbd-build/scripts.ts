import { quote } from '../../lib/role-api/index.ts'
import { buildName, moduleFile, type Part, recordFile, replacedModule } from './parts.ts'
import { argumentsOf } from './record.ts'

/** Where archives and builds are stored on a host, accessible to root only. */
const archives = '/var/lib/nfsha-play/archives'
const builds = '/var/lib/nfsha-play/builds'

export const archiveOnHost = ({ archive }: Part): string => `${archives}/${archive.sha256}`
export const buildOnHost = (part: Part): string => `${builds}/${buildName(part)}.tar.gz`

/** Prints `there` if the archive is on the host. Its checksum was verified at upload, and only root can access it. */
export const archiveThere = (part: Part): string =>
  `(umask 077; mkdir -p ${archives} ${builds}) || exit 1; [ -f ${archiveOnHost(part)} ] && echo there; exit 0`

const words = (list: string[]): string => list.map(quote).join(' ')

/**
 * The utilities, installed below their prefix. Files for other places (units, udev rules, agents of other cluster managers) are left out,
 * except programs: 8.4.3 installs its own in /sbin, and drbd-utils those for an older module in /lib/drbd, whatever the prefix. They are
 * moved below the prefix, and drbdadm is patched to look for them there. No program is set-uid. The scripts call the utilities of this
 * prefix, not those in /sbin.
 */
const utilities = ({ archive, prefix, configure }: Part): string => `
l=$(grep -rl '"/lib/drbd"' user) && sed -i ${quote(`s|"/lib/drbd"|"${prefix}/sbin"|`)} $l
./configure ${words(configure)}
make -j"$jobs"${archive.kind === 'combined' ? ' tools' : ''}
make ${archive.kind === 'combined' ? 'install-tools' : 'install'} DESTDIR="$tree/stage"
mkdir -p "$tree/stage${prefix}/sbin"
for f in "$tree"/stage/sbin/drbd* "$tree"/stage/lib/drbd/drbd*-8[34]; do [ ! -f "$f" ] || mv "$f" "$tree/stage${prefix}/sbin/"; done
mv "$tree/stage${prefix}" "$tree/out/files"
for f in "$tree"/out/files/etc/ha.d/resource.d/* "$tree"/out/files/etc/init.d/drbd "$tree"/out/files/etc/rc.d/init.d/drbd; do
  [ ! -f "$f" ] || sed -i ${quote(`s|^\\(DRBD[A-Z]*\\)="\\(/sbin/\\)\\{0,1\\}drbd|\\1="${prefix}/sbin/drbd|`)} "$f"
done
chown -R root:root "$tree/out/files"; chmod -R u-s,g-s "$tree/out/files"`

/** From a kernel source, builds only drivers/block/drbd, out of tree, against the headers of the target kernel. */
const module = ({ archive, configure, make }: Part): string =>
  archive.kind === 'combined'
    ? `
./configure ${words(configure)}
make -j"$jobs" module ${words(make)}
mv drbd/drbd.ko "$tree/out/"`
    : `
make -j"$jobs" ${words(make.filter(word => !word.startsWith('M=')))} M="$PWD/drivers/block/drbd" modules
mv drivers/block/drbd/drbd.ko "$tree/out/"`

const identity = `
strip --strip-debug "$tree/out/drbd.ko"
v=$(modinfo -F srcversion "$tree/out/drbd.ko"); echo "srcversion $v" >> "$tree/out/record"
objcopy -O binary --only-section=.note.gnu.build-id "$tree/out/drbd.ko" "$tree/note"
[ ! -s "$tree/note" ] || echo "note $(od -An -v -tx1 < "$tree/note" | tr -d ' \\n')" >> "$tree/out/record"`

/**
 * The build job: unpacks the archive, builds, and packs the result into one file. Installs nothing. The tree of a failed build stays until
 * the next build.
 */
export const buildScript = (part: Part): string => `set -eu
LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
umask 022
# The node may be serving clients.
renice -n 19 -p $$ >/dev/null
tree=${builds}/${buildName(part)}.tree; jobs=$(getconf _NPROCESSORS_ONLN)
rm -rf ${builds}/*.tree
(umask 077; mkdir "$tree"); mkdir "$tree/source" "$tree/out"; cd "$tree/source"
echo "unpack ${part.archive.source.replace(/.*\//, '').replaceAll(/[^\w.-]/g, '_')}"
tar -xf ${archiveOnHost(part)} --strip-components=1${part.archive.kind === 'kernel' ? ` --wildcards '*/drivers/block/drbd'` : ''}
printf '%s\\n' ${quote(`sha256 ${part.archive.sha256}`)} ${quote(`arguments ${argumentsOf(part)}`)} > "$tree/out/record"${
  part.kernel === undefined ? utilities(part) : module(part) + identity
}
tar -czf ${buildOnHost(part)}.new -C "$tree/out" .
mv ${buildOnHost(part)}.new ${buildOnHost(part)}
cd /; rm -rf "$tree"`

/** Existing configuration is kept: it belongs to the operator and drbd-init. */
const installFiles = ({
  prefix,
}: Part): string => `for f in etc/drbd.conf etc/drbd.d/global_common.conf; do [ ! -e ${prefix}/$f ] || rm -f "$t/files/$f"; done
cd "$t/files"
find . -type d | while read -r f; do mkdir -p "${prefix}/$f"; done
find . ! -type d | while read -r f; do mv -fT "$f" "${prefix}/$f"; done
cd /
mkdir -p ${prefix}/var/run/drbd ${prefix}/var/lib/drbd ${prefix}/var/lock ${prefix}/etc/drbd.d`

const installModule = (kernel: string): string => {
  const file = moduleFile(kernel)
  return `mkdir -p ${file.replace(/\/[^/]*$/, '')}
[ ! -f ${file} ] || ln -f ${file} ${replacedModule(kernel)}
cp "$t/drbd.ko" ${file}.new; chmod 644 ${file}.new; mv -f ${file}.new ${file}
depmod ${kernel}`
}

/**
 * Installs a build: it is unpacked next to its target, then each file is moved over the old one. So there is never a moment without
 * drbdadm, which the kernel may call at any time, and running programs keep the old file. The record is written last.
 */
export const installScript = (part: Part): string => {
  const record = recordFile(part)
  return `set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH; umask 022
mkdir -p ${part.prefix}; rm -rf ${part.prefix}/.install.*
t=$(mktemp -d ${part.prefix}/.install.XXXXXX); trap 'rm -rf "$t"' EXIT
tar -xzf ${buildOnHost(part)} -C "$t"
rm -f ${record}
${part.kernel === undefined ? installFiles(part) : installModule(part.kernel)}
mkdir -p ${record.replace(/\/[^/]*$/, '')}
cp "$t/record" ${record}.new; sync; mv ${record}.new ${record}
rm -f ${buildOnHost(part)}`
}
