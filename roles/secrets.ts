import * as z from 'zod'

/**
 * What in a text its consumer would misread, described without revealing the rest; undefined when there is nothing.
 * @param refused further characters that are not allowed, each with its name
 */
const misread = (text: string, refused: Record<string, string>): string | undefined => {
  // An empty text is already refused as too short.
  if (text === '') return undefined
  if (text.trim() === '') return 'is blank'
  if (/^\s|\s$/.test(text))
    return /\n$/.test(text) ? "ends with a line feed (encrypt it with printf '%s', not echo)" : 'begins or ends with a blank'
  for (const [at, character] of [...text].entries()) {
    const name = refused[character] ?? nameOf(character)
    if (name !== undefined) return `holds ${name} (character ${at + 1})`
  }
  return undefined
}

const nameOf = (character: string): string | undefined => {
  if (character === '\n') return 'a line feed'
  if (character === '\r') return 'a carriage return'
  if (character === '\t') return 'a tab'
  if (character === '\0') return 'a NUL'
  if (character < ' ' || character === '\x7f') return 'a control character'
  return character > '~' ? 'a character that is not ASCII' : undefined
}

const secret = (longest: number, refused: Record<string, string>, consumer: string) =>
  z
    .string()
    .min(8)
    .max(longest)
    .superRefine((text, context) => {
      const problem = misread(text, refused)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: `${problem}; ${consumer}` })
    })
    .meta({ secret: true })

/**
 * The key of authkeys(5). heartbeat 3.0 (heartbeat/auth.c, parse_authfile) reads a line of at most 5,119 bytes with `sscanf("%d%s%s")`, so
 * the key ends at the first blank and a line feed begins another line. HMAC-SHA1 hashes keys longer than 64 bytes to 20 bytes, so 255 is
 * more than enough.
 */
export const HeartbeatSecret = secret(255, { ' ': 'a blank' }, 'heartbeat takes printable ASCII without blanks')

/**
 * DRBD's shared-secret. The scanner of drbdadm (drbdadm_scanner.fl, DQSTRING) ends a quoted string at `"` or the end of the line, and
 * treats `\` as an escape. The kernel keeps 64 bytes including the terminator (SHARED_SECRET_MAX in drbd.h), so 63 are left.
 */
export const DrbdSecret = secret(63, { '"': 'a double quote', '\\': 'a backslash' }, 'DRBD takes printable ASCII without " and \\')
