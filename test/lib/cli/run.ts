import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const bin = fileURLToPath(new URL('../../../bin/nfsha-play.js', import.meta.url))

/** Runs the command line as an operator does, without a terminal. */
export const cliIn = (
  cwd: string | undefined,
  argv: string[],
  { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {},
) => spawnSync(process.execPath, [bin, ...argv], { encoding: 'utf8', cwd, input, env: { ...process.env, ...env } })

export const cli = (...argv: string[]) => cliIn(undefined, argv)
