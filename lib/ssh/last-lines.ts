/** How many lines of stderr a message shows: the reason is usually in the last ones. */
const shownLines = 5

/** The last non-empty lines of an output. */
export const lastLines = (text: string, count = shownLines): string =>
  text
    .split('\n')
    .filter(line => line.trim() !== '')
    .slice(-count)
    .join('\n')
