import { spawnSync } from 'node:child_process'

/** The first line that a program prints; undefined if there is no program of that name. */
export const firstLineOf = (program: string, ...argv: string[]): string | undefined => {
  const { error, status, stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8' })
  return error || status !== 0 ? undefined : `${stdout}${stderr}`.split('\n')[0]?.trim()
}
