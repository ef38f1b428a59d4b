import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nfshaPlay, on, until } from './run.ts'

const nodes = ['M1', 'M2'] as const
const script = '/etc/ha.d/resource.d/nfsha'

/** All parts of a service on M1, in the order in which a start creates them. */
const pieces = `p=$(grep -q '^ *0: cs:.* ro:Primary/' /proc/drbd && echo primary
grep -q '^/dev/drbd0 /data ' /proc/mounts && echo mounted
pidof -q nfsdcld && echo nfsdcld
[ -n "$(pgrep -x nfsd)" ] && echo nfsd
[ -e /run/rpc_pipefs/nfsd/cld ] && echo tracked
ip -o -4 addr show em1 | grep -q ' 192.168.0.219/24 ' && echo address); echo $p`
const all = 'primary mounted nfsdcld nfsd tracked address'

const bareMount = 'drbdadm primary drbd; mount -t ext4 /dev/drbd0 /data'
const endNfs = 'rpc.nfsd 0; pkill -x nfsdcld; while pgrep -x nfsdcld >/dev/null; do sleep 0.1; done'

/** Each is created from a complete service, as a crash or an operator would do it. */
const partialStates = [
  { name: 'the address is gone', make: 'ip addr del 192.168.0.219/24 dev em1', left: 'primary mounted nfsdcld nfsd tracked' },
  { name: 'nfsd has ended', make: 'rpc.nfsd 0', left: 'primary mounted nfsdcld address' },
  { name: 'nfsd and nfsdcld have ended', make: endNfs, left: 'primary mounted address' },
  { name: 'unmounted, with the address', make: `${endNfs}; until umount /data; do sleep 0.1; done`, left: 'primary address' },
  { name: 'unmounted under a running nfsd', make: 'umount -l /data', left: 'primary nfsdcld nfsd tracked address' },
  { name: 'Primary alone', make: `${script} stop; drbdadm primary drbd`, left: 'primary' },
  { name: 'mounted alone', make: `${script} stop; ${bareMount}`, left: 'primary mounted' },
  { name: 'the address alone', make: `${script} stop; ip addr add 192.168.0.219/24 dev em1`, left: 'address' },
  { name: 'an nfsd of somebody else', make: `${script} stop; ${bareMount}; rpc.nfsd 4`, left: 'primary mounted nfsd' },
]

/** A process that works in /data and ignores SIGTERM. */
const stubborn = `setsid sh -c 'trap "" TERM; cd /data; while :; do sleep 1; done' </dev/null >/dev/null 2>&1 &`
/** Matches that process, but not the shell that searches for it. */
const itsPattern = `-f 'trap "" TERM; cd /dat[a]'`

/**
 * Calls the resource script as heartbeat does, on a converged lab with heartbeat stopped, so that nothing else starts, stops or repairs
 * anything. M1 serves again at the end.
 */
