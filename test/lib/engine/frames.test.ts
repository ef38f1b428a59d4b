import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answered, batchScript, parseBatch, unfinished } from '../../../lib/engine/frames.ts'
import { absent } from '../../../lib/resources/reading.ts'

const probe = (sh: string) => ({ sh, parse: () => absent })
const boundary = '=0123abcd'

const runBatch = (scripts: string[]) => {
  const { stdout, stderr } = spawnSync('sh', ['-s'], { input: batchScript(scripts.map(probe), boundary), encoding: 'utf8' })
  return { stdout, stderr }
}

test('each probe has its own output, code and errors, whatever the others do', () => {
  const { stdout, stderr } = runBatch([
    'echo one',
    'exit 7',
    'echo "no newline at the end" | tr -d "\\n"',
    'if then',
    'echo bad >&2; false',
    'cat',
  ])
  const outputs = parseBatch(stdout, stderr, boundary)
  expect(outputs.map(o => o.code)).toEqual([0, 7, 0, 2, 1, 0])
  expect(outputs[0]?.stdout).toBe('one\n')
  expect(outputs[2]?.stdout).toBe('no newline at the end')
  expect(outputs[4]?.stderr).toContain('bad')
  expect(outputs[5]?.stdout).toBe('')
})

test('a probe cannot change the shell of the next one', () => {
  const outputs = parseBatch(runBatch(['X=1; cd /tmp; set -f', 'echo "[$X]"; pwd; echo /et[c]']).stdout, '', boundary)
  expect(outputs[1]?.stdout).toBe('[]\n/\n/etc\n')
})

test('output comes back byte for byte', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter(t => !t.includes('\0') && !t.includes('\r'))
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), texts => {
      const stdout = texts.map((t, i) => `${t}\n${boundary} ${i} 0\n`).join('')
      expect(parseBatch(stdout, '', boundary).map(o => o.stdout)).toEqual(texts)
      expect(answered(stdout, boundary)).toBe(texts.length)
    }),
  )
})

test('probes without an answer are left out', () => {
  expect(parseBatch(`a\n${boundary} 0 0\nhalf of`, '', boundary)).toHaveLength(1)
  expect(unfinished(`a\n${boundary} 0 0\nhalf of`, boundary)).toBe('half of')
  expect(unfinished('half of', boundary)).toBe('half of')
})

test('a line for the log of the host goes before the probes, and is never interpreted as shell', () => {
  const script = batchScript([probe('echo one')], boundary, [`file it's $(touch x): mode`])
  expect(script).toContain(`logger -t nfsha-play -p daemon.notice -- 'file it'\\''s $(touch x): mode' </dev/null >/dev/null 2>&1\n`)
  expect(parseBatch(spawnSync('sh', ['-s'], { input: script, encoding: 'utf8' }).stdout, '', boundary)[0]?.stdout).toBe('one\n')
})
