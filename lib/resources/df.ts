export interface Usage {
  source: string
  /** As printed: `126G` with -h, 1024-byte blocks with -P, inodes with -i. */
  size: string
  used: string
  available: string
  /** `1%`; `-` where the file system does not count them. */
  percent: string
  mountPoint: string
}

/** Pure: parses df(1), with -h, -P or -i. Without -P a long device name is on its own line, and its numbers on the next. */
export const parseDf = (text: string): Usage[] =>
  text
    .replaceAll(/^(\/\S+)\n\s+/gm, '$1 ')
    .split('\n')
    .flatMap(line => {
      const match = /^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\d+%|-)\s+(\/.*)$/.exec(line)
      const [, source = '', size = '', used = '', available = '', percent = '', mountPoint = ''] = match ?? []
      return match ? [{ source, size, used, available, percent, mountPoint }] : []
    })
