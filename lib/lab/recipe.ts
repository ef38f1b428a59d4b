import { createHash } from 'node:crypto'
import type { Release } from './release.ts'

/** Everything that determines the bare image; its digest is the image's key. */
export interface Recipe {
  suite: string
  packages: readonly string[]
  /** Used by apt in the guest and during the build. */
  aptSettings: readonly string[]
  dpkgSettings: readonly string[]
  /** The guest's /etc/apt/sources.list. */
  sources: string
  /** Runs with the root directory as $1, before the tree is packed. */
  customize: string
  /** Turns the packed tree on stdin into the image's files on stdout. */
  assemble: string
}

/** The init system of the machines. */
export type Init = 'systemd' | 'sysvinit'

/** A machine with sysvinit gets the tools of that era. */
const initPackages: Record<Init, readonly string[]> = { systemd: ['systemd-sysv'], sysvinit: ['sysvinit-core', 'net-tools'] }

/**
 * Packages whose name or default differs between releases: libraries were renamed for the 64-bit time_t (Debian 13). Testing renames
 * libsnmp with each version of net-snmp, so its machines install it themselves; it would also build the initrd with dracut.
 */
const releasePackages: Record<Release, readonly string[]> = {
  bookworm: ['libcurl4', 'libglib2.0-0', 'libsnmp40'],
  trixie: ['libcurl4t64', 'libglib2.0-0t64', 'libsnmp40t64'],
  forky: ['libcurl4t64', 'libglib2.0-0t64', 'initramfs-tools'],
}

const packages = (release: Release, init: Init) => [
  'e2fsprogs',
  'ifupdown', // the article uses it to take em1 down and up
  'iproute2',
  'iputils-ping',
  'kmod',
  'linux-image-cloud-amd64', // ships drbd.ko and nfsd.ko
  'openssh-server',
  'sudo',
  ...initPackages[init],
  'udev',
  // Part of a normal Debian server but not of a minimal one; each takes seconds to unpack on an emulated processor.
  'bc',
  'bzip2',
  'gawk',
  ...releasePackages[release],
  'libxml2-utils',
  'netbase',
  'psmisc',
  'python3',
]

// Makes `apt-get update` and dpkg fast enough under emulation. The index is downloaded as gzip: unpacking xz is several times slower.
const aptSettings = [
  'Acquire::Languages "none";',
  'Acquire::PDiffs "false";',
  'Acquire::CompressionTypes::Order { "gz"; "xz"; };',
  'Acquire::IndexTargets::deb::DEP-11 { DefaultEnabled "false"; };',
  'Acquire::IndexTargets::deb::Contents-deb { DefaultEnabled "false"; };',
  'APT::Periodic::Enable "0";',
  'DPkg::Use-Pty "0";',
]

