import { quote } from '../resources/quote.ts'

/**
 * Files on the host, in /run/nfsha-play (root only). `lock`: every lease of the run that holds it has a shared flock(1) on it. `owner`:
 * that run. `holder`: the process of one lease. `step`: locked (shared) by each script that changes something, while it runs. `mutex`: held
 * while any of these files change. A run gets the lock when nobody has `lock` and no script of another run has `step`.
 *
 * `last`: the owner of the last lease, which serves as a generation number: while it is unchanged and nobody has the lock, no run has
 * changed anything. `unclean`: a lease has ended while a step of its run was still running, or may have been.
 */
export const lockDirectory = '/run/nfsha-play'

/** Descriptor of `step`, which every script that changes something holds open. */
export const stepDescriptor = 8

/**
 * Holds the lock as long as it receives data. When our connection ends, its stdin ends and the lock with it; when the network fails
 * silently or the run is stopped, the lock ends after that many seconds without data. So a killed run never leaves a lock behind. Two
 * leases of one run (a replaced connection, two names for one machine) share it.
 */
export const leaseScript = (owner: string, seconds: number, directory = lockDirectory): string => `
d=${quote(directory)}; me=${quote(owner)}
[ "$(id -u)" = 0 ] || { echo "no root: add ansible_become: true, or -b"; exit 74; }
mkdir -p $d && chmod 700 $d || exit 74
umask 077
exec 7>>$d/mutex 9>>$d/lock
flock -w 20 7 || { echo "held by another run that is taking or releasing it"; exit 75; }
owner() { o=; { read -r o <$d/$1; } 2>/dev/null; }
b=''; c=unclean
owner owner; w=$o
if flock -n -x 9; then
  exec ${stepDescriptor}>>$d/step
  owner last; b=$o
  [ "$o" = "$me" ] || flock -n -x ${stepDescriptor} || { echo "held by \${o:-an earlier run}, one step of which is still running here"; exit 75; }
  [ -n "$w" ] || [ -e $d/unclean ] || c=clean
  # In this order, a process that reads \`last\` first and then \`owner\` sees this run in at least one of them.
  if ! printf '%s\\n' "$me" >$d/owner || ! printf '%s\\n' "$me" >$d/last; then rm -f $d/owner; exit 74; fi
  # No step is running any more: this run will read what it did.
  [ "$b" = "$me" ] || rm -f $d/unclean
  exec ${stepDescriptor}>&-
elif [ "$o" != "$me" ]; then echo "held by $o"; exit 75
fi
flock -n -s 9 || { echo "held by $o"; exit 75; }
echo $$ >$d/holder
exec 7>&-
printf 'after %s\\n%s\\ngranted\\n' "$b" $c
while [ -n "$(exec 9>&-; exec timeout ${seconds} head -c 1)" ]; do owner owner; [ "$o" = "$me" ] || break; done
exec 7>>$d/mutex 9>&- && flock 7 && exec 9>>$d/lock
owner owner
[ "$o" = "$me" ] && flock -n -x 9 && : >$d/unclean && rm -f $d/owner $d/holder && command exec ${stepDescriptor}>>$d/step && flock -n -x ${stepDescriptor} && rm -f $d/unclean
exit 0
`

/**
 * The condition for a script that changes something, from its start to its end: this run holds the lock. Nobody else gets the lock while
 * such a script runs, however late it is. If another run holds the lock, prints which.
 */
export const leaseCondition = (owner: string, directory = lockDirectory): string => {
  const isOurs = isOwner(owner, directory)
  const open = `command exec ${stepDescriptor}>>${quote(directory)}/step && flock -s -w 20 ${stepDescriptor}`
  return `if ${isOurs} && ${open} && ${isOurs}; then unset o; else ${whoElse}; false; fi`
}

/** The same between two scripts of one exec: `step` is already locked, and nothing is forked. */
export const leaseHeld = (owner: string, directory = lockDirectory): string => `{ ${isOwner(owner, directory)} || { ${whoElse}; false; }; }`

const isOwner = (owner: string, directory: string): string =>
  `{ { read -r o <${quote(directory)}/owner; } 2>/dev/null || o=; [ "$o" = ${quote(owner)} ]; }`

const whoElse = `printf 'owner %s\\n' "$o" >&2`

/** Prints the state of the lock before anything is read: `@mark`, one line each. The order matters; forks nothing. */
export const markScript = (directory = lockDirectory): string => `d=${quote(directory)}; l=; w=; u=
{ read -r l <$d/last; } 2>/dev/null; { read -r w <$d/owner; } 2>/dev/null; [ ! -e $d/unclean ] || u=unclean
printf '@mark\\nlast %s\\nowner %s\\nmark %s\\n' "$l" "$w" "$u"
`

/** Removes a stale lock and prints whose it was. A step of that run that is still running is not killed, but named. */
export const unlockScript = (directory = lockDirectory): string => `
d=${quote(directory)}
[ "$(id -u)" = 0 ] || { echo "no root: add ansible_become: true, or -b"; exit 77; }
[ -s $d/holder ] || [ -s $d/owner ] || { echo "not locked"; exit 0; }
cat $d/owner 2>/dev/null
h=; { read -r h <$d/holder; } 2>/dev/null
: >$d/unclean
rm -f $d/owner $d/holder
[ -z "$h" ] || kill "$h" 2>/dev/null
# Another lease of the same run notices at its next keepalive that it is over.
flock -w 15 $d/lock true
flock -n -x $d/step true && exit 0
for p in /proc/[0-9]*; do [ "$(readlink "$p/fd/${stepDescriptor}")" = $d/step ] && echo "step \${p#/proc/}"; done
exit 0
`
