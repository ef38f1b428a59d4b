import type { Progress } from './resource.ts'

/** Pure: the last `@progress PERCENT TEXT` line on a script's stderr, by which long scripts report their progress. */
export const progressIn = (stderr: string): Progress | undefined => {
  const [, percent, text = ''] = [...stderr.matchAll(/^@progress (\d+) (.*)$/gm)].at(-1) ?? []
  return percent === undefined ? undefined : { percent: Number(percent), text }
}

/** stderr without the progress lines. */
export const withoutProgress = (stderr: string): string => stderr.replace(/^@progress .*(\n|$)/gm, '')

/** An `onStderr` that reports progress. */
export const reporting =
  (report: (progress: Progress) => void) =>
  (text: string): void => {
    const progress = progressIn(text)
    if (progress) report(progress)
  }
