/** One client of one exported path, exports(5). */
export interface ExportEntry {
  path: string
  client: string
  options: string[]
}

/** A line of exports(5) with its continuation lines, so that an edit preserves what it does not understand. */
interface Statement {
  text: string
  path: string
  entries: ExportEntry[]
}

const optionsOf = (text: string): string[] => text.split(',').filter(o => o !== '')

const statementOf = (text: string): Statement => {
  const words = text.replace(/\\\n/g, ' ').replace(/#.*/, '').trim().split(/\s+/)
  const [path = '', ...clients] = words.map(w => w.replaceAll('"', ''))
  let defaults: string[] = []
  const entries = clients.flatMap(word => {
    if (word.startsWith('-')) defaults = optionsOf(word.slice(1))
    const [, client = '', options = ''] = /^([^-(][^(]*|)(?:\(([^)]*)\))?$/.exec(word) ?? []
    return word.startsWith('-') ? [] : [{ path, client: client || '*', options: [...defaults, ...optionsOf(options)] }]
  })
  return { text, path, entries }
}

const statementsOf = (text: string): Statement[] => {
  const lines = text.split('\n')
  const joined: string[] = []
  for (const line of lines) {
    const last = joined.at(-1)
    if (last?.endsWith('\\')) joined[joined.length - 1] = `${last}\n${line}`
    else joined.push(line)
  }
  return joined.map(statementOf)
}

/** Pure: parses a file of exports(5). A path without a client is exported to everybody. */
export const parseExports = (text: string): ExportEntry[] =>
  statementsOf(text).flatMap(s => (s.path === '' ? [] : s.entries.length === 0 ? [{ path: s.path, client: '*', options: [] }] : s.entries))

/**
 * Pure: removes the export of one path to one client; other clients of the path and all other lines stay unchanged. If two lines export
 * the same, exportfs(8) uses the first, and /etc/exports comes before the files of exports.d.
 */
export const withoutExport = (text: string, path: string, client: string): string =>
  statementsOf(text)
    .flatMap(s => {
      const isIt = (e: ExportEntry) => e.path === path && e.client === client
      if (!s.entries.some(isIt)) return [s.text]
      const kept = s.entries.filter(e => !isIt(e))
      return kept.length === 0 ? [] : [`${path} ${kept.map(e => `${e.client}(${e.options.join(',')})`).join(' ')}`]
    })
    .join('\n')
