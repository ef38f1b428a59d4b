import type { Emit, Event } from '../../engine/events.ts'
import { refuseReportFile, writeReportFile } from '../../text/report-file.ts'
import { knownSecrets } from '../../text/secrets.ts'
import { type PlayArguments, UsageError } from '../options.ts'

export const isProfiled = ({ profile, profileReport }: PlayArguments): boolean => profile === true || profileReport !== undefined

/**
 * Throws `UsageError` before a host is contacted: with --watch, which has no end to show a profile at, and when the report cannot be
 * written.
 */
export const refuseProfile = (options: PlayArguments): void => {
  if (!isProfiled(options)) return
  if (options.watch) throw new UsageError('--profile cannot be combined with --watch')
  if (options.profileReport === undefined) return
  try {
    refuseReportFile(options.profileReport)
  } catch (error) {
    throw new UsageError(`--profile-report: ${options.profileReport} cannot be written: ${messageOf(error)}`)
  }
}

/** Collects the events of a run, and emits its profile at the end. Does neither without `--profile`. */
export const profiler = async (options: PlayArguments): Promise<{ watch: ((event: Event) => void)[]; end(emit: Emit): void }> => {
  if (!isProfiled(options)) return { watch: [], end: () => undefined }
  const [{ profileOf }, { profilePage }] = await Promise.all([
    import('../../report/profile/profile.ts'),
    import('../../report/profile/page.ts'),
  ])
  const events: Event[] = []
  const kept = ['run-start', 'activity', 'exec', 'host-closed']
  return {
    watch: [event => void (kept.includes(event.type) && events.push(event))],
    end(emit) {
      const profile = profileOf(events)
      if (!profile) return
      emit({ type: 'profile', profile })
      const start = events.find(e => e.type === 'run-start')
      if (options.profileReport === undefined || !start) return
      try {
        writeReportFile(options.profileReport, knownSecrets.mask(profilePage(profile, start)), 0o666)
      } catch (error) {
        emit({ type: 'message', level: 'warning', text: `--profile-report: ${options.profileReport} was not written: ${messageOf(error)}` })
      }
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
