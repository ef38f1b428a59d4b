import type { Scalar } from './value.ts'

// Ansible reads YAML with PyYAML, so these are PyYAML's rules, not those of the YAML 1.1 document: `y` is text, `1e3` is text.
const boolPattern = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/
const nullPattern = /^(?:~|null|Null|NULL|)$/
const intPattern =
  /^(?:[-+]?0b_*[0-1][0-1_]*|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x_*[0-9a-fA-F][0-9a-fA-F_]*|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const floatPattern =
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const timestampPattern =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(?:(Z)|([-+])(\d\d?)(?::(\d\d))?))?)?$/

/** Python refuses longer numbers. */
export const mostDigits = 4300

/** What a plain (unquoted) YAML scalar means: `0644` is 420, `yes` is true, `1:30` is 90, a date is text in ISO form. */
export const plainScalar = (text: string): Scalar => {
  if (text.length > mostDigits) return text
  if (nullPattern.test(text)) return null
  if (boolPattern.test(text)) return toBoolean(text)
  if (intPattern.test(text)) return toInteger(text)
  if (floatPattern.test(text)) return toFloat(text)
  return toTimestamp(text) ?? text
}

/** The value of a plain scalar in a file that is valid JSON, which Ansible reads as JSON. */
export const jsonScalar = (text: string): Scalar => (/^-?\d{1,4300}$/.test(text) ? exact(BigInt(text)) : (JSON.parse(text) as Scalar))

/** A number, or a bigint where a number would be inexact. */
export const exact = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

/** The value of a scalar with one of YAML's own tags (`!!str 0644`), or undefined when the text does not fit. */
export const taggedScalar = (tag: string, text: string): Scalar | undefined => {
  switch (tag) {
    case 'str':
      return text
    case 'int':
      return intPattern.test(text) ? toInteger(text) : undefined
    case 'float':
      return floatPattern.test(text) ? toFloat(text) : intPattern.test(text) ? Number(text.replaceAll('_', '')) : undefined
    case 'bool':
      return boolPattern.test(text) ? toBoolean(text) : undefined
    case 'null':
      return null
    case 'timestamp':
      return toTimestamp(text)
    default:
      return undefined
  }
}

const toBoolean = (text: string) => ['yes', 'true', 'on'].includes(text.toLowerCase())

const toInteger = (text: string): number | bigint => {
  const [sign, digits] = signed(text)
  return exact(BigInt(sign) * magnitude(digits))
}

const magnitude = (digits: string): bigint => {
  if (/^0[bx]/.test(digits)) return BigInt(digits)
  if (digits.includes(':')) return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n)
  return BigInt(digits.startsWith('0') && digits.length > 1 ? `0o${digits.slice(1)}` : digits)
}

const toFloat = (text: string): number => {
  const [sign, digits] = signed(text.toLowerCase())
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY
  if (digits === '.nan') return Number.NaN
  return sign * (digits.includes(':') ? sexagesimal(digits) : Number(digits))
}

const signed = (text: string): [sign: number, digits: string] => [
  text.startsWith('-') ? -1 : 1,
  text.replaceAll('_', '').replace(/^[-+]/, ''),
]

const sexagesimal = (digits: string) => digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)

/** A date as Python prints it, which is how an Ansible template sees it; undefined for anything else. */
const toTimestamp = (text: string): string | undefined => {
  const match = timestampPattern.exec(text)
  if (!match) return undefined
  const [, year, month = '', day = '', hour, minute, second, fraction, utc, sign, zoneHour = '', zoneMinute = '00'] = match
  if (hour === undefined) return month.length === 2 && day.length === 2 ? `${year}-${month}-${day}` : undefined
  const micros = (fraction ?? '').slice(0, 6).padEnd(6, '0')
  const zone = utc ? '+00:00' : sign ? `${sign}${two(zoneHour)}:${zoneMinute}` : ''
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${minute}:${second}${Number(micros) === 0 ? '' : `.${micros}`}${zone}`
}

const two = (digits: string) => digits.padStart(2, '0')
