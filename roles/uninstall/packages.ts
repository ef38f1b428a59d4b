import type { PackagesResource } from '../../lib/role-api/index.ts'
import { quote } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { drbdConfigDir } from '../service/drbd/tools.ts'

/**
 * Pure: the packages that the roles hold. Packages that they only install (chrony, lvm2) may have been there before, or be used by others.
 */
export const heldBy = (site: Role[], context: Context): string[] => [
  ...new Set(site.flatMap(role => role.steps(context)).flatMap(r => ('wanted' in r ? (r as PackagesResource).wanted.hold : []))),
]

/**
 * Shell that removes the installed packages among `names`. NFS is left while anything is exported or mounted with it, DRBD while it has a
 * resource, and all are left if apt-get(8) would remove other packages with them. Their configuration stays, as with apt's `remove`.
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
