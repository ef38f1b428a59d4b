import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { BecomeFailed, type Connection, ScriptTimeout, TooMuchOutput, Unreachable } from './connection.ts'
import { type HostTextDecoder, hostTextDecoder } from './host-text.ts'
import { beginScript, endScript, type JobPlace, jobsDirectory, parseReport, removeScript, resumeScript } from './job-script.ts'
import { lastLines } from './last-lines.ts'

export interface JobOptions {
  /** Identifies the job on a host, for example `compile-drbd`: a second run with the same id adopts a running job. */
  id: string
  script: string
  onOutput?: (text: string) => void
  /** Whether the job was started, adopted while running, or found finished successfully. */
  onBegin?: (how: 'started' | 'adopted' | 'finished') => void
  /** Opens a new connection after a loss; the caller closes it. Without it a lost connection rejects, and the job keeps running. */
  reconnect?: () => Promise<Connection>
  /** ms after which reconnecting is given up; default 5 minutes. */
  reconnectLimit?: number
  /** On abort the job keeps running, and the promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** ms after which the job is killed and the promise rejects with a ScriptTimeout. */
  timeout?: number
  /** Directory of the jobs on the host; default /var/lib/nfsha-play/jobs. */
  directory?: string
}

export interface JobResult {
  code: number
  /** Both outputs in order, including those before it was adopted; only the last 4 MiB are kept. */
  output: string
}

/** A job disappeared without an exit code: it was killed, or the machine went down. */
export class JobLost extends Error {
  override readonly name = 'JobLost'
  readonly host: string
  readonly hint: string
  constructor(host: string, message: string, hint: string) {
    super(message)
    this.host = host
    this.hint = hint
  }
}

/** How many characters of the output are kept. */
const kept = 4 * 1024 ** 2
/** Maximum output of a job in bytes: a compilation prints a few MiB. */
const mostPrinted = 512 * 1024 ** 2

const reconnectLimit = 300_000
/** ms between attempts to reconnect. */
const reconnectPause = 2_000
/** ms after which a connection counts as stable. */
const steady = 10_000

/**
 * Runs a long script independently of the connection: it is started with setsid, and one exec follows its output. If the connection drops,
 * another one continues at the offset. The job's directory is removed when it exits with 0, otherwise it stays with the log.
 * @throws Unreachable, ScriptTimeout, JobLost, the abort signal's reason
 */
export const runJob = async (connection: Connection, options: JobOptions): Promise<JobResult> => {
  const place = placeOf(options)
  const job: Job = {
    place,
    options,
    deadline: options.timeout === undefined ? undefined : Date.now() + options.timeout,
    decoder: hostTextDecoder(),
    output: '',
    offset: 0,
    begun: false,
  }
  const outage: Outage = { since: undefined }
  for (let current = connection; ; ) {
    const began = Date.now()
    try {
      return await finish(current, job, await follow(current, job))
    } catch (error) {
      if (!(error instanceof Unreachable) || error instanceof BecomeFailed || !options.reconnect) throw error
      // A host that accepts connections and drops them at once counts as unreachable, too.
      if (Date.now() - began > steady) outage.since = undefined
      current = await reconnect(options.reconnect, error, outage, options)
    }
  }
}

interface Outage {
  /** When the connection was first lost; cleared once a connection is stable again. */
  since: number | undefined
}

interface Job {
  place: JobPlace
  options: JobOptions
  deadline: number | undefined
  decoder: HostTextDecoder
  output: string
  /** Bytes of output received. */
  offset: number
  begun: boolean
}

const placeOf = ({ id, directory }: JobOptions): JobPlace => {
  if (!/^\w[\w.-]*$/.test(id)) throw new TypeError(`"${id}" is not a valid job id: use letters, digits, ".", "_" and "-"`)
  return { id, directory: directory ?? jobsDirectory, owner: randomBytes(8).toString('hex') }
}

const follow = async (connection: Connection, job: Job): Promise<number | 'lost'> => {
  const { place, options } = job
  const digest = createHash('sha256').update(options.script).digest('hex')
  const script = job.begun ? resumeScript(place, job.offset) : beginScript(place, options.script, digest)
  let said = ''
  const result = await connection
    .run(script, {
      onStdoutBytes: bytes => take(job, bytes),
      onStderr: text => {
        if (job.begun) return
        said += text
        tellBegin(job, said)
      },
      maxOutput: mostPrinted,
      ...(job.deadline === undefined ? {} : { timeout: Math.max(1, job.deadline - Date.now()) }),
      ...(options.signal ? { signal: options.signal } : {}),
    })
    .catch(error => endJob(connection, job, error))
  const { end } = parseReport(result.stderr)
  if (end !== undefined) return end
  throw new Error(
    `${connection.host}: the job ${place.id} cannot be run or followed (exit code ${result.code}): ${lastLines(result.stderr)}`,
  )
}

const take = (job: Job, bytes: Uint8Array): void => {
  job.offset += bytes.length
  const text = job.decoder.write(Buffer.from(bytes))
  job.output = job.output.length < 2 * kept ? job.output + text : (job.output + text).slice(-kept)
  if (text !== '') job.options.onOutput?.(text)
}

const tellBegin = (job: Job, said: string): void => {
  const { how } = parseReport(said)
  if (job.begun || how === undefined) return
  job.begun = true
  job.options.onBegin?.(how)
}

const endJob = async (connection: Connection, { place, options }: Job, error: unknown): Promise<never> => {
  if (!(error instanceof ScriptTimeout) && !(error instanceof TooMuchOutput)) throw error
  await connection.run(endScript(place), { timeout: 30_000 })
  if (error instanceof TooMuchOutput) throw new TooMuchOutput(connection.host, `the job ${place.id}`, mostPrinted)
  throw new ScriptTimeout(`${connection.host}: the job ${place.id} took longer than ${(options.timeout ?? 0) / 1000} s and was terminated`)
}

const finish = async (connection: Connection, job: Job, end: number | 'lost'): Promise<JobResult> => {
  const { place } = job
  const output = job.output.slice(-kept)
  if (end === 'lost') {
    const said = lastLines(output)
    throw new JobLost(
      connection.host,
      `${connection.host}: the job ${place.id} disappeared without an exit code${said ? `; its last output: ${said}` : ''}`,
      `Was the machine restarted, or the job killed? Its log: ${place.directory}/${place.id}/output. Run again to restart it.`,
    )
  }
  // If this fails, the next run reuses the result.
  if (end === 0) await connection.run(removeScript(place), { timeout: 60_000 })
  return { code: end, output }
}

const reconnect = async (open: () => Promise<Connection>, lost: Unreachable, outage: Outage, options: JobOptions): Promise<Connection> => {
  const again = outage.since !== undefined
  outage.since ??= Date.now()
  for (let pause = again; ; pause = true) {
    if (Date.now() - outage.since > (options.reconnectLimit ?? reconnectLimit)) throw lost
    if (pause) await delay(reconnectPause, undefined, options.signal ? { signal: options.signal } : {})
    options.signal?.throwIfAborted()
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
    }
  }
}
