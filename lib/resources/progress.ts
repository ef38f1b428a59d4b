import type { Progress } from './resource.ts'

/** Pure. The last `@progress PERCENT TEXT` in what a script printed on stderr: how one that takes its time tells how far it is. */
export const progressIn = (stderr: string): Progress | undefined => {
  const [, percent, text = ''] = [...stderr.matchAll(/^@progress (\d+) (.*)$/gm)].at(-1) ?? []
  return percent === undefined ? undefined : { percent: Number(percent), text }
}

/** What else it said. */
export const withoutProgress = (stderr: string): string => stderr.replace(/^@progress .*(\n|$)/gm, '')

/** An `onStderr` that reports progress. */
export const reporting =
  (report: (progress: Progress) => void) =>
  (text: string): void => {
    const progress = progressIn(text)
    if (progress) report(progress)
  }
