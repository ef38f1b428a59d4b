import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runHistory } from '../../lib/cli/history/store.ts'
import type { Event } from '../../lib/engine/events.ts'
import { runPlays } from '../../lib/engine/run.ts'
import { driftReport } from '../../lib/report/drift/report.ts'
import { openView, outputFormats } from '../../lib/report/open-view.ts'
import { print, printJson } from '../../lib/report/output.ts'
import { eventStream } from '../../lib/report/stream.ts'
import { file } from '../../lib/resources/file.ts'
import { runJob } from '../../lib/resources/job.ts'
import { failedScript } from '../../lib/resources/outcome.ts'
import { present, unknown } from '../../lib/resources/reading.ts'
import type { HostResource, Resource } from '../../lib/resources/resource.ts'
import { differsBy } from '../../lib/resources/verdict.ts'
import { connect } from '../../lib/ssh/connect.ts'
import type { ConnectionTarget } from '../../lib/ssh/connection.ts'
import { knownSecrets } from '../../lib/text/secrets.ts'

/**
 * A run that writes secrets and calls programs that quote them, with all output shown: every view at its highest verbosity, history, drift report. Its
 * task is read from stdin.
 */
interface Task {
  target: ConnectionTarget
  /** Directory for the files on the host. */
  folder: string
  heartbeat: string
  drbd: string
  others: string[]
}
const { target, folder, heartbeat, drbd, others } = JSON.parse(readFileSync(0, 'utf8')) as Task
for (const secret of [heartbeat, drbd, target.password ?? '', target.become?.password ?? '', ...others]) knownSecrets.add(secret)

const owned = { owner: 'root', group: 'root', mode: 0o600 }
const res = join(folder, 'r0.res')
/** Behaves as drbdadm and heartbeat do on a line that they cannot parse; the program reads the secret from its file. */
const quoting = `printf '%s:5: Parse error: expected, but got "%.20s..." (%s)\\n' ${res} "$(sed -n 's/.*shared-secret "\\(.*\\)";.*/\\1/p' ${res})" "$(tail -c 12 ${folder}/authkeys)" >&2`
const broken = (id: string, more: Partial<HostResource<boolean>>): HostResource<boolean> => ({
  scope: 'host',
  id,
  invalidates: 'itself',
  probe: { sh: ':', parse: () => present(false) },
  compare: () => differsBy([{ attribute: 'kernel', from: 'differs', to: `drbdsetup net-options --shared-secret=${drbd}` }]),
  apply: async () => undefined,
  ...more,
})

const roles: Record<string, Resource[]> = {
  files: [
    file(join(folder, 'authkeys'), { ...owned, content: `auth 1\n1 sha1 ${heartbeat}\n`, secret: true }),
    file(res, { ...owned, content: `resource r0 {\n  shared-secret "${drbd}";\n}\n`, secret: true }),
    // Not marked as secret: it is masked by its value alone.
    file(join(folder, 'careless'), { content: `key=${heartbeat}\nb64=${Buffer.from(`:${drbd}`).toString('base64')}\n` }),
  ],
  probe: [
    broken('probe', {
      probe: { sh: `${quoting}; cat ${res}`, parse: ({ stdout, stderr }) => unknown(`a configuration: ${stderr} ${stdout}`) },
    }),
  ],
  command: [
    broken('command', {
      apply: async $ => {
        await $`sh -c ${`${quoting}; exit 3`}`
      },
    }),
  ],
  value: [
    broken('value', {
      apply: async $ => {
        await $`test ${drbd} = x`
      },
    }),
  ],
  script: [
    broken('script', {
      apply: async (_$, _changes, { connection }) => {
        throw failedScript('the key', await connection.run(`${quoting}; cat ${folder}/authkeys; exit 4`))
      },
    }),
  ],
  job: [
    broken('job', {
      apply: async (_$, _changes, { connection, progress }) => {
        const { code, output } = await runJob(connection, {
          id: 'secret-test',
          script: `exec 2>&1; ${quoting}; cat ${folder}/authkeys; exit 5`,
          directory: join(folder, 'jobs'),
          onOutput: text => progress({ text }),
        })
        throw failedScript('the job', { code, stdout: output, stderr: '' })
      },
    }),
  ],
}

const views = await Promise.all(outputFormats.map(format => openView(format, { verbosity: 3 })))
const events: Event[] = []
const history = runHistory()
const stream = eventStream({ command: 'secret-run', secrets: knownSecrets })
for (const on of [...views.map(view => view.on), history.on, (event: Event) => events.push(event)]) stream.subscribe(on)

for (const [name, steps] of Object.entries(roles)) {
  stream.emit({ type: 'run-start', command: name, check: false, diff: true })
  const nodes = [{ name: 'M1', vars: {} }]
  await runPlays(
    [
      {
        name,
        // The name of a role that runs such programs.
        roles: [{ name: 'drbd-init', summary: '', steps: () => steps }],
        targets: [{ cluster: { name: 'pair', nodes, clients: [] }, hosts: nodes, left: [] }],
        selects: () => true,
        anyErrorsFatal: true,
        identity: () => [],
      },
    ],
    { check: false, forks: 1, emit: stream.emit, signal: new AbortController().signal, connect: () => connect(target) },
  )
}
stream.emit({ type: 'internal-error', message: `a fault with ${drbd}`, detail: `at x (${heartbeat})` })
for (const view of views) await view.close()
history.close()
printJson(`${JSON.stringify(driftReport(events, 'site.yml'))}\n`)
print(`told to nobody: ${heartbeat}\n`)
