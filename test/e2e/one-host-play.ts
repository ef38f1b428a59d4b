import type { EventBody } from '../../lib/engine/events.ts'
import { runPlays } from '../../lib/engine/run.ts'
import type { Resource } from '../../lib/resources/resource.ts'
import { connect } from '../../lib/ssh/connect.ts'
import type { ConnectionTarget } from '../../lib/ssh/connection.ts'

interface HowToPlay {
  /** s and ms. */
  lease?: { lease: number; renewEvery: number }
  /** Called with each event. */
  heard?: (event: EventBody) => void
}

/** Plays resources as the only role on the only host M1, with the lock in a directory of this test. */
export const playOn = (
  target: ConnectionTarget,
  directory: string,
  resources: Resource[],
  { lease = { lease: 60, renewEvery: 10_000 }, heard }: HowToPlay = {},
) => {
  const events: EventBody[] = []
  const controller = new AbortController()
  const node = { name: 'M1', vars: {} }
  const ended = runPlays(
    [
      {
        name: 'test',
        roles: [{ name: 'test', summary: '', steps: () => resources }],
        targets: [{ cluster: { name: 'pair', nodes: [node], clients: [] }, hosts: [node], left: [] }],
        selects: () => true,
        anyErrorsFatal: true,
        identity: () => [],
      },
    ],
    {
      check: false,
      forks: 1,
      signal: controller.signal,
      lock: { ...lease, directory },
      emit: event => {
        events.push(event)
        heard?.(event)
      },
      connect: () => connect(target),
    },
  )
  return { events, ended, interrupt: () => controller.abort() }
}
