import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBatch } from '../../lib/engine/frames.ts'
import { parseMark } from '../../lib/engine/lock.ts'
import { listTasks } from '../../lib/engine/play.ts'
import { parseOperation } from '../../lib/failover/clients/operations.ts'
import { eventsOf, parseLogLine } from '../../lib/failover/testbed/node-log.ts'
import { parseNode } from '../../lib/failover/testbed/observe.ts'
import { debian12 } from '../../lib/platform/debian12.ts'
import { factsScript, parseFacts } from '../../lib/platform/facts.ts'
import { platforms } from '../../lib/platform/index.ts'
import type { Platform } from '../../lib/platform/platform.ts'
import { parseUser } from '../../lib/resources/account.ts'
import { parseUpgrade } from '../../lib/resources/apt-upgrade.ts'
import { parseJudgement } from '../../lib/resources/blank.ts'
import { blocksOf } from '../../lib/resources/blocks.ts'
import { parseDf } from '../../lib/resources/df.ts'
import { parseDrbdEvents } from '../../lib/resources/drbd-events.ts'
import { parseDrbdState } from '../../lib/resources/drbd-state.ts'
import { parseExports } from '../../lib/resources/exports.ts'
import { parseExt4Size } from '../../lib/resources/ext4-size.ts'
import { parseEmbedded, parseFile } from '../../lib/resources/file.ts'
import { parseNics } from '../../lib/resources/ip-address.ts'
import { parsePackages } from '../../lib/resources/packages.ts'
import { parseProcDrbd } from '../../lib/resources/proc-drbd.ts'
import type { Reading } from '../../lib/resources/reading.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { parseRestart } from '../../lib/resources/restart.ts'
import { parseRouteTable } from '../../lib/resources/route-table.ts'
import { chkconfig, parseSysvService, updateRcd } from '../../lib/resources/sysv-service.ts'
import { inSync } from '../../lib/resources/verdict.ts'
import { parseRpm } from '../../lib/resources/yum.ts'
import { readyGroup } from '../../lib/ssh/bootstrap.ts'
import { parseReport } from '../../lib/ssh/job-script.ts'
import { oneLine } from '../../lib/text/layout.ts'
import { parseRecord } from '../../roles/drbd-build/record.ts'
import { parseAdjust } from '../../roles/drbd-init/adjust.ts'
import { parseSuperblock } from '../../roles/drbd-init/file-system.ts'
import { parseVolume } from '../../roles/grow/state.ts'
import { parseWatchdog } from '../../roles/heartbeat/watchdog.ts'
import { roles, siteRoles } from '../../roles/index.ts'
import { parseRules } from '../../roles/service/checks/firewall.ts'
import { parseInUse, parseResourceFiles, parseShow } from '../../roles/service/checks/in-use.ts'
import { parsePlace } from '../../roles/service/checks/mount-place.ts'
import { parseOffer } from '../../roles/service/checks/mounted-clients.ts'
import { parseCopy } from '../../roles/service/copies/copy.ts'
import { parseDaemon } from '../../roles/service/state/daemon.ts'
import { parseLost } from '../../roles/service/state/lost.ts'
import { parseService } from '../../roles/service/state/state.ts'
import { parseSurroundings } from '../../roles/service/state/surroundings.ts'
import { parseWritten } from '../../roles/split-brain/written.ts'
import { parseDisk } from '../../roles/uninstall/disk.ts'
import { parseInstalled } from '../../roles/uninstall/state.ts'
import { parseRanges } from '../../roles/verify/compare.ts'
import { runs } from '../runs.ts'
import { contextOn } from './contexts.ts'

// Output of a broken or hostile host: no parser throws, none takes long, and garbage is never in sync.

const context = contextOn(debian12)
const { vars } = context

/** Every parser of host output. */
const parsers: Record<string, (text: string) => unknown> = {
  blocksOf,
  parseBatch: text => parseBatch(text, text, '=b'),
  parseDf,
  parseDrbdState: text => parseDrbdState(text, 0),
  parseExports,
  parseEmbedded,
  parseNics,
  parsePackages: text => parsePackages(['a', 'b'], text),
  parseProcDrbd,
  parseRouteTable,
  parseRpm: text => parseRpm(['a', 'b'], text),
  readyGroup: text => readyGroup(text, 'token'),
  parseReport,
  parseRules,
  parseRecord,
  parseAdjust,
  eventsOf: text => eventsOf('M1', text, time => time),
  parseNode: text => parseNode('M1', text, vars),
  parseOperation,
  parseDaemon,
  parseLost: text => parseLost(text, parseProcDrbd(text).devices[0]),
  parseService: text => parseService(text, vars),
  parseOffer,
  parseLogLine,
  parseFile: text => parseFile({ code: 0, stdout: text, stderr: text }),
  parseUser,
  parseUpgrade,
  parseJudgement,
  parseDrbdEvents,
  parseExt4Size,
  parseRestart,
  parseSysvService: text => [chkconfig, updateRcd].map(levels => parseSysvService('a', levels, text)),
  parseSuperblock: text => parseSuperblock(Buffer.from(text.padEnd(128).slice(0, 128), 'latin1')),
  parseVolume,
  parseWatchdog: text => parseWatchdog(text, text),
  parseInUse,
  parseResourceFiles: text => parseResourceFiles(text, 'm1'),
  parseShow,
  parsePlace,
  parseCopy: text => parseCopy(text, vars),
  parseSurroundings: text => parseSurroundings(blocksOf(text), vars),
  parseWritten: text => parseWritten(text, vars),
  parseRanges,
  parseDisk,
  parseInstalled: text => parseInstalled(text, siteRoles, context),
  oneLine,
  parseMark,
}

