/**
 * Operations of a client: an fsync'd record, a write under a lock, an open and read, a new small file; and the dd loop of the reference
 * setup.
 */
export const kinds = ['write', 'lock', 'open', 'create', 'dd'] as const
export type Kind = (typeof kinds)[number]

export interface Operation {
  /** The mount: `C1-1`. */
  mount: string
  kind: Kind
  /** Seconds since the epoch by the client's clock. */
  start: number
  /** Seconds. */
  took: number
  ok: boolean
  /** The number of the record for `write`, otherwise 1; or the error. */
  detail: string
}

const isKind = (word: string): word is Kind => kinds.some(k => k === word)

/** One line of workload.pl: `C1-1 write 1732557600.123 0.004 ok 17`; undefined for anything else. */
export const parseOperation = (line: string): Operation | undefined => {
  const [, mount = '', kind = '', start, took, outcome, detail = ''] = /^(\S+) (\w+) ([\d.]+) ([\d.]+) (ok|error) (.*)$/.exec(line) ?? []
  return isKind(kind) ? { mount, kind, start: Number(start), took: Number(took), ok: outcome === 'ok', detail } : undefined
}

/** The records in a writer's file, compared with the acknowledged ones. */
export interface Records {
  /** Acknowledged, but not in the file. */
  lost: number
  /** Lines of the file that are not a complete record, except an unacknowledged last one. */
  torn: number
}

const numberOf = (line: string): number | undefined => {
  const [, body = '', number, sum] = /^((\d{8}) x{40}) (\d{5})$/.exec(line) ?? []
  const total = [...body].reduce((all, c) => all + c.charCodeAt(0), 0) % 65536
  return number !== undefined && total === Number(sum) ? Number(number) : undefined
}

/** Pure: the writer numbers its records from 1, and starts the next only when one is on disk. */
export const judgeRecords = (text: string, operations: readonly Operation[]): Records => {
  const acknowledged = operations.filter(o => o.kind === 'write' && o.ok).map(o => Number(o.detail))
  const lines = text.split('\n')
  const tail = lines.pop() ?? ''
  const numbers = lines.map(numberOf)
  const found = new Set(numbers)
  const last = Math.max(0, ...acknowledged)
  const isTailTorn = tail !== '' && found.size < last
  return {
    lost: acknowledged.filter(n => !found.has(n)).length,
    torn: numbers.filter(n => n === undefined).length + (isTailTorn ? 1 : 0),
  }
}
