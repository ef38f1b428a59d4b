import { readFileSync, writeFileSync } from 'node:fs'
import { packagedFile } from '../text/packaged.ts'
import { type MachineName, machineNames } from './machines.ts'
import { labPlaces } from './places.ts'
import type { LabState } from './state.ts'

/** The inventory of the lab `default` in the default location; those of other labs are derived from it. */
const shippedInventory = 'inventory/lab.yml'
const shippedConfig = '~/.local/state/nfsha-play/lab/default/ssh_config'

/** Writes a lab's connection files: known_hosts, ssh_config, and an ordinary inventory. Call it again whenever a port changes. */
export const writeConnectionFiles = (name: string, state: LabState): void => {
  const { machine, knownHostsFile, sshConfigFile, identityFile, inventoryFile } = labPlaces(name)
  const publicKey = (which: MachineName) => readFileSync(`${machine(which).hostKey}.pub`, 'utf8')
  writeFileSync(knownHostsFile, knownHostsLines(state.sshPorts, { M1: publicKey('M1'), M2: publicKey('M2'), C1: publicKey('C1') }))
  // ssh refuses a configuration that others can write
  writeFileSync(sshConfigFile, sshConfig(state.sshPorts, { identityFile, knownHostsFile }), { mode: 0o600 })
  writeFileSync(inventoryFile, labInventory(readFileSync(packagedFile(shippedInventory), 'utf8'), name, sshConfigFile))
}

/** The known_hosts lines, so that ssh knows the machines before the first connection. */
export const knownHostsLines = (ports: Record<MachineName, number>, publicKeys: Record<MachineName, string>): string =>
  machineNames
    .map(machine => {
      const [type = '', key = ''] = publicKeys[machine].trim().split(/\s+/)
      return `[127.0.0.1]:${ports[machine]} ${type} ${key}\n`
    })
    .join('')

/** The ssh_config of a lab (ssh_config(5)): independent of the user's configuration; unknown host keys are refused. */
export const sshConfig = (ports: Record<MachineName, number>, files: { identityFile: string; knownHostsFile: string }): string => {
  const quoted = (file: string) => `"${file.replace(/["\\%]/g, found => (found === '%' ? '%%' : `\\${found}`))}"`
  const machines = machineNames.map(
    machine => `Host ${machine}
  HostName 127.0.0.1
  Port ${ports[machine]}
`,
  )
  const common = `Host *
  User root
  IdentityFile ${quoted(files.identityFile)}
  IdentitiesOnly yes
  UserKnownHostsFile ${quoted(files.knownHostsFile)}
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  LogLevel ERROR
  # an emulated processor computes the post-quantum exchange of newer clients several times slower
  KexAlgorithms curve25519-sha256
`
  return ['# Written by `nfsha-play lab up`.\n', ...machines, common].join('\n')
}

/** The inventory of a lab: the shipped one, with this lab's name and ssh_config. */
export const labInventory = (shipped: string, name: string, sshConfigFile: string): string => {
  const argument = JSON.stringify(`-F ${JSON.stringify(sshConfigFile)}`)
  return shipped
    .replace(/^# The inventory of the lab `default`.*/, `# The inventory of the lab \`${name}\`, written by \`nfsha-play lab up\`.`)
    .replace(`-F ${shippedConfig}`, () => argument)
    .replace('failover_lab: default', `failover_lab: ${JSON.stringify(name)}`)
}
