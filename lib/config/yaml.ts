import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  Scalar,
  type YAMLMap,
} from 'yaml'
import { ConfigError, type Place, type Source, throwAll } from './error.ts'
import { jsonScalar, plainScalar, taggedScalar } from './scalar.ts'
import type { Scalar as ScalarValue, Value, Variables } from './value.ts'

interface Reading {
  source: Source
  counter: LineCounter
  /** Values of the nodes already read: an anchor is read once, however many aliases refer to it. */
  known: Map<Node, Value>
  /** Nodes of the anchors read so far; a later anchor of the same name replaces an earlier one. */
  anchors: Map<string, Node>
  open: Set<Node>
  extents: Map<Value, Extent>
  errors: ConfigError[]
  plain: (text: string) => ScalarValue
}

/** The size of a value with its aliases expanded. */
interface Extent {
  /** Number of values, itself included, and how many of them come from an alias. */
  size: number
  copies: number
  depth: number
}

/** Levels: more than anybody writes, and far less than the stack holds. PyYAML gives up at about the same depth. */
const deepest = 200
/** Maximum number of values from aliases, in total: a few lines can expand to billions. */
const mostCopies = 1_000_000

/**
 * Reads YAML as Ansible does (PyYAML: YAML 1.1, merge keys, `!vault`, `!unsafe`), except that a duplicate key is an error. Every value
 * keeps its place.
 */
export const parseYaml = (source: Source): Value => {
  const counter = new LineCounter()
  const document = documentIn(source, counter)
  throwAll(
    firstOfEachLine(document.errors, counter)
      .slice(0, 20)
      .map(
        error =>
          new ConfigError(firstLine(error.message), placeAt(source, counter, error.pos[0]), adviceFor(source, counter, error.pos[0])),
      ),
  )
  const reading: Reading = {
    source,
    counter,
    known: new Map(),
    anchors: new Map(),
    open: new Set(),
    extents: new Map(),
    errors: [],
    plain: isJson(source.text) ? jsonScalar : plainScalar,
  }
  const value = valueAt(reading, document.contents as Node | null, placeAt(source, counter, 0))
  throwAll(reading.errors)
  return value
}

/** The first error of each line: later ones on the same line are usually consequences. */
const firstOfEachLine = <T extends { pos: [number, number] }>(errors: readonly T[], counter: LineCounter): T[] => {
  const lines = errors.map(error => counter.linePos(error.pos[0]).line)
  return errors.filter((_, index) => lines.indexOf(lines[index] ?? 0) === index)
}

/**
 * The tokens of a source. The parser recurses as deeply as the text is nested, and so does everything that reads its tokens, so parsing
 * stops at the first token that is too deep. The parser's stack holds the document, then one collection per level.
 */
const tokensOf = (source: Source, counter: LineCounter): CST.Token[] => {
  const parser = new Parser(counter.addNewLine)
  const tokens: CST.Token[] = []
  counter.addNewLine(0)
  for (const lexeme of new Lexer().lex(source.text)) {
    const { offset } = parser
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > deepest + 1) throw new ConfigError(`nested deeper than ${deepest} levels`, placeAt(source, counter, offset))
  }
  return [...tokens, ...parser.end()]
}

/** The single document of a source. */
const documentIn = (source: Source, counter: LineCounter): Document => {
  const tokens = tokensOf(source, counter)
  // The parser only provides the structure: plain scalars are interpreted here, by PyYAML's rules.
  const composer = new Composer({
    version: '1.1',
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: counter,
  })
  const [document, second] = composer.compose(tokens, true, source.text.length)
  if (!document) throw new ConfigError('there is no YAML document', placeAt(source, counter, 0))
  if (second)
    throw new ConfigError(
      'a second YAML document starts here',
      placeAt(source, counter, second.range[0]),
      'a file must contain one document',
    )
  return document
}

const valueAt = (reading: Reading, written: Node | null, fallback: Place): Value => {
  if (written === null) return { kind: 'scalar', value: null, place: fallback }
  const place = placeOf(reading, written, fallback)
  const node = isAlias(written) ? reading.anchors.get(written.source) : written
  if (!node) throw new ConfigError('an alias without its anchor', place)
  const known = reading.known.get(node)
  if (known) return known
  if (reading.open.has(node)) throw new ConfigError('an alias inside its own anchor', place)
  if (!isAlias(node) && node.anchor !== undefined) reading.anchors.set(node.anchor, node)
  reading.open.add(node)
  const value = newValue(reading, node, place)
  reading.open.delete(node)
  reading.known.set(node, value)
  return value
}

/** A member of a collection, added to its extent. */
const memberAt = (reading: Reading, written: Node | null, fallback: Place, extent: Extent): Value => {
  const value = valueAt(reading, written, fallback)
  const { size, copies, depth } = reading.extents.get(value) ?? { size: 1, copies: 0, depth: 0 }
  extent.size += size
  extent.copies += isAlias(written) ? size : copies
  extent.depth = Math.max(extent.depth, depth + 1)
  const place = () => (written ? placeOf(reading, written, fallback) : fallback)
  if (extent.copies > mostCopies) throw new ConfigError(`aliases stand for more than ${mostCopies} values`, place())
  if (extent.depth > deepest) throw new ConfigError(`nested deeper than ${deepest} levels`, place())
  return value
}

