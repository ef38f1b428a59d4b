import { readFileSync } from 'node:fs'
import { packagedFile } from '../text/packaged.ts'
import { quote } from './quote.ts'

/** The program without its comments. */
const program = readFileSync(packagedFile('lib/resources/files/judge-disk.pl'), 'utf8').replace(/^\s*#.*\n/gm, '')

/**
 * Shell function `judge_disk DEVICE [WORD...]`: reads the whole device or samples of it and prints the findings for `parseJudgement`,
 * progress on stderr. Exit code 0 only when the device is blank. The words are listed at the top of the program, the checks in
 * docs/disks.md. Needs perl.
 */
export const judgeDisk = `judge_disk() { perl - "$@" <<'NFSHA_JUDGE'
${program}NFSHA_JUDGE
}`

/**
 * `judge_disk`, and shell function `not_blank DEVICE [WORD...]`, which prints why a device is not known to be blank, nothing when it is.
 * Run it in the same script as the write that it guards.
 */
export const notBlank = `${judgeDisk}
not_blank() {
  if j=$(judge_disk "$@"); then return; fi
  j=$(printf '%s\\n' "$j" | sed -n 's/^not [a-z]* //p' | paste -s -d ';' -)
  echo "\${j:-it could not be judged: is perl installed?}"
}`

/** Shell for a probe that prints why a device is not blank, or `blank`. */
export const blankProbe = (device: string): string => `${notBlank}\nr=$(not_blank ${quote(device)}); echo "\${r:-blank}"`

/** Why a device is not blank. `held`: it is in use. `content`: it contains data. */
export interface Reason {
  class: 'missing' | 'held' | 'readonly' | 'small' | 'content' | 'unreadable'
  text: string
}

/** DRBD's internal metadata (version 8.x) on the disk. UUIDs in upper case, 16 hex digits. */
export interface DrbdSuperblock {
  version: string
  current: string
  /** bitmap and both history UUIDs */
  others: string[]
  flags: number
  /** The field device-uuid, which DRBD 8.4 preserves but does not use. */
  stamp: string
  /** bytes of the replicated device; 0 before its first use */
  size: number
}

export interface ExtSuperblock {
  uuid: string
  clean: boolean
  /** bytes that the file system covers */
  bytes: number
  extents: boolean
}

/** The findings of `judge_disk`. */
export interface Judgement {
  /** The device itself, if the given name is a link. */
  device: string
  /** bytes; 0 when unknown */
  size: number
  blank: boolean
  against: Reason[]
  drbd?: DrbdSuperblock
  ext4?: ExtSuperblock
}

const words = (line: string): Record<string, string> =>
  Object.fromEntries(line.split(' ').map(word => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)]))

/** Pure: parses the output of `judge_disk`. With truncated or unknown output the device counts as not blank. */
export const parseJudgement = (text: string): Judgement => {
  const found: Judgement = { device: '', size: 0, blank: false, against: [] }
  for (const line of text.split('\n')) {
    const [, fact = '', rest = ''] = /^(\w+) ?(.*)$/.exec(line) ?? []
    const word = words(rest)
    if (fact === 'device') found.device = rest
    if (fact === 'size') found.size = Number(rest)
    if (fact === 'blank') found.blank = true
    if (fact === 'not') found.against.push({ class: rest.split(' ')[0] as Reason['class'], text: rest.slice(rest.indexOf(' ') + 1) })
    if (fact === 'drbd') found.drbd = drbdOf(rest.split(' ')[0] ?? '', word)
    if (fact === 'ext4')
      found.ext4 = { uuid: word.uuid ?? '', clean: word.clean === '1', bytes: Number(word.bytes), extents: word.extents === '1' }
  }
  return { ...found, blank: found.blank && found.against.length === 0 && found.size > 0 }
}

const drbdOf = (version: string, { uuids = '', flags = '0', stamp = '', sectors = '0' }: Record<string, string>): DrbdSuperblock => {
  const [current = '', ...others] = uuids.split(':')
  return { version, current, others, flags: Number.parseInt(flags, 16), stamp, size: Number(sectors) * 512 }
}
