# Checks whether a block device is blank, and reports what is on it. Read-only. docs/disks.md lists the checks.
# Arguments: DEVICE [WORD...]
#   data        ignore DRBD's internal metadata at the end of the device
#   fresh       ignore it only if it was just created (its current UUID is 4)
#   stamp=HEX   metadata with this stamp is known: do not read the content of the device
#   facts       check nothing, only print the fields of the superblocks
# Prints one fact per line on stdout: `device`, `size`, `drbd`, `ext4`, `read`, a `not CLASS REASON` for each reason against, `blank` if there is none.
# Classes: missing, held, readonly, small, content, unreadable. Progress (`@progress PERCENT TEXT`) goes to stderr.
# Exit code 0 only when it is blank. Core modules only, perl 5.10: perl-base of Debian, perl of CentOS 6.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode SEEK_SET);

use constant { KIB => 1024, MIB => 1 << 20, GIB => 1 << 30, PIECE => 1 << 20, SAMPLE => 65536 };
# A disk of up to WHOLE bytes is read completely. Of a larger one EDGE at both ends and at least POINTS samples in between are read; more samples, or
# all of it, within SPARE seconds. After LIMIT seconds the result is "not known".
use constant { WHOLE => 1 << 30, EDGE => 64 << 20, POINTS => 4096, MOST_POINTS => 65536, SPARE => 30, LIMIT => 540 };
use constant { BLKROGET => 0x125E, BLKFLSBUF => 0x1261, LOOP_GET_STATUS64 => 0x4C05, EBUSY => 16 };
# kernel: include/linux/drbd.h; drbd-utils: user/shared/drbdmeta.c
my %drbd_magic = (0x83740269 => 'v06', 0x8374026A => 'v07', 0x8374026B => 'v08', 0x8374026C => 'v08 in use', 0x8374026D => 'v09');

my ($path, @words) = @ARGV;
my %word = map { /^(\w+)=(.*)/ ? ($1 => $2) : ($_ => 1) } @words;
my %reasons;    # each with its class
my $against = 0;
sub fact { print join(' ', @_), "\n" }

sub refuse {
  my ($class, $reason) = @_;
  $reason =~ s/[^\x20-\x7e]/?/g;
  return if $reasons{$reason} || $against++ > 19;
  $reasons{$reason} = $class;
  fact('not', $class, $reason);
}
sub finish { fact('blank') if !$against; exit($against ? 1 : 0) }

sub major { return (($_[0] >> 8) & 0xfff) | (($_[0] >> 32) & ~0xfff) }
sub minor { return ($_[0] & 0xff) | (($_[0] >> 12) & ~0xff) }
sub number { return major($_[0]) . ':' . minor($_[0]) }

sub slurp {
  open(my $in, '<', $_[0]) or return '';
  local $/;
  my $text = <$in>;
  return defined $text ? $text : '';
}
sub names { opendir(my $dir, $_[0]) or return (); return grep { !/^\.\.?$/ } readdir $dir }

# The device number of a block device by name; undef for anything else. Follows links, including those below /proc that lead into other namespaces.
sub block { my @s = stat $_[0]; return @s && S_ISBLK($s[2]) ? number($s[6]) : undef }

# --- what holds it ---------------------------------------------------------------------------------------------------------------------------------
my ($own, %ours);    # our number; the numbers of the device and of its partitions, each with its name

sub device_name {
  my ($name) = @_;
  for my $kind ([ 'dm/name', 'device-mapper' ], [ 'md/level', 'md' ]) {
    my $text = slurp("/sys/class/block/$name/$kind->[0]");
    $text =~ s/\s+$//;
    return "$name ($kind->[1] $text)" if $text ne '';
  }
  return $name;
}

sub find_partitions {
  for my $part (grep { -e "/sys/dev/block/$own/$_/partition" } names("/sys/dev/block/$own/")) {
    my $number = slurp("/sys/dev/block/$own/$part/dev");
    $number =~ s/\s+//g;
    $ours{$number} = $part;
    refuse('content', "it has a partition: $part");
  }
}

sub find_holders {
  for my $number (sort keys %ours) {
    refuse('held', "$ours{$number} is part of " . device_name($_)) for sort(names("/sys/dev/block/$number/holders"));
  }
}