export const resourceScriptTests = (lab: string): void => {
  const onM1 = (command: string) => on(lab, 'M1', `PATH=$PATH:/usr/sbin:/sbin\n${command}`, 180_000)
  const call = (verb: string) => onM1(`timeout 120 ${script} ${verb} >/dev/null 2>&1; echo $?; ${pieces}; ${script} status; true`)

  describe('the resource script by itself', () => {
    beforeAll(async () => {
      // The standby first, or it would take over.
      for (const node of ['M2', 'M1'] as const) await on(lab, node, 'systemctl stop heartbeat', 300_000)
    })
    afterAll(async () => {
      await onM1(`pkill -KILL ${itsPattern}; umount /run/pins/one /run/pins 2>/dev/null; ${script} stop`)
      for (const node of nodes) await on(lab, node, 'systemctl start heartbeat')
      await until('one node serves', async () => (await nfshaPlay(lab, ['status.yml'])).code === 0, 240_000)
      const back = await nfshaPlay(lab, ['switchover', '-e', 'ha_switchover_to=M1'])
      expect(back.code, back.story).toBe(0)
    })

    test('stopped twice: nothing is left', async () => {
      for (let i = 0; i < 2; i++) expect(await call('stop')).toBe('0\n\nstopped')
    })

    test('started twice: everything is there, and the second start changes nothing', async () => {
      expect(await call('start')).toBe(`0\n${all}\nrunning`)
      const seen = 'pgrep -x nfsd; pidof nfsdcld; grep " /data " /proc/mounts'
      const before = await onM1(seen)
      expect(await call('start')).toBe(`0\n${all}\nrunning`)
      expect(await onM1(seen)).toBe(before)
    })

    test('nfsdcld’s database has a write-ahead log', async () => {
      // The file format's version for writing and for reading (sqlite.org/fileformat.html, offset 18).
      expect(await onM1('od -An -tu1 -j18 -N2 /run/nfsha/state/nfsdcld/main.sqlite; ls /run/nfsha/state/nfsdcld')).toBe(
        '2   2\nmain.sqlite\nmain.sqlite-shm\nmain.sqlite-wal',
      )
    })

    test('a portmapper without a network answers nfsd, which otherwise waits up to 21 s for a connection that is refused', async () => {
      const asked = 'ss -xn | grep -c " /run/rpcbind.sock "'
      const ports = 'ss -Hlntu | grep -c ":111 " || true; rpcinfo -s | grep -c portmapper'
      expect(await onM1(`ps -C nfsha-rpcbind -o comm=; ${asked}; ${ports}`)).toBe('nfsha-rpcbind\n1\n0\n1')
      // The lock of the system's own rpcbind is free.
      expect(await onM1('flock -n /run/rpcbind.lock echo free')).toBe('free')
    })

    test('a portmapper that was started while the service is here does not hold its volume', async () => {
      await onM1('pkill -KILL -x nfsha-rpcbind; rm /run/rpcbind.sock')
      expect(await call('start')).toBe(`0\n${all}\nrunning`)
      expect(await onM1('ps -C nfsha-rpcbind -o comm=')).toBe('nfsha-rpcbind')
      expect(await call('stop')).toBe('0\n\nstopped')
    })

    describe.each(partialStates)('$name', ({ make, left }) => {
      const makeIt = () => onM1(`${script} start >/dev/null 2>&1; { ${make}; } >/dev/null 2>&1; ${pieces}; ${script} status; true`)

      test('is not a running service, and a start completes it', async () => {
        expect(await makeIt()).toBe(`${left}\nstopped`)
        expect(await call('start')).toBe(`0\n${all}\nrunning`)
      })

      test('a stop removes all of it', async () => {
        expect(await makeIt()).toBe(`${left}\nstopped`)
        expect(await call('stop')).toBe('0\n\nstopped')
      })
    })

    test('after a stop that was killed half way, the next start or the next stop completes it', async () => {
      for (const [verb, end] of [
        ['start', `0\n${all}\nrunning`],
        ['stop', '0\n\nstopped'],
      ] as const) {
        await onM1(`${script} start >/dev/null 2>&1; ${stubborn} sleep 0.5; timeout -s KILL 2 ${script} stop >/dev/null 2>&1; true`)
        expect(await onM1(pieces)).toMatch(/^primary mounted/)
        expect(await call(verb)).toBe(end)
        await onM1(`pkill -KILL ${itsPattern}; true`)
      }
    })

    test('if /data is busy, its processes get SIGTERM, then SIGKILL, and both are logged', async () => {
      const since = await onM1('date "+%F %T"')
      await onM1(`${script} start >/dev/null 2>&1; ${stubborn} sleep 0.5`)
      await onM1(`pgrep ${itsPattern}`)
      expect(await call('stop')).toBe('0\n\nstopped')
      expect(await onM1(`journalctl -t nfsha -o cat --since '${since}'`)).toMatch(
        /\/data was in use; released for the stop: process \d+ \(sh\)/,
      )
      expect(await onM1(`pgrep ${itsPattern} || echo gone`)).toBe('gone')
    })

    test('a write of the script itself to the volume does not count as use by another process', async () => {
      const seen =
        await onM1(`${script} start >/dev/null 2>&1; mkdir -p /run/writer; printf '#!/bin/sh\\ndd of=/data/ours\\n:\\n' > /run/writer/nfsha
        chmod +x /run/writer/nfsha; mkfifo /run/writer/input; exec 3<>/run/writer/input
        { /run/writer/nfsha & dd of=/data/theirs & } </run/writer/input >/dev/null 2>&1 3>&-
        n=0; until [ -e /data/ours ] && [ -e /data/theirs ] || [ $n -ge 100 ]; do n=$((n + 1)); sleep 0.1; done
        ls /data; pgrep -x dd | wc -l; /usr/local/lib/nfsha/volume-holders list; pkill -x dd; rm -rf /run/writer /data/ours /data/theirs; true`)
      expect(seen).toMatch(/ours\n(?:.*\n)*theirs\n2\nprocess \d+ \(dd\)$/)
      expect(await call('stop')).toBe('0\n\nstopped')
    })

    test('everything stacked on the volume is ended, the topmost first, and logged', async () => {
      const since = await onM1('date "+%F %T"')
      await onM1(`${script} start >/dev/null 2>&1; modprobe loop; mkdir -p /data/inner /mnt/loop /mnt/bind; mount --bind /data/inner /mnt/bind
        mount -t tmpfs inner /data/inner; fallocate -l 8M /data/file; loop=$(losetup -f --show /data/file); mkfs.ext4 -q $loop; mount $loop /mnt/loop
        dd if=/dev/zero of=/data/swap bs=1M count=4 2>/dev/null; chmod 600 /data/swap; mkswap /data/swap >/dev/null; swapon /data/swap
        (cd /mnt/loop; exec setsid sleep 999) </dev/null >/dev/null 2>&1 &
        setsid unshare -m sleep 998 </dev/null >/dev/null 2>&1 & sleep 1; true`)
      expect(await call('stop')).toBe('0\n\nstopped')
      const said = await onM1(
        `journalctl -t nfsha -o cat --since '${since}'; grep -c . /proc/swaps; losetup -a; pkill -f 'sleep 99[8]'; true`,
      )
      for (const what of ['mount /mnt/loop', 'loop device /dev/loop', 'swap /data/swap', 'mount /data/inner', 'mount /mnt/bind'])
        expect(said).toContain(what)
      expect(said).toMatch(/process \d+ \(sleep\)/)
      expect(said).toMatch(/\n1$/)
      await onM1(`${script} start >/dev/null 2>&1; rm -rf /data/file /data/swap /data/inner`)
      expect(await call('stop')).toBe('0\n\nstopped')
    })

    test('a stop that cannot release the volume fails, and the status for heartbeat says that the node still has it; nobody else does', async () => {
      // A mount namespace that is kept by a file has no process through which it could be found.
      await onM1(
        `${script} start >/dev/null 2>&1; mkdir -p /run/pins; mount --bind /run/pins /run/pins; mount --make-private /run/pins; touch /run/pins/one; unshare --mount=/run/pins/one true`,
      )
      // heartbeat's ResourceManager calls both, and reads the word, not the exit code.
      const asked = await onM1(
        `timeout 120 sh -c '${script} stop >/dev/null 2>&1; echo $?; ${script} status'; ${pieces}; ${script} status; true`,
      )
      expect(asked).toBe('1\nrunning\nprimary\nstopped')
      await onM1('umount /run/pins/one; umount /run/pins')
      expect(await call('stop')).toBe('0\n\nstopped')
    })

    test('an address that the NIC gets after the virtual IP survives a stop', async () => {
      await onM1(`ifdown em1 2>/dev/null; ${script} start >/dev/null 2>&1; ifup em1 2>/dev/null; true`)
      expect(await call('stop')).toBe('0\n\nstopped')
      expect(await onM1('ip -o -4 addr show em1')).toMatch(/ 192\.168\.0\.210\/24 /)
    })

    test('with a blocked disk, the stop ends within a limited time and reports its failure; the next stop completes it', async () => {
      await onM1(`${script} start >/dev/null 2>&1; true`)
      await until(
        'the client is back',
        async () => (await onM1('ss -Htn state established "src 192.168.0.219 sport = :2049"')) !== '',
        120_000,
      )
      // The list of clients, which the stop would write, is missing.
      const stopped = `rm -f /run/nfsha/state/connections; sync; drbdadm suspend-io drbd; ${script} stop >/dev/null 2>&1; echo $?; ${script} status`
      const [code, word] = (await onM1(`timeout 120 sh -c '${stopped}'; drbdadm resume-io drbd`)).split('\n')
      expect([code, word]).toEqual(['1', 'running'])
      expect(await call('stop')).toBe('0\n\nstopped')
    })
  })
}
