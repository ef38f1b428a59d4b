import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar, type YAMLMap } from 'yaml'
import { ConfigError, type Place, type Source, throwAll } from './error.ts'
import { jsonScalar, plainScalar, taggedScalar } from './scalar.ts'
import type { Scalar as ScalarValue, Value, Variables } from './value.ts'

interface Reading {
  source: Source
  counter: LineCounter
  /** Nodes already read: an anchor's value is read once, however many aliases name it. */
  known: Map<Node, Value>
  open: Set<Node>
  errors: ConfigError[]
  plain: (text: string) => ScalarValue
  node: (alias: Node) => Node | undefined
}

/**
 * Reads YAML as Ansible does (PyYAML: YAML 1.1, merge keys, `!vault`, `!unsafe`), except that a duplicate key is an error. Every value
 * keeps its place.
 */
export function parseYaml(source: Source): Value {
  const counter = new LineCounter()
  // Only the structure is left to the parser: what a plain scalar means is decided here, by PyYAML's rules.
  const document = parseDocument(source.text, {
    version: '1.1',
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: counter,
  })
  throwAll(
    document.errors.map(
      error => new ConfigError(firstLine(error.message), placeAt(source, counter, error.pos[0]), adviceFor(source, counter, error.pos[0])),
    ),
  )
  const reading: Reading = {
    source,
    counter,
    known: new Map(),
    open: new Set(),
    errors: [],
    plain: isJson(source.text) ? jsonScalar : plainScalar,
    node: alias => (isAlias(alias) ? alias.resolve(document) : alias),
  }
  const value = valueAt(reading, document.contents as Node | null, placeAt(source, counter, 0))
  throwAll(reading.errors)
  return value
}

function valueAt(reading: Reading, written: Node | null, fallback: Place): Value {
  if (written === null) return { kind: 'scalar', value: null, place: fallback }
  const node = reading.node(written)
  const place = placeOf(reading, written, fallback)
  if (!node) throw new ConfigError('an alias without its anchor', place)
  const known = reading.known.get(node)
  if (known) return known
  if (reading.open.has(node)) throw new ConfigError('an alias inside its own anchor', place)
  reading.open.add(node)
  const value = newValue(reading, node, placeOf(reading, node, fallback))
  reading.open.delete(node)
  reading.known.set(node, value)
  return value
}

function newValue(reading: Reading, node: Node, place: Place): Value {
  if (isScalar(node)) return scalarOf(reading, node, place)
  refuseTag(node.tag, ['map', 'seq'], place)
  if (isSeq(node)) return { kind: 'list', items: node.items.map(item => valueAt(reading, item as Node | null, place)), place }
  if (isMap(node)) return { kind: 'map', entries: entriesOf(reading, node as YAMLMap<Node, Node | null>), place }
  throw new ConfigError('neither a value, a list nor a mapping', place)
}

function scalarOf(reading: Reading, node: Scalar, place: Place): Value {
  const text = textOf(node, reading.source)
  switch (node.tag) {
    case undefined:
      return { kind: 'scalar', value: node.type === Scalar.PLAIN ? reading.plain(text) : text, place }
    case '!vault':
    case '!vault-encrypted':
      return { kind: 'vault', ciphertext: text, place }
    case '!unsafe':
    case '!':
      return { kind: 'scalar', value: text, place, verbatim: true }
  }
  const value = taggedScalar(node.tag.replace('tag:yaml.org,2002:', ''), text)
  if (value === undefined) throw new ConfigError(`cannot read ${JSON.stringify(text)} with the tag ${shown(node.tag)}`, place)
  return { kind: 'scalar', value, place }
}

/** A block at the very end of a file without a last line feed has none either, as PyYAML reads it. */
function textOf(node: Scalar, { text }: Source): string {
  const value = String(node.value ?? '')
  const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED
  const endsFile = isBlock && !text.endsWith('\n') && (node.range?.[1] ?? 0) >= text.length
  return endsFile ? value.replace(/\n$/, '') : value
}

function refuseTag(tag: string | undefined, allowed: string[], place: Place): void {
  if (tag === undefined || tag === '!unsafe' || allowed.includes(tag.replace('tag:yaml.org,2002:', ''))) return
  throw new ConfigError(`the tag ${shown(tag)} is not known here`, place)
}

const shown = (tag: string) => tag.replace('tag:yaml.org,2002:', '!!')

/** A mapping's entries. Merged ones come first and yield to the mapping's own; of several merged mappings the first wins. */
function entriesOf(reading: Reading, map: YAMLMap<Node, Node | null>): Variables {
  const merged: Variables = new Map()
  const own: Variables = new Map()
  for (const pair of map.items) {
    if (!isPair(pair)) continue
    const at = placeOf(reading, pair.key, placeOf(reading, map))
    const value = valueAt(reading, pair.value, at)
    if (isMergeKey(pair.key)) for (const [name, entry] of mergedEntries(value)) merged.set(name, entry)
    else addEntry(reading, own, keyOf(reading, pair.key, at), { at, value })
  }
  return new Map([...merged, ...own])
}

function addEntry(reading: Reading, entries: Variables, name: string, entry: { at: Place; value: Value }): void {
  const first = entries.get(name)
  if (first) reading.errors.push(new ConfigError(`'${name}' is given twice`, entry.at, `the first one is in line ${first.at.line}`))
  else entries.set(name, entry)
}

const isMergeKey = (key: Node) => isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<'

function mergedEntries(value: Value): Variables {
  if (value.kind === 'map') return value.entries
  if (value.kind === 'list') return new Map(value.items.toReversed().flatMap(item => [...mergedEntries(item)]))
  throw new ConfigError('<< merges a mapping or a list of mappings', value.place)
}

function keyOf(reading: Reading, key: Node, place: Place): string {
  const value = valueAt(reading, key, place)
  if (value.kind !== 'scalar') throw new ConfigError('a key must be a plain word', place, 'a value that starts with { or [ needs quotes')
  return String(value.value)
}

function placeOf(reading: Reading, node: Node, fallback?: Place): Place {
  const offset = node.range?.[0]
  return offset === undefined && fallback ? fallback : placeAt(reading.source, reading.counter, offset ?? 0)
}

function placeAt(source: Source, counter: LineCounter, offset: number): Place {
  const { line, col } = counter.linePos(Math.min(offset, Math.max(0, source.text.length)))
  return { source, line: Math.max(1, line), column: Math.max(1, col) }
}

/** Ansible tries JSON first. The difference shows in numbers only: 1e3 is one in JSON and text in YAML 1.1. */
function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const firstLine = (message: string) => message.split('\n')[0]?.replace(/:$/, '') ?? message

function adviceFor(source: Source, counter: LineCounter, offset: number): string | undefined {
  const line = source.text.split('\n')[placeAt(source, counter, offset).line - 1] ?? ''
  if (/:\s+\{\{/.test(line)) return 'a value that starts with {{ would need quotes; templates are not evaluated here in any case'
  if (/^\s*\t/.test(line)) return 'YAML is indented with spaces, not tabs'
  if (/:\s+[^'"#]*:\s/.test(line)) return 'a value with a colon and a space in it needs quotes'
  return undefined
}
