import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blocksOf } from '../../../lib/resources/blocks.ts'
import { embedded, parseEmbedded } from '../../../lib/resources/file.ts'
import { probeOf } from '../../../lib/resources/probe.ts'
import { absent } from '../../../lib/resources/reading.ts'

const folder = mkdtempSync(join(tmpdir(), 'nfsha-file-'))
const read = (path: string) => {
  const { stdout } = spawnSync('sh', ['-c', probeOf([...embedded('file', path), ...embedded('last', path)], () => absent).sh], {
    encoding: 'utf8',
  })
  const blocks = blocksOf(stdout)
  expect(parseEmbedded(blocks.last)).toEqual(parseEmbedded(blocks.file))
  return parseEmbedded(blocks.file)
}

test('a file inside a larger probe is read exactly, whatever its content', () => {
  const path = join(folder, 'content')
  const line = fc.oneof(fc.stringMatching(/^[ -~]{0,12}$/), fc.constantFrom('@after', '|', '||x', '@file'))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), fc.boolean(), (lines, ends) => {
      const content = lines.join('\n') + (ends ? '\n' : '')
      writeFileSync(path, content)
      expect(read(path)).toMatchObject({ kind: 'present', state: { content, kind: 'regular file' } })
    }),
    { numRuns: 40 },
  )
})

test('a missing file is absent', () => {
  expect(read(join(folder, 'nothing'))).toEqual({ kind: 'absent' })
  rmSync(folder, { recursive: true })
})
