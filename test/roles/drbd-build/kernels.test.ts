import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareKernels, kernelsToBuildFor } from '../../../roles/drbd-build/kernels.ts'

const later: [string, string][] = [
  ['6.1.0-56-amd64', '6.1.0-50-amd64'],
  ['6.1.0-50-amd64', '6.1.0-9-amd64'],
  ['6.1.0-56-cloud-amd64', '6.1.0-50-amd64'],
  ['6.1.0-56-rt-amd64', '6.1.0-50-cloud-amd64'],
  ['6.10.11+bpo-amd64', '6.9.7+bpo-amd64'],
  ['6.12.12+bpo-amd64', '6.12.9+bpo-amd64'],
  ['6.12.22+deb13-amd64', '6.1.0-56-amd64'],
  // An update of a RHEL kernel: its release is longer, and "el" is a word.
  ['2.6.32-504.1.3.el6.x86_64', '2.6.32-504.el6.x86_64'],
  ['2.6.32-504.30.3.el6.x86_64', '2.6.32-504.8.1.el6.x86_64'],
  ['2.6.32-573.el6.x86_64', '2.6.32-504.30.3.el6.x86_64'],
  ['2.6.33-1.el6.x86_64', '2.6.32-504.el6.x86_64'],
  ['2.6.32.1-1.el6.x86_64', '2.6.32-504.el6.x86_64'],
  ['3.10.0-1160.el7.x86_64', '3.10.0-957.el7.x86_64'],
]

describe('the order of kernels', () => {
  test.each(later)('%s is later than %s', (one, other) => {
    expect(compareKernels(one, other)).toBeGreaterThan(0)
    expect(compareKernels(other, one)).toBeLessThan(0)
  })

  const segment = fc.oneof(fc.nat(1200).map(String), fc.constantFrom('el', 'el6', 'rt', 'amd64', '', '007'))
  const name = fc.array(fc.tuple(segment, fc.constantFrom('.', '-', '+', '_')), { maxLength: 6 }).map(parts => parts.flat().join(''))
  test('the order is antisymmetric', () =>
    fc.assert(fc.property(name, name, (one, other) => Math.sign(compareKernels(one, other)) === 0 - Math.sign(compareKernels(other, one)))))
  test('the order is transitive', () =>
    fc.assert(
      fc.property(name, name, name, (...names) => {
        const [a = '', b = '', c = ''] = names.sort(compareKernels)
        return compareKernels(a, b) <= 0 && compareKernels(b, c) <= 0 && compareKernels(a, c) <= 0
      }),
    ))
})

const running = '6.1.0-50-cloud-amd64'
const old = '2.6.32-504.el6.x86_64'
test.each<[string, string, string[], string[]]>([
  ['the running one', running, [running], [running]],
  ['one that was installed later', running, [running, '6.1.0-56-cloud-amd64'], [running, '6.1.0-56-cloud-amd64']],
  ['not an older one', running, ['6.1.0-9-cloud-amd64', running], [running]],
  ['an update on CentOS', old, [old, '2.6.32-504.1.3.el6.x86_64'], [old, '2.6.32-504.1.3.el6.x86_64']],
  [
    'not one older than an update on CentOS',
    '2.6.32-504.1.3.el6.x86_64',
    ['2.6.32-504.1.3.el6.x86_64', old],
    ['2.6.32-504.1.3.el6.x86_64'],
  ],
])('kernels to build for: %s', (_name, kernel, kernels, wanted) => expect(kernelsToBuildFor({ kernel, kernels })).toEqual(wanted))
