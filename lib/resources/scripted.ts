import type { Connection } from '../ssh/connection.ts'
import { failedScript } from './outcome.ts'
import type { Apply, ApplyScript, Place } from './resource.ts'
import type { Change } from './verdict.ts'

/** Default timeout of an apply in ms. */
export const applyLimit = 60_000

/** An apply that is one script. `place`: the only thing that it changes. */
export const scripted = (script: (changes: Change[]) => ApplyScript, place?: Place): Apply =>
  Object.assign(async (_$: unknown, changes: Change[], { connection }: { connection: Connection }) => run(connection, script(changes)), {
    script,
    ...(place && { place }),
  })

const run = async (connection: Connection, { what, sh, timeout = applyLimit, hint }: ApplyScript): Promise<void> => {
  const result = await connection.run(sh, { timeout })
  if (result.code !== 0) throw failedScript(what, result, hint)
}
