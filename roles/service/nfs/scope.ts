import type { Vars } from '../../vars.ts'

/** One server scope for both nodes: clients reclaim their state only from a server whose scope they know (RFC 8881, 2.10.4). */
export const serverScope = (vars: Vars): string => `nfsha-${vars.drbd_resource}`

/**
 * No kernel file shows the scope that nfsd returns, so the script queries nfsd like a client: the reply to EXCHANGE_ID (RFC 8881, 18.35)
 * over the virtual IP contains it; DESTROY_CLIENTID cleans up. perl is essential on Debian. Prints `is SCOPE`, or why it cannot be read.
 */
export const scopeScript = (
  address: string,
): string => `if ! command -v perl >/dev/null; then echo "there is no perl"; else perl -e 'use Socket; $SIG{ALRM} = sub { print "nfsd does not answer\\n"; exit }; alarm 8;
socket(S, PF_INET, SOCK_STREAM, 0) && connect(S, sockaddr_in(2049, inet_aton($ARGV[0]))) || do { print "nfsd accepts no connection\\n"; exit };
sub take { my ($n, $b) = (shift, ""); while (length $b < $n) { sysread(S, $b, $n - length $b, length $b) || last } $b }
sub ask { my $m = pack("N13", 1, 0, 2, 100003, 4, 1, 0, 0, 0, 0, 0, 1, 1) . shift; syswrite(S, pack("N", 0x80000000 | length $m) . $m); take(0x7fffffff & unpack("N", take(4))) }
$r = ask(pack("N", 42) . "nfsha-pl" . pack("N", 16) . "nfsha-play-probe" . pack("N3", 0, 0, 0)); @w = unpack("N*", $r);
if ($w[2]) { print "nfsd rejects requests to $ARGV[0]\\n"; exit }
if ($w[6]) { print "nfsd answers with status $w[6]\\n"; exit }
$o = 72; $l = unpack("N", substr($r, $o)); $o += 4 + $l + (-$l & 3); $l = unpack("N", substr($r, $o)); print "is ", substr($r, $o + 4, $l), "\\n";
ask(pack("N", 57) . substr($r, 44, 8))' ${address}; fi`
