/** Lines of stderr that a message shows: the last ones say why. */
const SHOWN_LINES = 5

/** The last non-empty lines of an output. */
export function lastLines(text: string, count = SHOWN_LINES): string {
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .slice(-count)
    .join('\n')
}