# Mounted in any mount namespace: by device number, or by source for btrfs, which has its own numbers.
sub find_mounts {
  my %seen;
  for my $pid ('self', grep {/^\d+$/} names('/proc')) {
    my $space = readlink "/proc/$pid/ns/mnt";
    next if defined $space && $seen{$space}++;
    my $text = slurp("/proc/$pid/mountinfo");
    next if !defined $space && $seen{$text}++;
    for my $line (split /\n/, $text) {
      my ($number, $root, $where, $type, $source) = $line =~ m{^\d+ \d+ (\S+) (\S+) (\S+) .* - (\S+) (\S+)} or next;
      my $from = $ours{$number} ? $number : $source =~ m{^/} ? block($source) : undef;
      next if !defined $from || !$ours{$from} || $type eq 'devtmpfs';
      refuse('held', "$ours{$from} is mounted on $where" . ($pid eq 'self' || $seen{"@ $where"}++ ? '' : " (as process $pid sees it)"));
      $seen{"@ $where"}++;
    }
  }
}

sub find_swap {
  for my $line (split /\n/, slurp('/proc/swaps')) {
    my ($name) = $line =~ m{^(/\S+)} or next;
    my $number = block($name);
    refuse('held', "$ours{$number} is swap in use") if defined $number && $ours{$number};
  }
}

# A loop device does not claim its backing device, but reports its number (struct loop_info64, lo_rdevice).
sub find_loops {
  for my $loop (grep {m{/loop(\d+)/}} glob '/sys/block/loop*/loop/backing_file') {
    my ($name) = $loop =~ m{/block/(loop\d+)/};
    sysopen(my $fh, "/dev/$name", O_RDONLY) or next;
    my $info = "\0" x 232;
    ioctl($fh, LOOP_GET_STATUS64, $info) or next;
    my $below = (unpack 'Q3', $info)[2];
    my $number = number($below);
    refuse('held', "$ours{$number} is below loop device $name") if $below && $ours{$number};
  }
}

sub find_targets {
  for my $file (glob('/sys/kernel/config/nvmet/subsystems/*/namespaces/*/device_path'), glob('/sys/kernel/config/target/core/*/*/udev_path')) {
    my $name = slurp($file);
    $name =~ s/\s+$//;
    my $number = $name eq '' ? undef : block($name);
    refuse('held', "$ours{$number} is exported by $file") if defined $number && $ours{$number};
  }
}

# Only drbdsetup knows the names of DRBD's resources.
sub find_drbd {
  my $resource = '';
  for (`drbdsetup show 2>/dev/null </dev/null`) {
    $resource = $1 if /^\s*resource\s+"?([^\s"{]+)/;
    next if !m{\b(?:disk|meta-disk)\s+"?(/[^\s";]+)};
    my $number = block($1);
    refuse('held', "$ours{$number} is below DRBD resource $resource") if defined $number && $ours{$number};
  }
}

