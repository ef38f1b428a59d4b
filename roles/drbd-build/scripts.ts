import { quote } from '../../lib/role-api/index.ts'
import { buildName, moduleFile, type Part, recordFile, replacedModule } from './parts.ts'
import { argumentsOf } from './record.ts'

/** Where archives and builds lie on a host; for root alone. */
const archives = '/var/lib/nfsha-play/archives'
const builds = '/var/lib/nfsha-play/builds'

export const archiveOnHost = ({ archive }: Part): string => `${archives}/${archive.sha256}`
export const buildOnHost = (part: Part): string => `${builds}/${buildName(part)}.tar.gz`

/** Says whether the archive is there. It got there with its sum verified, and nobody but root comes to it. */
export const archiveThere = (part: Part): string =>
  `(umask 077; mkdir -p ${archives} ${builds}) || exit 1; [ -f ${archiveOnHost(part)} ] && echo there; exit 0`

const words = (list: string[]): string => list.map(quote).join(' ')

/**
 * The utilities as they would lie below their prefix; what they would put elsewhere (units, udev rules, agents of other cluster managers) is left
 * out. Only programs come along: 8.4.3 has its own in /sbin, and drbd-utils those for an older module in /lib/drbd, whatever the prefix; drbdadm is
 * told to look for them where they are then. No program is set-uid. The scripts among them call the utilities of this prefix, not whatever lies in /sbin.
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

/** Of a kernel's source drivers/block/drbd alone, out of its tree, against the headers of the kernel that it is for. */
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

/** The job: from the archive to one file that holds all that was built. Installs nothing. A tree that did not build stays until the next build. */
export const buildScript = (part: Part): string => `set -eu
LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
umask 022
# The node may serve meanwhile.
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

/** Configuration is the operator's and drbd-init's: what is there stays. */
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
 * Puts a build where it belongs: unpacked beside its place, each file is moved over the old one, which is there until then (the kernel may call
 * drbdadm at any moment) and goes on where it runs. The record comes last.
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
