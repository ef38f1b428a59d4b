import type { HostResource } from '../../lib/resources/resource.ts'
import { present } from '../../lib/resources/resource.ts'

/** heartbeat and drbdadm know a node by `uname -n`: the running name and the one that the boot sets. */
export const hostName = (name: string): HostResource<{ running: string; boot: string }> => ({
  scope: 'host',
  id: 'host name',
  alters: 'host',
  probe: {
    sh: 'uname -n; cat /etc/hostname 2>/dev/null',
    parse({ stdout }) {
      const [running = '', boot = ''] = stdout.split('\n')
      return present({ running, boot })
    },
  },
  changes(actual) {
    const { running = '', boot = '' } = actual.kind === 'present' ? actual.state : {}
    return [
      ...(running === name ? [] : [{ attribute: 'name', from: running, to: name }]),
      ...(boot === name ? [] : [{ attribute: 'name after a boot', from: boot, to: name }]),
    ]
  },
  async apply($) {
    await $`printf '%s\n' ${name} > /etc/hostname.new; mv /etc/hostname.new /etc/hostname; hostname ${name}`
  },
})
