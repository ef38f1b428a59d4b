import { parseReleases } from '../../lib/lab/index.ts'

/** For labUp: NFSHA_TEST_RELEASE sets the Debian release of the test machines: `bookworm` or `M1=bookworm,M2=trixie`. */
export const chosenReleases = process.env.NFSHA_TEST_RELEASE ? { releases: parseReleases(process.env.NFSHA_TEST_RELEASE) } : {}
