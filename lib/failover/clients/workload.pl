# The work of a client, one process for each kind, until stdin ends: a writer appends numbered records with checksums to a file that stays open (one fsync
# each), a lock holder writes while it holds its lock, a reader opens the file again each time, a creator makes small files; on request, dd in a loop, as
# in the reference setup.
# Arguments: 1 to run the dd loop (otherwise 0), then the name and the directory of each mount. Prints one line per operation: name kind start duration
# outcome.
use strict;
use warnings;
use Fcntl qw(:flock);
use IO::Handle;
use POSIX qw(WNOHANG);
use Time::HiRes qw(time sleep);

my ($dd, @mounts) = @ARGV;
my ($dir, $name);
my $over = 0;
my $last_operation = 10; # seconds

sub timed {
  my ($kind, $pause, $work) = @_;
  for (my $n = 1; !$over; $n++) {
    my $start = time;
    my $ok = $work->($n);
    my $outcome = $ok ? "ok $ok" : "error $!";
    syswrite STDOUT, sprintf("%s %s %.3f %.3f %s\n", $name, $kind, $start, time - $start, $outcome);
    sleep($ok ? $pause : 0.2);
  }
}

sub record { my $body = sprintf "%08d %s", $_[0], "x" x 40; return sprintf "%s %05d\n", $body, unpack("%32C*", $body) % 65536 }

# A failed record is written again: the file may then contain it twice, but no record is missing.
sub writer {
  open my $file, '>', "$dir/$name.records" or die "$dir/$name.records: $!\n";
  my $next = 1;
  timed('write', 0.02, sub {
    my $r = record($next);
    ((syswrite($file, $r) // 0) == length $r && $file->sync) or return 0;
    return $next++;
  });
}

sub holder {
  open my $file, '>', "$dir/$name.lock" or die "$dir/$name.lock: $!\n";
  flock($file, LOCK_EX | LOCK_NB) or die "lock: $!\n";
  timed('lock', 0.5, sub { syswrite($file, "held\n") && $file->sync });
}

sub reader {
  timed('open', 0.1, sub { my $file; open($file, '<', "$dir/$name.records") && defined read($file, my $text, 54) });
}

sub creator {
  timed('create', 0.1, sub {
    my $path = "$dir/$name.small." . $_[0] % 50;
    my $file;
    unlink $path;
    open($file, '>', $path) && print($file "small\n") && close($file);
  });
}

# The reference setup (article, VI.3): dd if=/dev/zero of=/data/test$i bs=10M count=1, over three files so that no disk fills up.
sub article { timed('dd', 0, sub { system("dd if=/dev/zero of=$dir/$name.dd." . $_[0] % 3 . " bs=10M count=1 2>/dev/null") == 0 }) }

my @children;
while (($name, $dir) = splice @mounts, 0, 2) {
  open(my $new, '>', "$dir/$name.records") or die "$dir/$name.records: $!\n"; # must exist before the reader opens it
  close $new;
  for my $work (\&writer, \&holder, \&reader, \&creator, $dd ? \&article : ()) {
    my $pid = fork // die "fork: $!\n";
    if (!$pid) { setpgrp; $SIG{TERM} = sub { $over = 1 }; $work->(); exit }
    push @children, $pid;
  }
  $dd = 0; # once per client is enough to fill its network link
}
1 while sysread STDIN, my $byte, 1;
# If a process is killed during an operation, the client's kernel repeats the request although nobody waits for the answer. The server may tell it to retry
# in 15 s, and until then it does not recover with a new server, which would falsify the next takeover. So each process may finish its operation.
kill 'TERM', @children;
my $limit = time + $last_operation;
while ((@children = grep { waitpid($_, WNOHANG) == 0 } @children) && time < $limit) { sleep 0.02 }
kill 'KILL', map { -$_ } @children; # together with their dd
