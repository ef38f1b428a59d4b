import { probeOf } from './probe.ts'
import { quote } from './quote.ts'
import { present } from './reading.ts'
import type { HostResource } from './resource.ts'
import { scripted } from './scripted.ts'
import { type Source, simple, text } from './source.ts'
import { differsBy } from './verdict.ts'

interface Names {
  running: string
  boot: string
}

/** Where a system stores the host name that the boot sets. `write` is shell with the name in `$1`. */
interface BootName {
  read: Source
  write: string
}

/** hostname(5): one line, replaced atomically. */
export const etcHostname: BootName = {
  read: text('/etc/hostname'),
  write: 'printf "%s\\n" "$1" > /etc/hostname.new; mv /etc/hostname.new /etc/hostname',
}

/** initscripts of CentOS 6 (sysconfig.txt): HOSTNAME= among the lines of /etc/sysconfig/network. */
export const sysconfigNetwork: BootName = {
  read: simple('sed -n "s/^HOSTNAME=//p" /etc/sysconfig/network 2>/dev/null'),
  write: 'f=/etc/sysconfig/network; { grep -v "^HOSTNAME=" "$f" || :; echo "HOSTNAME=$1"; } > "$f.new"; mv "$f.new" "$f"',
}

/** The host name, both the running one and the one that the boot sets: heartbeat and drbdadm identify a node by `uname -n`. */
export const hostName = (name: string, place: BootName): HostResource<Names> => ({
  scope: 'host',
  id: 'host name',
  invalidates: 'host',
  probe: probeOf([simple('uname -n'), place.read], ({ stdout }) => {
    const [running = '', boot = ''] = stdout.split('\n')
    return present({ running, boot })
  }),
  compare(actual) {
    const { running = '', boot = '' } = actual.kind === 'present' ? actual.state : {}
    return differsBy([
      ...(running === name ? [] : [{ attribute: 'name', from: running, to: name }]),
      ...(boot === name ? [] : [{ attribute: 'name after a boot', from: boot, to: name }]),
    ])
  },
  apply: scripted(() => ({
    what: `setting the host name to ${name}`,
    sh: `set -eu; set -- ${quote(name)}; ${place.write}; hostname "$1"`,
  })),
})
