import { ConfigError, configErrorsOf, mostShown, type Place, type Source, throwAll } from './error.ts'
import { expandHosts } from './host-names.ts'
import { type Literal, pythonLiteral } from './literal.ts'
import { addChild, addGroup, addHost, type Group, type Inventory, setGroupVariable } from './model.ts'
import { didYouMean } from './suggest.ts'
import type { Entry, Value } from './value.ts'
import { splitWords } from './words.ts'

type Section = 'hosts' | 'children' | 'vars'
const sections = ['hosts', 'children', 'vars']
const headerPattern = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/

interface Reading {
  inventory: Inventory
  source: Source
  group: Group
  section: Section
  /** Groups that this file uses before it declares them: as children, or with variables. */
  named: Map<string, { place: Place; problem: string }>
  declared: Set<string>
}

/** Reads an inventory in INI format into `inventory`. */
export const readIni = (inventory: Inventory, source: Source): void => {
  const reading: Reading = {
    inventory,
    source,
    group: addGroup(inventory, 'ungrouped', { source, line: 1, column: 1 }),
    section: 'hosts',
    named: new Map(),
    declared: new Set(inventory.groups.keys()),
  }
  const errors: ConfigError[] = []
  for (const [index, line] of source.text.split(/\r\n|\n|\r/).entries()) {
    try {
      readLine(reading, line, { source, line: index + 1, column: 1 + line.length - line.trimStart().length })
    } catch (error) {
      errors.push(...configErrorsOf(error))
    }
  }
  for (const [name, { place, problem }] of reading.named)
    if (!reading.declared.has(name))
      errors.push(new ConfigError(problem, place, errors.length < mostShown ? didYouMean(name, reading.declared) : undefined))
  throwAll(errors)
}

/** Characters. The regular expressions that parse a value need stack in proportion to its length. */
const longestLine = 500_000

const readLine = (reading: Reading, line: string, place: Place): void => {
  if (line.length > longestLine) throw new ConfigError(`this line is longer than ${longestLine} characters`, place)
  const text = line.trim()
  if (text === '' || /^[;#]/.test(text)) return
  if (text.startsWith('[') && !/^\[[^\]]+\]:\d/.test(text)) openSection(reading, text, place)
  else readers[reading.section](reading, text, place)
}

const openSection = (reading: Reading, text: string, place: Place): void => {
  const [, name, section = 'hosts'] = headerPattern.exec(text) ?? []
  if (name === undefined) throw new ConfigError(`${text} is not a section`, place, 'a section is [group], [group:vars] or [group:children]')
  if (!sections.includes(section))
    throw new ConfigError(
      `unknown kind of section '${section}'`,
      { ...place, column: place.column + name.length + 2 },
      didYouMean(section, sections),
    )
  if (section === 'vars') reading.named.set(name, reading.named.get(name) ?? { place, problem: `group '${name}' is not declared` })
  else reading.declared.add(name)
  reading.group = addGroup(reading.inventory, name, place)
  reading.section = section as Section
}

const readHosts = (reading: Reading, text: string, place: Place): void => {
  const words = splitWords(text)
  if (!words) throw new ConfigError('a quote is not closed', place)
  const [host, ...assignments] = words
  if (!host) return
  if (host.text === '---') throw new ConfigError('this looks like YAML', place, 'name the file .yml to have it read as YAML')
  const { names, port } = expandHosts(host.text, place)
  const entries = assignments.map(word => assignment(word.text, { ...place, column: place.column + word.column - 1 }))
  for (const name of names) {
    const member = addHost(reading.inventory, name, reading.group, place, port)
    for (const [variable, entry] of entries) member.vars.set(variable, entry)
  }
}

const readVariable = (reading: Reading, text: string, place: Place): void => {
  const [name, entry] = assignment(text, place)
  setGroupVariable(reading.group, name, entry)
}

const assignment = (text: string, at: Place): [name: string, entry: Entry] => {
  const equals = text.indexOf('=')
  if (equals < 1) throw new ConfigError(`expected name=value, found '${text}'`, at)
  const raw = text.slice(equals + 1)
  const place = { ...at, column: at.column + equals + 1 + raw.length - raw.trimStart().length }
  return [text.slice(0, equals).trim(), { at, value: iniValue(raw.trim(), place) }]
}

/** A value in an INI inventory: a Python literal, otherwise text. */
const iniValue = (text: string, place: Place): Value => {
  const literal = pythonLiteral(text)
  return literal === undefined ? { kind: 'scalar', value: text, place, untyped: true } : literalValue(literal, place)
}

const literalValue = (literal: Literal, place: Place): Value => {
  if (Array.isArray(literal)) return { kind: 'list', items: literal.map(item => literalValue(item, place)), place }
  if (literal instanceof Map)
    return {
      kind: 'map',
      entries: new Map([...literal].map(([name, value]) => [name, { at: place, value: literalValue(value, place) }])),
      place,
    }
  return { kind: 'scalar', value: literal, place, untyped: true }
}

const readChild = (reading: Reading, text: string, place: Place): void => {
  const [, name] = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(text) ?? []
  if (name === undefined) throw new ConfigError(`expected the name of a group, found '${text}'`, place)
  reading.named.set(name, reading.named.get(name) ?? { place, problem: `group '${name}' is not declared` })
  addChild(reading.inventory, reading.group, addGroup(reading.inventory, name, place), place)
}

const readers: Record<Section, (reading: Reading, text: string, place: Place) => void> = {
  hosts: readHosts,
  vars: readVariable,
  children: readChild,
}
