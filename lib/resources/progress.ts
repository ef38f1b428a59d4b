import type { Progress } from './resource.ts'

/** Pure. The last `@progress PERCENT TEXT` in what a script printed on stderr: how one that takes its time tells how far it is. */
export const progressIn = (stderr: string): Progress | undefined => {
  const [, percent, text = ''] = [...stderr.matchAll(/^@progress (\d+) (.*)$/gm)].at(-1) ?? []
  return percent === undefined ? undefined : { percent: Number(percent), text }
}
