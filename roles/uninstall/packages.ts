import type { PackagesResource } from '../../lib/role-api/index.ts'
import { quote } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { drbdConfigDir } from '../service/drbd/tools.ts'

/** Pure: the packages that the roles hold. Those that they only install, the system may have had before and others may use: chrony, lvm2. */
export const heldBy = (site: Role[], context: Context): string[] => [
  ...new Set(site.flatMap(role => role.steps(context)).flatMap(r => ('wanted' in r ? (r as PackagesResource).wanted.hold : []))),
]

/**
 * Shell that removes those of these packages that are installed and that nothing else uses: NFS while anything is exported or mounted by it, DRBD while it has
 * a resource, and none at all when others would go with them (apt-get(8) says so beforehand). Their configuration stays, as apt's `remove` leaves it.
 */
export const removePackages = (names: string[], context: Context): string => `export DEBIAN_FRONTEND=noninteractive
list=
for p in ${names.map(quote).join(' ')}; do
  [ "$(dpkg-query -W -f '\${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || continue
  case $p in
    nfs-*) if grep -qsE '^[^#[:space:]]' /etc/exports /etc/exports.d/*.exports || grep -qsE '^[^#]+[[:space:]]nfs4?[[:space:]]' /etc/fstab /proc/mounts; then echo "left: $p"; continue; fi ;;
    drbd-*) if ls ${drbdConfigDir(context)}/*.res >/dev/null 2>&1 || grep -q ' cs:[A-TV-Z]' /proc/drbd 2>/dev/null; then echo "left: $p"; continue; fi ;;
  esac
  list="$list $p"
done
others=
for o in $(apt-get -s -q remove $list 2>/dev/null | awk '$1 == "Remv" { print $2 }'); do case " $list " in *" $o "*) ;; *) others="$others $o" ;; esac; done
if [ -n "$others" ]; then echo "left:$list, which$others need"
elif [ -n "$list" ]; then apt-get -y -q -o DPkg::Lock::Timeout=300 remove $list >&2 || exit 1
fi`
