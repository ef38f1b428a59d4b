# What clients do, each in a process of its own, until stdin ends: a writer of numbered, checksummed records on a file held open (one fsync each), a
# lock holder that writes under its lock, a reader that opens anew, a creator of small files; asked for, the article's loop of dd.
# Arguments: 1 for the dd, then for each mount its name and its directory. One line an operation: name kind start duration outcome.
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

# A record that failed is written again: from then on the file may hold it twice, but none is left out.
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

# The article, VI.3: dd if=/dev/zero of=/data/test$i bs=10M count=1, over three files so that no disk fills up.
sub article { timed('dd', 0, sub { system("dd if=/dev/zero of=$dir/$name.dd." . $_[0] % 3 . " bs=10M count=1 2>/dev/null") == 0 }) }

my @children;
while (($name, $dir) = splice @mounts, 0, 2) {
  open(my $new, '>', "$dir/$name.records") or die "$dir/$name.records: $!\n"; # there before the reader looks
  close $new;
  for my $work (\&writer, \&holder, \&reader, \&creator, $dd ? \&article : ()) {
    my $pid = fork // die "fork: $!\n";
    if (!$pid) { setpgrp; $SIG{TERM} = sub { $over = 1 }; $work->(); exit }
    push @children, $pid;
  }
  $dd = 0; # once a client is enough to fill its line
}
1 while sysread STDIN, my $byte, 1;
# A client's kernel that is left alone with an answer that nobody waits for any more asks for it again, may be told to come back in 15 s, and until then
# comes to terms with no new server: whoever is killed in an operation spoils the next takeover. So each ends what it is at, if it can.
kill 'TERM', @children;
my $limit = time + $last_operation;
while ((@children = grep { waitpid($_, WNOHANG) == 0 } @children) && time < $limit) { sleep 0.02 }
kill 'KILL', map { -$_ } @children; # with their dd
