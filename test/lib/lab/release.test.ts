import { expect, test } from 'vitest'
import { everywhere, parseReleases, releases } from '../../../lib/lab/release.ts'

test.each(releases)('%s alone applies to all machines', release => expect(parseReleases(release)).toEqual(everywhere(release)))

test('each machine may have its own release', () => {
  expect(parseReleases('M1=bookworm,M2=trixie')).toMatchObject({ M1: 'bookworm', M2: 'trixie' })
  expect(parseReleases('M1=trixie, M2=trixie, C1=bookworm')).toEqual({ M1: 'trixie', M2: 'trixie', C1: 'bookworm' })
})

test.each(['', 'buster', 'M3=trixie', 'trixie,bookworm', 'M1=', 'M1=trixie,forky', 'M1 = trixie'])('%j is refused', text =>
  expect(() => parseReleases(text)).toThrow(/give one of bookworm, trixie, forky, or one for each machine/),
)
