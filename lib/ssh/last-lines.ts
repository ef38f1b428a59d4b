/** Lines of stderr that a message shows: the last ones say why. */
const shownLines = 5

/** The last non-empty lines of an output. */
export const lastLines = (text: string, count = shownLines): string =>
  text
    .split('\n')
    .filter(line => line.trim() !== '')
    .slice(-count)
    .join('\n')
