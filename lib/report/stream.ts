import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import type { Emit, Event, EventBody } from '../engine/events.ts'
import { escapedDeep } from '../text/escape.ts'
import { type Masker, maskText } from '../text/mask.ts'

export interface EventStream {
  /** Identifies the run in logs and on the hosts. */
  readonly run: string
  readonly emit: Emit
  /** Passes every later event to the subscriber; the returned function unsubscribes. */
  subscribe(subscriber: (event: Event) => void): () => void
}

export interface EventStreamOptions {
  /** The command line; only its first word is used in the run's id. */
  command: string
  secrets: Masker
  /** For tests. */
  now?: () => Date
  run?: string
}

/** The only place that creates events: each is numbered, dated, masked and escaped once, then passed to all subscribers. */
export const eventStream = ({ command, secrets, now = () => new Date(), run = runId(command, now()) }: EventStreamOptions): EventStream => {
  const subscribers = new Set<(event: Event) => void>()
  let seq = 0

  const deliver = (body: EventBody & { cluster?: string }) => {
    const event = { v: 1, run, seq: ++seq, time: now().toISOString(), ...escapedDeep(masked(body, secrets)) } as Event
    const broken: unknown[] = []
    for (const subscriber of [...subscribers]) {
      try {
        subscriber(event)
      } catch (error) {
        // A failing output, such as a log on a full disk, must not stop a cluster half-way: it is unsubscribed, and a message says so.
        subscribers.delete(subscriber)
        broken.push(error)
      }
    }
    for (const error of broken)
      deliver({ type: 'message', level: 'warning', text: `An output of this run failed and was closed: ${textOf(error)}` })
  }

  return {
    run,
    emit: deliver,
    subscribe(subscriber) {
      subscribers.add(subscriber)
      return () => void subscribers.delete(subscriber)
    },
  }
}

/** Sortable by time, readable in a list of log files: `20260801T101500Z-site-3f9a`. */
const runId = (command: string, time: Date): string => {
  const stamp = time.toISOString().replace(/[-:]|\.\d+/g, '')
  const word = basename(command.trim().split(/\s+/)[0] ?? '').replace(/\.ya?ml$/, '')
  return [stamp, word.replace(/[^\w-]+/g, '-'), randomBytes(2).toString('hex')].filter(part => part !== '').join('-')
}

/** Keywords and names of the inventory, which a reader needs to tell events apart. They contain no values. */
const plainFields = new Set(['type', 'status', 'phase', 'level', 'signal', 'host', 'hosts', 'cluster', 'code'])

/** Names of resources: they reveal no secret, and are needed to understand an event. */
const namedFields = new Set(['role', 'resource', 'handler', 'by', 'attribute', 'title', 'columns', 'command', 'platform', 'play', 'hint'])

/** Roles that run no program which reads a file with secrets (authkeys, the .res file). */
const rolesWithoutSecrets = new Set(['base', 'routes', 'client'])

type Mask = (text: string) => string

/**
 * The event with masked strings. Strings other than names contain output of programs; where those may have read a secret, parts of it are
 * masked too.
 */
const masked = (body: EventBody, secrets: Masker): EventBody => {
  const role = 'role' in body ? body.role : undefined
  if (role !== undefined && rolesWithoutSecrets.has(role)) return maskedValue(body, secrets.mask, secrets.mask)
  const names = ['host', 'resource', 'handler', 'role'].flatMap(key => (key in body ? [String(body[key as keyof EventBody])] : []))
  return maskedValue(body, secrets.mask, text => secrets.maskPieces(text, names))
}

/**
 * Masks each string and removes the values of secret changes. A file's diff is not program output: its secrets are known in full, or it is
 * not shown.
 */
const maskedValue = <T>(value: T, name: Mask, said: Mask): T => {
  if (typeof value === 'string') return said(value) as T
  if (Array.isArray(value)) return value.map(item => maskedValue(item, name, said)) as T
  if (value === null || typeof value !== 'object') return value
  const inside = 'diff' in value && value.diff === true ? name : said
  const entries = Object.entries(value).map(([key, item]) => {
    if (plainFields.has(key)) return [key, item]
    return [key, maskedValue(item, name, namedFields.has(key) ? name : inside)]
  })
  const hidden = 'secret' in value && value.secret === true ? { from: maskText, to: maskText } : {}
  return { ...Object.fromEntries(entries), ...hidden } as T
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
