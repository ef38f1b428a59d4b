import type { Role } from '../role.ts'
import { overview } from '../service/state/overview.ts'

export const status: Role = {
  name: 'status',
  summary: 'which node serves, and the state of DRBD, mounts, exports, links and the next boot',
  steps: c => [overview(c)],
}
