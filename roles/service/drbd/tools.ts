import type { Context } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { hasLine } from '../read-file.ts'

/** Where DRBD was built to; undefined when it comes as packages, whose programs lie where the system keeps its own. */
export const drbdPrefix = (vars: Vars): string | undefined => (vars.drbd_build_method === 'source' ? vars.drbd_build_prefix : undefined)

/** One of DRBD's programs as a word of a command. */
export const drbdProgram = (vars: Vars, name: 'drbdadm' | 'drbdsetup'): string => {
  const prefix = drbdPrefix(vars)
  return prefix === undefined ? name : `${prefix}/sbin/${name}`
}

/** Shell that succeeds where DRBD's kernel module has this device; its line of /proc/drbd is then in `l`. */
export const hasDevice = (minor: number): string => hasLine('/proc/drbd', `'${minor}: cs:'[A-TV-Z]*`)

/** Shell that succeeds where that device has its disk. */
export const hasDisk = (minor: number): string => hasLine('/proc/drbd', `'${minor}: cs:'[A-TV-Z]*' ds:'[!D]*`)

/** A script that calls DRBD's programs by their names. */
export const withDrbd = (vars: Vars, script: string): string => {
  const prefix = drbdPrefix(vars)
  return prefix === undefined ? script : `PATH=${prefix}/sbin:$PATH; export PATH\n${script}`
}

/** Where drbdadm looks for resources. */
export const drbdConfigDir = ({ vars, platform }: Pick<Context, 'vars' | 'platform'>): string => {
  const prefix = drbdPrefix(vars)
  return prefix === undefined ? platform.paths.drbdConfigDir : `${prefix}/etc/drbd.d`
}

/** What a reading waits for that needs the programs. */
export const drbdPrograms = (vars: Vars): string =>
  vars.drbd_build_method === 'source' ? 'the utilities that drbd-build builds' : 'package drbd-utils'
