import { type Source, shellOf } from '../../resources/source.ts'
import type { Printed, Together } from './entry.ts'

type UnitSource = Extract<Source, { kind: 'unit' }>

/** One systemctl(1) for all units: prints them in the order of its arguments, with an empty line between two. */
export const unitsTogether: Together<UnitSource> = sources => {
  const units = [...new Set(sources.map(s => s.unit))]
  const properties = [...new Set(sources.flatMap(s => s.properties))]
  return {
    isSimple: true,
    sh: shellOf({ kind: 'unit', unit: units.join(' '), properties }),
    split({ stdout }) {
      const shown = stdout.replace(/\n$/, '').split('\n\n')
      return sources.map(source => (shown.length === units.length ? ofUnit(shown[units.indexOf(source.unit)] ?? '', source) : undefined))
    },
  }
}

/** Pure: the lines of the requested properties; undefined if one of them is missing. */
const ofUnit = (text: string, { properties }: UnitSource): Printed | undefined => {
  const lines = text.split('\n').filter(line => properties.includes(line.split('=')[0] ?? ''))
  return lines.length === properties.length ? { code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' } : undefined
}
