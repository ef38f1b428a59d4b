import type { Role } from '../role.ts'
import { overview } from '../service/state/overview.ts'

export const status: Role = {
  name: 'status',
  summary: 'who serves, and how it stands with DRBD, mounts, exports, links and what the next boot would do',
  steps: c => [overview(c)],
}