const newValue = (reading: Reading, node: Node, place: Place): Value => {
  if (isScalar(node)) return scalarOf(reading, node, place)
  refuseTag(node.tag, ['map', 'seq'], place)
  const extent = { size: 1, copies: 0, depth: 0 }
  const value: Value | undefined = isSeq(node)
    ? { kind: 'list', items: node.items.map(item => memberAt(reading, item as Node | null, place, extent)), place }
    : isMap(node)
      ? { kind: 'map', entries: entriesOf(reading, node as YAMLMap<Node, Node | null>, extent), place }
      : undefined
  if (value) {
    reading.extents.set(value, extent)
    return value
  }
  throw new ConfigError('neither a value, a list nor a mapping', place)
}

const scalarOf = (reading: Reading, node: Scalar, place: Place): Value => {
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
  if (value === undefined) throw new ConfigError(`this value cannot be read with the tag '${shown(node.tag)}'`, place)
  return { kind: 'scalar', value, place }
}

/** Without a final newline in the file, a block at its very end has none either, as in PyYAML. */
const textOf = (node: Scalar, { text }: Source): string => {
  const value = String(node.value ?? '')
  const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED
  const endsFile = isBlock && !text.endsWith('\n') && (node.range?.[1] ?? 0) >= text.length
  return endsFile ? value.replace(/\n$/, '') : value
}

const refuseTag = (tag: string | undefined, allowed: string[], place: Place): void => {
  if (tag === undefined || tag === '!unsafe' || allowed.includes(tag.replace('tag:yaml.org,2002:', ''))) return
  throw new ConfigError(`the tag '${shown(tag)}' is not supported`, place)
}

const shown = (tag: string) => tag.replace('tag:yaml.org,2002:', '!!')

/** The entries of a mapping. Merged ones come first and are overridden by its own; of several merged mappings the first wins. */
const entriesOf = (reading: Reading, map: YAMLMap<Node, Node | null>, extent: Extent): Variables => {
  const merged: Variables = new Map()
  const own: Variables = new Map()
  for (const pair of map.items) {
    if (!isPair(pair)) continue
    const at = placeOf(reading, pair.key, placeOf(reading, map))
    // Reads the key first: its value may refer to an anchor in it.
    const name = isMergeKey(pair.key) ? undefined : keyOf(reading, pair.key, at)
    const value = memberAt(reading, pair.value, at, extent)
    if (name === undefined) for (const [key, entry] of mergedEntries(value)) merged.set(key, entry)
    else addEntry(reading, own, name, { at, value })
  }
  return new Map([...merged, ...own])
}

const addEntry = (reading: Reading, entries: Variables, name: string, entry: { at: Place; value: Value }): void => {
  const first = entries.get(name)
  if (first) reading.errors.push(new ConfigError(`'${name}' is given twice`, entry.at, `the first one is on line ${first.at.line}`))
  else entries.set(name, entry)
}

const isMergeKey = (key: Node) => isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<'

const mergedEntries = (value: Value): Variables => {
  if (value.kind === 'map') return value.entries
  if (value.kind !== 'list') throw new ConfigError('<< merges a mapping or a list of mappings', value.place)
  const entries: Variables = new Map()
  for (const item of value.items.toReversed()) for (const [name, entry] of mergedEntries(item)) entries.set(name, entry)
  return entries
}

const keyOf = (reading: Reading, key: Node, place: Place): string => {
  const value = valueAt(reading, key, place)
  if (value.kind !== 'scalar') throw new ConfigError('a key must be a plain word', place, 'a value that starts with { or [ needs quotes')
  return String(value.value)
}

const placeOf = (reading: Reading, node: Node, fallback?: Place): Place => {
  const offset = node.range?.[0]
  return offset === undefined && fallback ? fallback : placeAt(reading.source, reading.counter, offset ?? 0)
}

const placeAt = (source: Source, counter: LineCounter, offset: number): Place => {
  const { line, col } = counter.linePos(Math.min(offset, Math.max(0, source.text.length)))
  return { source, line: Math.max(1, line), column: Math.max(1, col) }
}

/** Ansible tries JSON first. The difference only affects numbers: 1e3 is a number in JSON and text in YAML 1.1. */
const isJson = (text: string): boolean => {
  if (!/^\s*[[{]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const firstLine = (message: string) => message.split('\n')[0]?.replace(/:$/, '') ?? message

const adviceFor = (source: Source, counter: LineCounter, offset: number): string | undefined => {
  const line = source.text.split('\n')[placeAt(source, counter, offset).line - 1] ?? ''
  if (/:\s+\{\{/.test(line)) return 'a value that starts with {{ would need quotes; templates are not supported anyway'
  if (/^\s*\t/.test(line)) return 'YAML is indented with spaces, not tabs'
  if (/:\s+[^'"#]*:\s/.test(line)) return 'a value with a colon and a space in it needs quotes'
  return undefined
}
