import { ConfigError, type Place } from './error.ts'

/** A whole number beyond 2^53 is a bigint: a number would be inexact. */
export type Scalar = string | number | bigint | boolean | null

/**
 * A value as written, not yet validated: vault text is still encrypted and `{{ }}` unexpanded, because only values that are used must be
 * readable.
 */
export type Value =
  | {
      kind: 'scalar'
      value: Scalar
      place: Place
      /** Written where every value is text (INI, `-e key=value`), so it may mean a number or a boolean. */
      untyped?: true
      /** Tagged `!unsafe`: braces are literal. */
      verbatim?: true
    }
  | { kind: 'vault'; ciphertext: string; place: Place }
  | { kind: 'list'; items: Value[]; place: Place }
  | { kind: 'map'; entries: Variables; place: Place }

/** A name with its value; `at` is the place of the name. */
export interface Entry {
  at: Place
  value: Value
}

/** Variables by name, in the order they were written. */
export type Variables = Map<string, Entry>

/** Decrypts vault text. */
export interface Decrypter {
  decrypt(ciphertext: string, place: Place): string
}

export interface Revealed {
  value: unknown
  /** Decrypted text, for masking. */
  secrets: string[]
}

/** The value for use: decrypted, as plain JavaScript. Throws for a template, which only this function refuses, and for vault text that cannot be decrypted. */
export const reveal = (value: Value, vault: Decrypter): Revealed => {
  const secrets: string[] = []
  const plain = (part: Value): unknown => {
    switch (part.kind) {
      case 'list':
        return part.items.map(plain)
      case 'map':
        return Object.fromEntries([...part.entries].map(([name, entry]) => [name, plain(entry.value)]))
      case 'vault': {
        const text = vault.decrypt(part.ciphertext, part.place)
        secrets.push(text)
        return text
      }
      case 'scalar':
        if (!part.verbatim) refuseTemplate(part.value, part.place)
        // Everything in an encrypted file is secret, except short words and numbers: masking those would hide half the output.
        if (part.place.source.secret && typeof part.value === 'string') secrets.push(part.value)
        return part.value
    }
  }
  return { value: plain(value), secrets }
}

const refuseTemplate = (value: Scalar, place: Place): void => {
  if (typeof value !== 'string' || !/\{\{.*\}\}|\{%.*%\}/s.test(value)) return
  throw new ConfigError('templates ({{ }}) are not supported', place, 'write the value itself; logic belongs in roles')
}

/** The part of a value at a path (as reported by schemas), or the innermost part that exists. */
export const partAt = (value: Value, path: readonly PropertyKey[]): Value => {
  const [step, ...rest] = path
  if (step === undefined) return value
  const part = value.kind === 'list' ? value.items[Number(step)] : value.kind === 'map' ? value.entries.get(String(step))?.value : undefined
  return part ? partAt(part, rest) : value
}

/** Merges layers as Ansible does by default: later ones win, whole values at a time. */
export const layered = (...layers: (Variables | undefined)[]): Variables => {
  const merged: Variables = new Map()
  for (const layer of layers) for (const [name, entry] of layer ?? []) merged.set(name, entry)
  return merged
}
