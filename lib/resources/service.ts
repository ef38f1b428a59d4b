import { probeOf } from './probe.ts'
import { quote } from './quote.ts'
import { notRead, present, unknown } from './reading.ts'
import type { HostResource, Undo } from './resource.ts'
import { scripted } from './scripted.ts'
import { type Change, differsBy, inSync } from './verdict.ts'

export interface UnitState {
  loaded: string
  active: string
  /** UnitFileState: enabled, disabled, static, masked, '' */
  enabled: string
}

export interface ServiceOptions {
  running?: boolean
  enabled?: boolean
  masked?: boolean
  /** The package that provides the unit: without it the state is unknown. */
  from?: string
}

/** The state of a systemd unit and whether it starts at boot. It never restarts anything: handlers do that. */
export const service = (name: string, options: ServiceOptions): HostResource<UnitState> => ({
  scope: 'host',
  id: `service ${name}`,
  invalidates: 'host',
  settle: 10_000,
  undo: undoOf(name, options),
  probe: probeOf([{ kind: 'unit', unit: name, properties: ['LoadState', 'ActiveState', 'UnitFileState'] }], ({ stdout, stderr }) => {
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(stdout)?.[1]
    const loaded = value('LoadState')
    if (loaded === undefined) return notRead(`systemctl show: ${stderr.trim()}`)
    if (loaded === 'not-found' && !options.masked) return unknown(options.from ?? `the package that provides ${name}`)
    return present({ loaded, active: value('ActiveState') ?? '', enabled: value('UnitFileState') ?? '' })
  }),
  compare: actual => (actual.kind === 'present' ? differsBy(serviceChanges(actual.state, options)) : inSync),
  // A unit may start slowly: systemd's own limit is 90 s.
  apply: scripted(changes => ({
    what: `changing ${name}`,
    sh: ['set -eu', ...changes.flatMap(verbOf).map(verb => `systemctl ${verb} ${quote(name)}`)].join('\n'),
    timeout: 600_000,
  })),
})

const verbOf = ({ attribute, to }: Change): string[] => {
  if (attribute === 'masked') return [to === 'yes' ? 'mask' : 'unmask']
  if (attribute === 'boot') return [to === 'enabled' ? 'enable' : 'disable']
  return attribute === 'running' ? [to === 'yes' ? 'start' : 'stop'] : []
}

/** Unmasks the unit and restores the distribution's boot setting, systemd.preset(5). Starts nothing. */
const undoOf = (name: string, { enabled, masked }: ServiceOptions): Undo[] => [
  ...(masked
    ? [
        {
          what: name,
          from: 'masked',
          to: 'not masked',
          isDue: `[ "$(readlink /etc/systemd/system/${name})" = /dev/null ]`,
          sh: `systemctl unmask ${name}`,
        },
      ]
    : []),
  ...(enabled === false && !masked
    ? [
        {
          what: `${name} at boot`,
          from: 'off',
          to: "the distribution's default",
          isDue: `[ "$(systemctl is-enabled ${name} 2>/dev/null)" = disabled ]`,
          sh: `systemctl preset ${name}`,
        },
      ]
    : []),
]

/** Pure: what differs. `boot` is compared only if requested; a masked unit is neither enabled nor disabled. */
export const serviceChanges = (state: UnitState, { running, enabled, masked }: ServiceOptions): Change[] => {
  const changes: Change[] = []
  const yes = (value: boolean) => (value ? 'yes' : 'no')
  // Settings in /run are lost at the next boot.
  const forNow = state.enabled.endsWith('-runtime')
  const isMasked = !forNow && (state.loaded === 'masked' || state.enabled === 'masked')
  if (masked !== undefined && masked !== isMasked)
    changes.push({ attribute: 'masked', from: forNow ? 'until the next boot' : yes(isMasked), to: yes(masked) })
  const isEnabled = state.enabled === 'enabled'
  if (enabled !== undefined && enabled !== isEnabled)
    changes.push({ attribute: 'boot', from: state.enabled, to: enabled ? 'enabled' : 'disabled' })
  const isRunning = ['active', 'activating', 'reloading'].includes(state.active)
  if (running !== undefined && running !== isRunning) changes.push({ attribute: 'running', from: yes(isRunning), to: yes(running) })
  return changes
}
