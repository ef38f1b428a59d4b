import { LabError } from './error.ts'
import { byMachine, type MachineName, machineNames } from './machines.ts'

/** The Debian suites that the lab's machines can run. */
export const releases = ['bookworm', 'trixie', 'forky'] as const
export type Release = (typeof releases)[number]

/** The default release of a new lab. */
export const defaultRelease: Release = 'trixie'

/** Pure: parses `trixie`, or per machine `M1=bookworm,M2=trixie`; other machines get the default release. @throws LabError */
export const parseReleases = (text: string): Record<MachineName, Release> => {
  const named = text.split(',').map(word => /^(?:(M1|M2|C1)=)?(\w+)$/.exec(word.trim()))
  const chosen = everywhere(defaultRelease)
  for (const match of named) {
    const release = releases.find(name => name === match?.[2])
    const machine = match?.[1] as MachineName | undefined
    if (!release || (!machine && named.length > 1))
      throw new LabError(
        `--release ${text}: give one of ${releases.join(', ')}, or one for each machine`,
        '--release M1=bookworm,M2=trixie',
      )
    for (const name of machine ? [machine] : machineNames) chosen[name] = release
  }
  return chosen
}

/** The same release on all machines. */
export const everywhere = (release: Release): Record<MachineName, Release> => byMachine(() => release)
