import type { Facts } from '../../lib/role-api/index.ts'

const segmentsOf = (text: string): string[] => text.match(/\d+|[a-z]+/gi) ?? []

/** A missing segment sorts before a word, a word before a number: 504.el6 is older than its update 504.1.3.el6. */
const rank = (segment: string | undefined): number => (segment === undefined ? 0 : /^\d/.test(segment) ? 2 : 1)

const compareSegment = (one: string | undefined, other: string | undefined): number => {
  const byKind = rank(one) - rank(other)
  if (byKind !== 0 || one === undefined || other === undefined) return byKind
  if (rank(one) === 2) return Number(one) - Number(other)
  return one < other ? -1 : Number(one > other)
}

const compareSegments = (ones: string[], others: string[]): number => {
  const longest = Math.max(ones.length, others.length)
  for (let i = 0; i < longest; i++) {
    const order = compareSegment(ones[i], others[i])
    if (order !== 0) return order
  }
  return 0
}

/** `6.1.0-50-amd64`, `2.6.32-504.el6.x86_64`: a version contains no dash; the text after the first dash is the release. */
const split = (kernel: string): [string[], string[]] => {
  const [version = '', ...release] = kernel.split('-')
  return [segmentsOf(version), segmentsOf(release.join('-'))]
}

/** Pure: orders versions and releases as rpm does (rpmvercmp). This also orders Debian's names correctly. */
export const compareKernels = (one: string, other: string): number => {
  const [[version, release], [otherVersion, otherRelease]] = [split(one), split(other)]
  return compareSegments(version, otherVersion) || compareSegments(release, otherRelease)
}

/** The running kernel and all later ones, which the next boot may start. */
export const kernelsToBuildFor = ({ kernel, kernels }: Pick<Facts, 'kernel' | 'kernels'>): string[] =>
  kernels.filter(k => k === kernel || compareKernels(k, kernel) > 0)
