import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  buildProblems,
  configureArguments,
  formatIdentity,
  makeArguments,
  parseIdentity,
  SourceBuild,
} from '../../roles/drbd-build/source.ts'

const article = readFileSync(new URL('../fixtures/article/drbd-build.txt', import.meta.url), 'utf8')
const sha256 = 'ab'.repeat(32)
const build = SourceBuild.parse({ archive: 'drbd-8.4.3.tar.gz', sha256 })
const kernel = '2.6.32-504.el6.x86_64'

test('the arguments are the article’s', () => {
  expect(article).toContain(`./configure ${configureArguments(build).join(' ')}`)
  const kernelTree = `/usr/src/kernels/${kernel}/`
  expect(article).toContain(`make ${makeArguments({ ...build, kernelTree }, kernel).join(' ')}`)
  expect(makeArguments(build, kernel)).toEqual([`KDIR=/lib/modules/${kernel}/build`])
})

test.each(['', 'AB'.repeat(32), 'ab'.repeat(31)])('an archive without its sum is refused: %j', sum =>
  expect(SourceBuild.safeParse({ archive: 'x', sha256: sum }).success).toBe(false),
)

const record = { sha256, kernel, configure: configureArguments(build).join(' '), srcversion: '6A1B2C' }

test('a record is read as it was written, half a record is none', () => {
  expect(parseIdentity(formatIdentity(record))).toEqual(record)
  expect(parseIdentity('sha256 x\nkernel y\n')).toBeUndefined()
})

test.each([
  ['built and loaded', record, { kernel, loaded: '6A1B2C' }, []],
  ['built, not loaded yet', record, { kernel, loaded: undefined }, []],
  ['never', undefined, { kernel, loaded: undefined }, ['never built here']],
  ['another archive', { ...record, sha256: 'cd'.repeat(32) }, { kernel, loaded: undefined }, ['built from another archive']],
  ['another kernel', record, { kernel: '2.6.32-754', loaded: undefined }, [`built for kernel ${kernel}, 2.6.32-754 runs`]],
  ['the distribution’s module is loaded', record, { kernel, loaded: 'OTHER' }, ['the kernel runs another module than the one built']],
  ['other arguments', { ...record, configure: '--with-km' }, { kernel, loaded: undefined }, ['configured with --with-km']],
])('%s', (_name, found, host, wanted) => expect(buildProblems(found, build, host)).toEqual(wanted))