sub command_of { my $name = slurp("/proc/$_[0]/comm"); $name =~ s/\s+$//; return "$name (process $_[0])" }

# Whether a process has the device open or mapped.
sub uses {
  my ($pid) = @_;
  my %mapped = map { $_ => 1 } slurp("/proc/$pid/maps") =~ m{ (/dev/(?!shm/|zero)\S+)$}gm;
  for my $file ((map {"/proc/$pid/fd/$_"} names("/proc/$pid/fd")), keys %mapped) {
    my $number = block($file);
    return $ours{$number} if defined $number && $ours{$number};
  }
  return undef;
}

sub find_processes {
  my @found;
  for my $pid (grep { /^\d+$/ && $_ != $$ } names('/proc')) {
    my $used = uses($pid);
    push @found, "$used is open in " . command_of($pid) if defined $used;
  }
  return @found;
}

# --- reading, bypassing the page cache: DRBD writes below it, so cached data may be stale -------------------------------------------------------------
my ($fh, $size, $direct);
my $zeros = "\0" x PIECE;
my $room = "\0" x (PIECE + 8192);
my $start = time;
my ($done, $last_told) = (0, 0);

# An aligned offset in our buffer, as O_DIRECT requires.
sub aligned { return (4096 - (unpack('J', pack('p', $room)) % 4096)) % 4096 }

# Reads bytes of the device; undef when they cannot be read. Offset and length are extended to whole blocks of 4 KiB.
sub bytes {
  my ($offset, $length) = @_;
  my $from = $offset - $offset % 4096;
  my $until = $offset + $length > $size ? $size : $offset + $length;
  return '' if $until <= $from;
  my $want = $until - $from;
  $want += (4096 - $want % 4096) % 4096;
  $want = $size - $from if $from + $want > $size;
  sysseek($fh, $from, SEEK_SET) or return undef;
  my $text = '';
  while (length $text < $want) {
    my $place = aligned();
    my $piece = $want - length $text > PIECE ? PIECE : $want - length $text;
    my $got = sysread $fh, $room, $piece, $place;
    return undef if !$got;
    $text .= substr $room, $place, $got;
    last if $got % 512;
  }
  $done += length $text;
  return substr $text, $offset - $from, $until - $offset;
}

sub progress {
  my ($percent, $what) = @_;
  return if time == $last_told;
  $last_told = time;
  printf STDERR "\@progress %d reading %s: %s\n", $percent, $path, $what;
}

# Known signatures by their bytes and offset in a block. Only for the message: any nonzero byte counts.
my @known = (
  [ 56, "\x53\xef", 'a superblock of ext2, ext3 or ext4' ], [ 1080, "\x53\xef", 'a superblock of ext2, ext3 or ext4' ], [ 0, 'XFSB', 'a superblock of XFS' ],
  [ 0, 'XAGF', 'free space information of XFS' ], [ 512, 'XAGF', 'free space information of XFS' ], [ 64, '_BHRfS_M', 'a superblock of btrfs' ],
  [ 0, 'LABELONE', 'a label of LVM' ], [ 512, 'LABELONE', 'a label of LVM' ], [ 0, ' LVM2 x', 'metadata of LVM' ], [ 4, ' LVM2 x', 'metadata of LVM' ],
  [ 0, "\xfc\x4e\x2b\xa9", 'a superblock of md' ], [ 0, 'EFI PART', 'a GUID partition table' ], [ 512, 'EFI PART', 'a GUID partition table' ],
  [ 3584, 'EFI PART', 'a backup of a GUID partition table' ], [ 3, 'NTFS', 'a boot sector of NTFS' ], [ 3587, 'NTFS', 'a boot sector of NTFS' ], [ 3, 'EXFAT', 'a boot sector of exFAT' ],
  [ 0, 'LUKS', 'a header of LUKS' ], [ 0, 'SKUL', 'a second header of LUKS' ], [ 4086, 'SWAPSPACE2', 'swap' ], [ 52, 'ReIsEr', 'a superblock of ReiserFS' ],
  [ 4096 - 4, "\x02\x6b", 'DRBD' ], [ 510, "\x55\xaa", 'a boot sector or partition table' ], [ 1, 'CD001', 'ISO 9660' ], [ 1, 'NSR0', 'UDF' ], [ 0, 'OCFSV2', 'OCFS2' ],
  [ 0, "\x01\x16\x19\x70", 'GFS2' ], [ 24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", 'bcache' ],
);
sub looks_like {
  my ($block) = @_;
  for (@known) { return " (it looks like $_->[2])" if substr($block, $_->[0], length $_->[1]) eq $_->[1] }
  return '';
}

my $content_end;    # content counts up to here

# Reads a range in pieces and records the first nonzero byte. False when the device is known not to be blank or not readable.
sub zero {
  my ($offset, $length, $percent, $what) = @_;
  my $end = $offset + $length > $content_end ? $content_end : $offset + $length;
  $offset = 0 if $offset < 0;
  for (; $offset < $end; $offset += PIECE) {
    if (time - $start > LIMIT) { refuse('unreadable', sprintf 'it is too slow to be judged: %d MiB in %d s', $done / MIB, LIMIT); return 0 }
    my $want = $end - $offset > PIECE ? PIECE : $end - $offset;
    my $text = bytes($offset, $want);
    if (!defined $text || length $text < $want) { refuse('unreadable', "it cannot be read at byte $offset: $!"); return 0 }
    progress($percent->($offset), $what);
    next if $text eq substr $zeros, 0, $want;
    $text =~ /[^\0]/g;
    my $at = $offset + pos($text) - 1;
    my $block = bytes($at - $at % 4096, 4096);
    refuse('content', "it is not empty: there is data at byte $at of $size" . looks_like(defined $block ? $block : ''));
    return 0;
  }
  return 1;
}

# Where formats with several copies of their structures put them (docs/disks.md). Start and length of each.
sub places {
  my @places;
  # ext2, ext3, ext4: groups 1 and powers of 3, 5 and 7 (mke2fs, sparse_super); a group has 8 blocks per byte of a block
  my %groups = (1 => 1);
  for my $base (3, 5, 7) { for (my $g = $base; $g < 1 << 40; $g *= $base) { $groups{$g} = 1 } }
  for my $block (map { KIB << $_ } 0 .. 6) {
    my $group = $block * ($block == 65536 ? 65528 * 8 : $block * 8);
    push @places, map { [ $_ * $group, 131072 ] } grep { $_ * $group < $size } keys %groups;
    # sparse_super2: the last group
    push @places, [ int(($size - 1) / $group) * $group, 131072 ];
  }
  # XFS: the start of each allocation group, for 1 to 32 groups of equal size, and each TiB
  for my $count (2, 3, 4, 8, 16, 32) {
    push @places, map { [ int($size / $count) * $_ - 262144, 524288 ] } 1 .. $count - 1;
  }
  for (my $at = 1 << 40; $at < $size; $at += 1 << 40) { push @places, [ $at - 262144, 524288 ] }
  # btrfs (mirrors), OCFS2 (backups), Reiser4, NTFS and HFS+ (in the middle)
  push @places, map { [ $_, 65536 ] } 64 << 20, 256 << 30, 1 << 50, map { GIB << $_ } 0, 2, 4, 6, 8, 10;
  push @places, [ int($size / 2) - 65536, 131072 ];
  return sort { $a->[0] <=> $b->[0] } grep { $_->[0] < $content_end } @places;
}

# One sample at a random offset in each of this many equal parts.
sub samples {
  my ($from, $to, $count) = @_;
  my $part = ($to - $from) / $count;
  for my $i (0 .. $count - 1) {
    my $span = $part > SAMPLE ? $part - SAMPLE : 0;
    my $at = int(($from + $i * $part + rand $span) / 4096) * 4096;
    zero($at, SAMPLE, sub { 100 * $i / $count }, "sample $i of $count") or return 0;
  }
  return 1;
}

sub read_all {
  my ($from, $to) = @_;
  return zero($from, $to - $from, sub { 100 * $_[0] / $to }, 'all of it');
}

# Prints how much was read; stops at the first finding.
sub read_content {
  if ($size <= WHOLE) { return read_all(0, $content_end) && fact('read', 'all') }
  zero(0, EDGE, sub {0}, 'its first 64 MiB') or return;
  my $pace = time - $start;
  $pace = 1 if $pace < 1;
  zero($size - EDGE, EDGE, sub {0}, 'its last 64 MiB') or return;
  for (places()) { zero($_->[0], $_->[1], sub {0}, 'places of superblocks') or return }
  if ($size / EDGE * $pace <= SPARE) { return read_all(EDGE, $content_end) && fact('read', 'all') }
  my ($points, $pass) = (0, POINTS);
  my $spare = time + SPARE;
  while (1) {
    samples(EDGE, $content_end - EDGE, $pass) or return;
    $points += $pass;
    last if time >= $spare || $points + 2 * $pass > MOST_POINTS || $pass * SAMPLE * 2 > $size;
    $pass *= 2;
  }
  return fact('read', sprintf '%d MiB, %d samples, the widest gap %d KiB', $done / MIB, $points, 2 * ($content_end / $pass) / KIB);
}

# --- content -----------------------------------------------------------------------------------------------------------------------------------------
sub hex64 { return join '', map { sprintf '%08X', $_ } unpack 'N2', $_[0] }

# DRBD's internal metadata: its superblock is the last whole 4 KiB block (struct md_on_disk_08 of drbdmeta.c). Returns where the metadata begins, its
# current UUID and its stamp (device-uuid, which DRBD 8.4 preserves but does not use); nothing when there is none that this program can read.
sub drbd_metadata {
  my $at = ($size - $size % 4096) - 4096;
  my $block = bytes($at, 4096);
  return if !defined $block || length $block < 128;
  my ($flags, $magic, $sectors) = unpack 'N3', substr $block, 56, 12;
  my $version = $drbd_magic{$magic} or return;
  my @uuids = map { hex64(substr $block, 8 * $_, 8) } 1 .. 4;
  my ($data, $stamp) = map { hex64(substr $block, $_, 8) } 0, 40;
  fact('drbd', $version =~ /^(v\d+)/, "uuids=@{[join ':', @uuids]}", sprintf('flags=%x', $flags), "stamp=$stamp", 'sectors=' . hex($data));
  return if $version !~ /^v08/ || $sectors * 512 > $size;
  return ($size - $size % 4096 - $sectors * 512, $uuids[0], $stamp);
}

# ext4's superblock (linux/fs/ext4/ext4.h): identity, size, and whether it was cleanly unmounted and is free of recorded errors.
sub ext4 {
  my $block = bytes(0, 4096);
  return if !defined $block || length $block < 4096 || substr($block, 1080, 2) ne "\x53\xef";
  my $super = substr $block, 1024, 1024;
  my $word = sub { return unpack 'V', substr $super, $_[0], 4 };
  my $incompat = $word->(0x60);
  my $blocks = $word->(4) + ($incompat & 0x80 ? $word->(0x150) * 4294967296 : 0);
  my $state = unpack 'v', substr $super, 0x3A, 2;
  my $clean = $state == 1 && !($incompat & 4) && $word->(0xE8) == 0 ? 1 : 0;
  my $id = unpack 'H*', substr $super, 0x68, 16;
  $id =~ s/^(.{8})(.{4})(.{4})(.{4})/$1-$2-$3-$4-/;
  fact('ext4', "uuid=$id", "clean=$clean", 'bytes=' . $blocks * (KIB << $word->(0x18)), 'extents=' . ($incompat & 0x40 ? 1 : 0));
}

# The signatures that wipefs(8) finds, by name.
sub signatures {
  for (`wipefs -n -p $path 2>/dev/null </dev/null`) {
    next if /^#/;
    chomp;
    my ($offset, $uuid, $label, $type) = split /,/;
    next if !defined $type || ($type eq 'drbd' && hex($offset) >= $content_end);
    refuse('content', "it holds $type" . ($label ne '' ? " with the label $label" : '') . ($uuid ne '' ? " ($uuid)" : ''));
  }
}

# --- the judgement -----------------------------------------------------------------------------------------------------------------------------------
$| = 1;
$SIG{PIPE} = 'IGNORE';
if (!-e $path) { refuse('missing', -l $path ? 'it is a link to nothing' : 'it does not exist'); finish() }
$own = block($path);
if (!defined $own) { refuse('missing', 'it is no block device'); finish() }
my $link = readlink "/sys/dev/block/$own";
my ($name) = defined $link ? $link =~ m{([^/]+)$} : ();
$name = $own if !defined $name;
$path = "/dev/$name" if defined block("/dev/$name") && block("/dev/$name") eq $own;
fact('device', $path);
%ours = ($own => $name);
$size = 512 * (slurp("/sys/dev/block/$own/size") || 0);
fact('size', $size);
if ($size < 2 * MIB) { refuse('small', "it has $size bytes, less than 2 MiB"); finish() }

if ($word{facts}) {
  if (!sysopen $fh, $path, O_RDONLY | O_DIRECT) { refuse('unreadable', "it cannot be opened: $!"); finish() }
  drbd_metadata();
  ext4();
  exit 1;
}
find_partitions();
find_holders();
find_mounts();
find_swap();
find_loops();
find_targets();
find_drbd();

# udev and similar programs open a device briefly: only lasting users count.
my $patience = time + 5;
while (1) {
  my $exclusive = sysopen $fh, $path, O_RDONLY | O_EXCL | O_DIRECT;
  my $error = $!;
  my @open = find_processes();
  last if $exclusive && !@open;
  if ($against || time >= $patience) {
    refuse('held', $_) for @open;
    refuse('held', 'it cannot be opened exclusively: ' . ($error == EBUSY ? 'something in the kernel holds it' : $error)) if !$exclusive && !grep {/^held/} values %reasons;
    last if $exclusive || sysopen $fh, $path, O_RDONLY | O_DIRECT;
    refuse('unreadable', "it cannot be opened: $!");
    finish();
  }
  close $fh if $exclusive;
  select undef, undef, undef, 0.2;
}
my $readonly = "\0" x 8;
refuse('readonly', 'it is read-only') if ioctl($fh, BLKROGET, $readonly) && unpack 'i', $readonly;

my ($metadata, $current, $stamp) = drbd_metadata();
ext4();
$content_end = defined $metadata && ($word{data} || $word{fresh} && $current eq '0000000000000004') ? $metadata : $size;
if (!$word{stamp} || !defined $stamp || $stamp ne $word{stamp} || $stamp !~ /[^0]/) {
  signatures();
  # Report the content below an attached DRBD too.
  read_content() if !$against || $word{data} && !grep { $_ eq 'content' } values %reasons;
}
finish();
