# Allocates contiguous blocks of a mounted ext4 and moves them to its inode 5. Arguments: FILE BYTES, where FILE is the beginning of new names in the top
# directory. Prints the blocks as debugfs shows them afterwards, `(0-4095):38912-43007`. Clients may be working in that directory at the same time, so the
# caller must verify inode 5.
use strict;
use warnings;
use Fcntl;
# linux/fs.h, linux/fiemap.h, Documentation/admin-guide/ext4.rst
use constant { FIGETBSZ => 2, FIEMAP => 0xC020660B, FIEMAP_FLAG_SYNC => 1, EXT4_IOC_SWAP_BOOT => 0x6611, TRIES => 4 };

my ($path, $bytes) = @ARGV;
my (@held, $file, $first, $block);
END { unlink map {"$path$_"} @held }

# A file that is not contiguous is kept until another one is, because otherwise the next file would get the same blocks.
for my $try (1 .. TRIES) {
    sysopen($file, "$path$try", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600) or die "$path$try: $!\n";
    push @held, $try;
    my $mib = "\0" x 1048576;
    for (1 .. $bytes / 1048576) { (syswrite($file, $mib) // 0) == 1048576 or die "cannot allocate $bytes bytes: $!\n" }
    ioctl($file, FIGETBSZ, my $size = pack('L', 0)) or die "block size: $!\n";
    $block = unpack('L', $size);
    $first = in_one_piece();
    last if defined $first;
}
defined $first or die "no $bytes contiguous bytes are free\n";
ioctl($file, EXT4_IOC_SWAP_BOOT, my $none = 0) or die "this kernel or file system does not support EXT4_IOC_SWAP_BOOT: $!\n";
printf "(0-%d):%d-%d\n", $bytes / $block - 1, $first / $block, ($first + $bytes) / $block - 1;

# The byte offset of the file on the device, if its extents are contiguous; otherwise undef.
sub in_one_piece {
    my $map = pack('QQLLLL', 0, ~0, FIEMAP_FLAG_SYNC, 0, 64, 0) . "\0" x (56 * 64);
    ioctl($file, FIEMAP, $map) or die "FIEMAP: $!\n";
    my ($begin, $next);
    for my $i (0 .. unpack('x20L', $map) - 1) {
        my (undef, $at, $length) = unpack('QQQ', substr $map, 32 + 56 * $i);
        return if defined $next && $at != $next;
        $begin //= $at;
        $next = $at + $length;
    }
    return defined $next && $next - $begin == $bytes ? $begin : undef;
}
