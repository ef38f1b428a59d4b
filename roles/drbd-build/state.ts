import type { Change, Probe } from '../../lib/role-api/index.ts'
import { blocksOf, present } from '../../lib/role-api/index.ts'
import { type Part, recordFile } from './parts.ts'
import { type Found, parseRecord, partProblems } from './record.ts'

/** State of the build on a host, part by part, in the order of the requested parts. */
export interface BuildState {
  /** Machine and distribution: builds are exchanged only between hosts where these are the same. */
  system: string
  parts: { part: Part; found: Found; problems: string[] }[]
}

const probeOf = (part: Part, i: number): string => {
  const { prefix, kernel } = part
  const files =
    kernel === undefined
      ? `[ -x ${prefix}/sbin/drbdadm ] && [ -x ${prefix}/sbin/drbdsetup ] && echo "programs: there"`
      : `modinfo -k ${kernel} drbd 2>/dev/null | grep -E '^(filename|srcversion):'`
  return `echo "@part-${i}"; cat ${recordFile(part)} 2>/dev/null; ${files}`
}

const foundOf = (block: string): Found => {
  const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(block)?.[1]
  const [file, srcversion] = [field('filename'), field('srcversion')]
  return {
    record: parseRecord(block),
    programs: field('programs') === 'there',
    ...(file !== undefined && { file }),
    ...(srcversion !== undefined && { srcversion }),
  }
}

/** Reads the records of a build, and which of its files are still there. */
export const buildProbe = (parts: Part[]): Probe<BuildState> => ({
  sh: `echo "@system"; uname -m; grep -hE '^(ID|VERSION_ID)=' /etc/os-release 2>/dev/null || cat /etc/redhat-release\n${parts.map(probeOf).join('\n')}\ntrue`,
  parse({ stdout }) {
    const blocks = blocksOf(stdout)
    const judged = parts.map((part, i) => {
      const found = foundOf(blocks[`part-${i}`] ?? '')
      return { part, found, problems: partProblems(part, found) }
    })
    return present({ system: (blocks.system ?? '').trim(), parts: judged })
  },
})

/** Pure: what must be built. */
export const needed = ({ parts }: BuildState): Part[] => parts.filter(p => p.problems.length > 0).map(p => p.part)

/** Pure: the parts that must be built, as changes. */
export const buildChanges = ({ parts }: BuildState): Change[] =>
  parts
    .filter(p => p.problems.length > 0)
    .map(({ part, problems }) => ({
      attribute: part.label,
      from: problems.join(', '),
      to: `built from ${part.archive.source.replace(/.*\//, '')}`,
    }))
