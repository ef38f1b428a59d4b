import type { Shell as ZxShell } from 'zx/core'

/** zx's own `$`, with processes started on a host. `$`...`` quotes its values for a POSIX shell and runs under `sh` with `set -eu`. */
export type Shell = ZxShell
