import { execFileSync } from 'node:child_process'
import { unknown } from '../../lib/resources/reading.ts'
import type { ClusterNodes, Member, Procedure, Resource } from '../../lib/resources/resource.ts'
import { changesOf, inSync } from '../../lib/resources/verdict.ts'
import type { Connection, ScriptOptions } from '../../lib/ssh/connection.ts'
import { quote } from '../../lib/ssh/quote.ts'
import type { Shell } from '../../lib/ssh/shell.ts'

/** What a role would send to a host: a script, and the content that it reads from stdin or writes to a file. */
export interface Issued {
  host: string
  resource: string
  script: string
  input?: string
}

/** A job's script is in the script that starts it, as the quoted argument of a printf. */
const innerJob = (script: string): string | undefined => {
  const quoted = /printf '%s\\n' ('[\s\S]*) >"\$d\/script" \) \|\| exit 1/.exec(script)?.[1]
  return quoted && execFileSync('sh', ['-c', `printf %s ${quoted}`]).toString()
}

/** The content of a file is in the script that writes it, as the argument of a printf. */
const contentIn = (script: string): string | undefined =>
  /^printf %s '((?:[^']|'\\'')*)' >>"\$t"$/m.exec(script)?.[1]?.replaceAll("'\\''", "'")

/** Replaces the parts that differ each time. */
const withoutChance = (script: string): string => script.replace(/(?<=\.nfsha-)[0-9a-f]{12}/, '0123456789ab')

/** A fake connection that records the scripts and reports success. */
const recording = (host: string, resource: string, issued: Issued[]): Connection => {
  const note = (text: string, input = contentIn(text)) =>
    issued.push({ host, resource, script: withoutChance(text), ...(input !== undefined && { input }) })
  const shell = (strings: TemplateStringsArray, ...values: unknown[]) => {
    const text = (value: unknown): string => (Array.isArray(value) ? value.map(text).join(' ') : quote(String(value)))
    note(strings.map((s, i) => s + (i < values.length ? text(values[i]) : '')).join(''))
    return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 })
  }
  const connection: Connection = {
    host,
    $: shell as unknown as Shell,
    async run(script: string, { input }: ScriptOptions = {}) {
      const job = innerJob(script)
      note(job ?? script, typeof input === 'string' ? input : undefined)
      return { code: 0, stdout: stateOfTheService(script), stderr: job === undefined ? '' : 'job started\njob exit 0\n' }
    },
    upload: async () => undefined,
    fenced: () => connection,
    counts: { connections: 0, execs: 0 },
    close: async () => undefined,
  }
  return connection
}

const signal = new AbortController().signal
const progress = () => undefined
const silence = { code: 0, stdout: '', stderr: '', at: 0 }

/** Complete output of a node that is not part of the service: without its last part, the probe would fail. */
const stateOfTheService = (script: string): string => (script.includes('@minor') ? '@daemon\nnow 1000.5 500.50\n@minor\n0\n' : '')

/** Output of a host without anything of ours, only an address and mounts. */
const emptyAnswer = ({ id, probe }: Resource): string => {
  if (id === 'live heartbeat files') return '@addresses\n1: lo    inet 127.0.0.1/8 scope host lo\n@mounts\nproc /proc proc rw 0 0\n'
  return stateOfTheService(probe.sh)
}

/**
 * What a resource sends when nothing of it exists yet, or when its probe printed `answer`. The other results are fake, so an apply that
 * checks them may fail: what it had sent until then is returned.
 */
export const issuedBy = async (resource: Resource, hosts: string[], host: string, answer?: string): Promise<Issued[]> => {
  const output = { ...silence, stdout: answer ?? emptyAnswer(resource) }
  const issued: Issued[] = []
  const connections = new Map(hosts.map(name => [name, recording(name, resource.id, issued)]))
  const on = (name: string) => connections.get(name) ?? recording(name, resource.id, issued)
  if (resource.scope === 'host') {
    const absent = answer === undefined ? resource.compare({ kind: 'absent' }, () => undefined) : inSync
    const read = resource.probe.parse(output)
    const changes = changesOf(absent.kind !== 'in-sync' || read.kind !== 'present' ? absent : resource.compare(read, () => undefined))
    if (!resource.assertion && changes.length > 0) await resource.apply(on(host).$, changes, { connection: on(host), progress, signal })
    return issued
  }
  const nodes = {
    hosts,
    on: (name: string) => ({ $: on(name).$, connection: on(name) }),
    reconnect: async () => undefined,
    show: () => undefined,
    remark: () => undefined,
    progress,
    signal,
  }
  const members = hosts.map(name => ({ host: name, reading: unknownAsAbsent(resource.probe.parse(output)) }))
  if (resource.assertion) return issued
  await (resource.plan ? allSteps(resource, nodes, members) : resource.apply(nodes, changesOf(resource.compare(members)), members)).catch(
    error => {
      if (error instanceof TypeError) throw error
    },
  )
  return issued
}

const allSteps = async (procedure: Procedure, nodes: ClusterNodes, members: Member<unknown>[]): Promise<void> => {
  const plan = procedure.plan(members, procedure.aim(members), [])
  for (const step of plan.kind === 'steps' ? plan.steps : []) await step.run(nodes)
}

const unknownAsAbsent = <R extends { kind: string }>(reading: R) => (reading.kind === 'skipped' ? unknown('a machine') : reading)