// fsync after every unpacked file is useless here: a lab machine that lost power during an installation is created again.
const dpkgSettings = [
  'force-unsafe-io',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/doc/*',
  'path-exclude=/usr/share/locale/*',
]

const customize = (init: Init) => `set -eu
root=$1
in_root() { chroot "$root" "$@"; }
in_root useradd --create-home --shell /bin/bash --groups sudo ops
echo ops:ops-lab | in_root chpasswd
echo 'update_initramfs=no' > "$root/etc/initramfs-tools/update-initramfs.conf"
mkdir -p "$root/etc/ssh/sshd_config.d" "$root/etc/systemd/journald.conf.d" "$root/etc/systemd/system.conf.d"
printf '%s\\n' 'UseDNS no' 'HostKey /etc/ssh/ssh_host_ed25519_key' 'PermitRootLogin prohibit-password' > "$root/etc/ssh/sshd_config.d/lab.conf"
printf '%s\\n' '[Journal]' 'Storage=persistent' 'SystemMaxUse=32M' > "$root/etc/systemd/journald.conf.d/lab.conf"
printf '%s\\n' '[Manager]' 'DefaultTimeoutStopSec=20s' > "$root/etc/systemd/system.conf.d/lab.conf"
# the initrd mounts the root writable, and its journal needs no check: an entry here would only have the boot wait for udev
echo '# the root is mounted by the initrd' > "$root/etc/fstab"
${init === 'systemd' ? systemd : sysvinit}rm -f "$root/etc/update-motd.d/10-uname" "$root"/etc/ssh/ssh_host_*
cd "$root/tmp" && in_root sh -c 'cd /tmp && apt-get download -qq -o APT::Sandbox::User=root busybox-static'
mkdir "$root/tmp/lab-busybox" && dpkg-deb -x "$root"/tmp/busybox-static_*.deb "$root/tmp/lab-busybox"
find "$root/tmp/lab-busybox" -type f -name busybox -exec mv {} "$root/boot/lab-busybox" ';'
rm -rf "$root/tmp/lab-busybox" "$root"/tmp/busybox-static_*.deb
cat > "$root/boot/lab-kexec" <<'PYTHON'
${kexec}PYTHON
`

const systemd = `# udev asks every device at boot for its events: only disks and cards have any that matter here
mkdir -p "$root/etc/systemd/system/systemd-udev-trigger.service.d"
printf '%s\\n' '[Service]' 'ExecStart=' \\
  'ExecStart=udevadm trigger --action=add --subsystem-match=virtio --subsystem-match=net --subsystem-match=block' \\
  > "$root/etc/systemd/system/systemd-udev-trigger.service.d/lab.conf"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \\
  getty@tty1.service systemd-pstore.service remote-fs.target; do in_root systemctl --quiet disable "$unit"; done
# nothing here uses them, and each costs a process at boot
in_root systemctl --quiet mask getty-static.service serial-getty@ttyS0.service systemd-logind.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \\
  dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-debug.mount sys-kernel-tracing.mount \\
  systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \\
  systemd-firstboot.service systemd-sysusers.service systemd-repart.service systemd-machine-id-commit.service \\
  systemd-ask-password-wall.path systemd-ask-password-console.path ifupdown-wait-online.service \\
  systemd-random-seed.service sys-kernel-config.mount modprobe@configfs.service
`

// No login consoles: each getty would be restarted again and again.
const sysvinit = `sed -i '/getty/d' "$root/etc/inittab"
`

/** The modules that the root disk needs, in load order. */
const diskModules = [
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci',
  'drivers/block/virtio_blk',
]

/** Loaded with them, so that the network cards exist before udev starts. */
const networkModules = ['net/core/failover', 'drivers/net/net_failover', 'drivers/net/virtio_net']

const bootModules = [...diskModules, ...networkModules]

// The machine's own files are in a second archive that follows this one (seed.ts). They are copied only once: later changes by a role stay.
// systemd mounts /dev itself; sysvinit needs /dev/console before its first script runs.
const dev: Record<Init, string> = { systemd: '/busybox umount /dev', sysvinit: '/busybox mount -o move /dev /mnt/dev' }

// Replaces a boot loader: a machine whose system was upgraded boots its own newest kernel. python3 is available and makes the system calls
// itself: kexec_file_load(2), then reboot(2) with LINUX_REBOOT_CMD_KEXEC. If that fails, the machine continues with the image's kernel.
const kexec = `import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
kernel, initrd = (os.open(f"/boot/{name}", os.O_RDONLY) for name in ("vmlinuz-" + sys.argv[1], "lab-initrd"))
line = open("/proc/cmdline").read().strip().encode() + b" lab.own\\0"
if libc.syscall(320, kernel, initrd, ctypes.c_ulong(len(line)), line, ctypes.c_ulong(0)): sys.exit(os.strerror(ctypes.get_errno()))
os.sync()
libc.mount(None, b"/", None, ctypes.c_ulong(0x21), None) # MS_REMOUNT | MS_RDONLY
libc.syscall(169, 0xfee1dead, 672274793, 0x45584543, None)
`

const ownKernel = `/busybox mount -t proc proc /mnt/proc
own=$(/busybox ls /mnt/boot | /busybox sed -n 's/^vmlinuz-//p' | /busybox sort -V | /busybox tail -n 1)
if [ -n "$own" ] && [ "$own" != "$(/busybox uname -r)" ] && [ -d "/mnt/lib/modules/$own/kernel" ] && ! /busybox grep -q ' lab.own' /mnt/proc/cmdline; then
  echo "booting the machine's own kernel $own" > /dev/console
  /busybox rm -f /modules/*
  for path in ${bootModules.join(' ')}; do
    file=/mnt/lib/modules/$own/kernel/$path.ko
    if [ -f "$file" ]; then /busybox cp "$file" /modules/; elif [ -f "$file.xz" ]; then /busybox xzcat "$file.xz" > "/modules/\${path##*/}.ko"; fi
  done
  (cd / && /busybox find . -xdev | /busybox cpio -o -H newc 2>/dev/null) > /mnt/boot/lab-initrd
  /busybox chroot /mnt /usr/bin/python3 /boot/lab-kexec "$own" > /dev/console 2>&1
fi
/busybox umount /mnt/proc
`

const initrd = (init: Init) => `#!/busybox sh
/busybox mkdir -p /dev /mnt
/busybox mount -t devtmpfs dev /dev
for module in ${bootModules.map(path => path.split('/').at(-1)).join(' ')}; do [ ! -f /modules/$module.ko ] || /busybox insmod /modules/$module.ko; done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 200 ]; do /busybox usleep 20000; tries=$((tries + 1)); done
/busybox mount -t ext4 /dev/vda /mnt
if [ ! -e /mnt/var/lib/lab-seeded ]; then
  /busybox cp -a /seed/. /mnt/
  : > /mnt/var/lib/lab-seeded
fi
${ownKernel}${dev[init]}
exec /busybox switch_root /mnt /sbin/init
`

const assemble = (init: Init) => `set -eu
exec 3>&1 1>&2 # only the result goes to stdout
export PATH="$PATH:/usr/sbin:/sbin"
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
chmod 0755 "$work" && mkdir "$work/tree" "$work/out" "$work/initrd" "$work/initrd/modules"
tar -C "$work/tree" -x --numeric-owner --exclude='./dev/*'
cd "$work/tree"
kernel=$(ls lib/modules)
mv boot/lab-busybox ../initrd/busybox
# compressed since Debian 13, and some are built in
for module in ${bootModules.join(' ')}; do
  file="lib/modules/$kernel/kernel/$module.ko"
  to="../initrd/modules/$(basename "$module").ko"
  if [ -f "$file" ]; then cp "$file" "$to"
  elif [ -f "$file.xz" ]; then xz -dc "$file.xz" > "$to"
  elif ! grep -qx "kernel/$module.ko" "lib/modules/$kernel/modules.builtin"; then echo "the kernel has no $module"; exit 1
  fi
done
cat > ../initrd/init <<'INIT'
${initrd(init)}INIT
chmod 0755 ../initrd/init ../initrd/busybox
(cd ../initrd && find . | LC_ALL=C sort | "$work/initrd/busybox" cpio -o -H newc 2>/dev/null) > ../out/initrd
cp "boot/vmlinuz-$kernel" ../out/vmlinuz && echo "$kernel" > ../out/kernel
rm -rf boot/initrd.img* initrd.img* var/lib/apt/lists/* var/cache/apt/* var/log/* var/lib/systemd/random-seed
mkdir -p var/lib/apt/lists/partial var/cache/apt/archives/partial var/log/journal
: > etc/machine-id && rm -f etc/hostname etc/resolv.conf
cd ..
# -i: fewer inode tables to write and check; metadata checksums are computed in software by an emulated processor
mke2fs -q -F -t ext4 -L lab-root -i 32768 -O ^metadata_csum -E lazy_itable_init=0,lazy_journal_init=0 -d tree root.ext4 6g
qemu-img convert -f raw -O qcow2 root.ext4 out/root.qcow2
tar -C out -c . >&3
`

/** The recipe of a bare Debian image. */
export const bareRecipe = (release: Release, sources: string, hostAptSettings: readonly string[], init: Init = 'systemd'): Recipe => {
  const names = packages(release, init)
  return {
    suite: release,
    packages: /https:/.test(sources) ? [...names, 'ca-certificates'] : names,
    aptSettings: [...aptSettings, ...hostAptSettings],
    dpkgSettings: dpkgSettings,
    sources,
    customize: customize(init),
    assemble: assemble(init),
  }
}

/** The image's key: a digest that changes with every input of the build. */
export const recipeKey = (recipe: Recipe, builderVersion: string): string =>
  createHash('sha256')
    .update(JSON.stringify([recipe, builderVersion]))
    .digest('hex')
    .slice(0, 16)
