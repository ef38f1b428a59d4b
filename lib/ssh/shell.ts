import type { Shell as ZxShell } from 'zx/core'

/** zx's own `$`, its processes started on a host. `$`...`` quotes its values with POSIX quotes and runs under `sh` with `set -eu`. */
export type Shell = ZxShell
