# What clients do, each in a process of its own, until stdin ends: a writer of numbered, checksummed records on a file held open (one fsync each), a
# lock holder that writes under its lock, a reader that opens anew, a creator of small files. One line an operation: kind start duration outcome.
use strict;
use warnings;
use Fcntl qw(:flock);
use IO::Handle;
use Time::HiRes qw(time sleep);

my ($dir, $name) = @ARGV;
STDOUT->autoflush(1);

sub timed {
  my ($kind, $pause, $work) = @_;
  for (my $n = 1; ; $n++) {
    my $start = time;
    my $ok = $work->($n);
    my $outcome = $ok ? "ok $n" : "error $!";
    syswrite STDOUT, sprintf("%s %.3f %.3f %s\n", $kind, $start, time - $start, $outcome);
    sleep($ok ? $pause : 0.2);
  }
}

sub record { my $body = sprintf "%08d %s", $_[0], "x" x 40; return sprintf "%s %05d\n", $body, unpack("%32C*", $body) % 65536 }

sub writer {
  open my $file, '>', "$dir/$name.records" or die "$dir/$name.records: $!";
  timed('write', 0.02, sub { my $r = record($_[0]); (syswrite($file, $r) // 0) == length $r && $file->sync });
}

sub holder {
  open my $file, '>', "$dir/$name.lock" or die "$dir/$name.lock: $!";
  flock($file, LOCK_EX | LOCK_NB) or die "lock: $!";
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

open(my $new, '>', "$dir/$name.records") or die "$dir/$name.records: $!"; # there before the reader looks
close $new;
my @children;
for my $work (\&writer, \&holder, \&reader, \&creator) {
  my $pid = fork // die "fork: $!";
  if (!$pid) { $work->(); exit }
  push @children, $pid;
}
1 while sysread STDIN, my $byte, 1;
kill 'KILL', @children;
