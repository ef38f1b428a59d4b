import { type Source, shellOf } from '../../resources/source.ts'
import type { Together } from './entry.ts'

type PackagesSource = Extract<Source, { kind: 'packages' }>

/** One dpkg-query(1) for all packages. It exits with 1 when a package is unknown, and with a higher code when the query failed. */
export const packagesTogether: Together<PackagesSource> = sources => ({
  isSimple: true,
  sh: shellOf({ kind: 'packages', names: [...new Set(sources.flatMap(s => s.names))] }),
  split({ code, stdout }) {
    const lines = stdout.split('\n').filter(line => line !== '')
    return sources.map(({ names }) => {
      if (code > 1) return undefined
      const known = lines.filter(line => names.includes(line.split(' ')[0] ?? ''))
      const isComplete = names.every(name => known.some(line => line.startsWith(`${name} `)))
      return { code: isComplete ? 0 : 1, stdout: known.map(line => `${line}\n`).join(''), stderr: '' }
    })
  },
})