/** Parsers of the operator's files and arguments are covered by the tests of lib/config and lib/ssh. */
const ofTheOperator = ['parseYaml', 'parseExtraVars', 'parseSshG', 'parseKnownHosts', 'parseJumps', 'parseReleases', 'parseFacts']

test('no parser of host output is left out: add it to parsers', () => {
  const files = ['lib', 'roles'].flatMap(folder =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name)),
  )
  const exported = files
    .filter(file => file.endsWith('.ts'))
    .flatMap(file => [...readFileSync(file, 'utf8').matchAll(/^export (?:const|function) (parse[A-Z]\w*)/gm)].map(match => match[1] ?? ''))
  expect(exported.length).toBeGreaterThan(40)
  expect(exported.filter(name => !(name in parsers) && !ofTheOperator.includes(name))).toEqual([])
})

const digits = '9'.repeat(300)
const words =
  `@addr @drbd @nfsd @exports @daemon @sums @constructor @__proto__ version: 8.4.11 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate
oos:${digits} install hold installed == ${digits} now ${digits}.0 ticks ${digits} arguments rpc.mountd file ${digits} /etc/ha.d/ha.cf 2: em1: <UP> inet 10.0.0.1/24 link/ether job exit lost started
exists resource name:drbd =b token ready /data 10.0.0.0/24(rw,fsid=1) \\ # Filesystem 100% { "a": [ [ [ \0 \ufffd \udcff`.split(/[ \n]+/)
const rubbish = fc
  .array(fc.oneof(fc.constantFrom(...words, ' ', '\n', '\n\n', '\t', '|'), fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 40 })
  .map(parts => parts.join(''))

test('no parser throws, whatever its input', () => {
  fc.assert(
    fc.property(rubbish, text => {
      for (const [name, parse] of Object.entries(parsers)) {
        try {
          parse(text)
        } catch (error) {
          throw new Error(`${name} throws ${error}`)
        }
      }
    }),
    { numRuns: runs(300) },
  )
})

test('invalid facts are an error with a message, and no fact is read from another line', () => {
  expect(factsScript).toContain('@kernel')
  fc.assert(
    fc.property(rubbish, text => {
      try {
        expect(typeof parseFacts(text).kernel).toBe('string')
      } catch (error) {
        expect((error as Error).message).toMatch(/^cannot read the facts of the host/)
      }
    }),
    { numRuns: runs(300) },
  )
})

/** 200 KB of input on which a careless regular expression runs forever. */
const bombs: Record<string, string> = {
  digits: '9'.repeat(200_000),
  blanks: `x${' '.repeat(200_000)}x`,
  'line feeds': `x${'\n'.repeat(200_000)}`,
  'line feeds at both ends': `${'\n'.repeat(100_000)}x${'\n'.repeat(100_000)}`,
  'a word a line': 'a\n'.repeat(100_000),
  'frames of others': '\n=c 1 0\n@a\n'.repeat(20_000),
  brackets: '[({<'.repeat(50_000),
  'NUL bytes': '\0'.repeat(200_000),
  colons: 'a:b '.repeat(50_000),
  slashes: '/a\n '.repeat(50_000),
  interfaces: '1: a: <UP>\n'.repeat(20_000),
  'continued lines': 'a \\\n'.repeat(50_000),
}
describe('200 KB take a bounded time', () => {
  test.each(Object.keys(bombs))('%s', { timeout: 120_000 }, name => {
    for (const [parser, parse] of Object.entries(parsers)) {
      const before = process.cpuUsage()
      parse(bombs[name] ?? '')
      const { user } = process.cpuUsage(before)
      expect(user / 1e6, `${parser}, seconds`).toBeLessThan(8)
    }
  })
})

const resourcesOn = (platform: Platform): Resource[] => {
  const on = contextOn(platform)
  return roles.flatMap(role => [...listTasks([role], on), ...(role.handlers?.(on) ?? [])])
}

/** Resources whose script prints nothing on success, or arbitrary text: only the exit code counts. */
const byCodeAlone = /^(DRBD resource drbd)$/

describe.each(Object.values(platforms))('a probe on $name', platform => {
  const resources = resourcesOn(platform)

  test('is never in sync when the output is garbage', () => {
    expect(resources.length).toBeGreaterThan(50)
    const garbage = fc.oneof(
      fc.constantFrom('Segmentation fault\n', '{"a": 1}', '\0\0', '<html>', 'x'.repeat(1000), 'sh: 1: not found\n'),
      fc.string({ minLength: 3 }).filter(text => /[^\s\d]/.test(text)),
    )
    fc.assert(
      fc.property(garbage, fc.constantFrom(0, 1, 2, 126, 127, 137, 255), (stdout, code) => {
        for (const resource of resources) {
          const reading = resource.probe.parse({ code, stdout, stderr: 'bad', at: 0 })
          expect(['present', 'absent', 'unknown', 'skipped']).toContain(reading.kind)
          if (reading.kind === 'unknown' || reading.kind === 'skipped') continue
          if (code === 0 && byCodeAlone.test(resource.id)) continue
          expect(verdictOn(resource, reading), `${resource.id}: code ${code}`).not.toEqual(inSync)
        }
      }),
      { numRuns: process.env.NFSHA_LONG ? 1000 : 60 },
    )
  })
})

const verdictOn = (resource: Resource, reading: Extract<Reading<unknown>, { kind: 'present' | 'absent' }>) => {
  if (resource.scope === 'host') return resource.compare(reading, () => undefined)
  const members = ['M1', 'M2'].map(host => ({ host, reading }))
  if (!resource.plan) return resource.compare(members)
  const plan = resource.plan(members, resource.aim(members), [])
  return plan.kind === 'steps' && plan.steps.length === 0 ? inSync : plan
}
