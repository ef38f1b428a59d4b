/**
 * Quotes a value as one word for every POSIX shell, and for csh and fish unless it contains `!`, `\` or a newline.
 * Always quotes: an unquoted `A=b` or `if` would be read as an assignment or a keyword where a command is expected.
 * @throws TypeError on a NUL character, which an argument cannot contain
 */
export const quote = (value: string): string => {
  if (value.includes('\0')) throw new TypeError('a NUL character cannot be part of a command')
  return `'${value.replaceAll("'", "'\\''")}'`
}
