import type { Source } from '../../../lib/role-api/index.ts'
import { simple } from '../../../lib/role-api/index.ts'

/**
 * The NFS daemons that run beside nfsd on this node, one line each with their command line: `arguments /usr/sbin/rpc.mountd -F`. `sockets`:
 * followed by what shows where rpc.mountd listens: its open sockets (`ls -l /proc/PID/fd`) and the kernel's socket tables.
 */
export const nfsDaemons = ({ sockets }: { sockets: boolean }): Source =>
  simple(`m='' s=''; for f in /proc/[0-9]*/comm; do n=; { read -r n < $f; } 2>/dev/null
  case $n in nfsdcld|rpc.mountd|rpc.statd) s="$s \${f%comm}cmdline" ;; esac; [ "$n" != rpc.mountd ] || m="$m \${f%comm}fd"; done
[ -z "$s" ] || { sed -s 's/\\x00/ /g; s/^/arguments /' $s 2>/dev/null; echo; }${sockets ? socketsOfMountd : ''}`)

const socketsOfMountd = `
[ -z "$m" ] || { ls -l $m; cat /proc/net/tcp /proc/net/tcp6; } 2>/dev/null`

/** Pure: the command lines in the output of `nfsDaemons`. */
export const daemonLines = (text: string): string[] => [...text.matchAll(/^arguments (.*\S) *$/gm)].map(([, words = '']) => words)
