import type { Context } from '../../role.ts'
import type { Vars } from '../../vars.ts'
import { hasLine } from '../read-file.ts'

/** The prefix of DRBD built from source; undefined when it is installed from packages. */
export const drbdPrefix = (vars: Vars): string | undefined => (vars.drbd_build_method === 'source' ? vars.drbd_build_prefix : undefined)

/** One of DRBD's programs, as a word of a command. */
export const drbdProgram = (vars: Vars, name: 'drbdadm' | 'drbdsetup'): string => {
  const prefix = drbdPrefix(vars)
  return prefix === undefined ? name : `${prefix}/sbin/${name}`
}

/** Shell that succeeds when DRBD's kernel module has this device; `l` is then its line of /proc/drbd. */
export const hasDevice = (minor: number): string => hasLine('/proc/drbd', `'${minor}: cs:'[A-TV-Z]*`)

/** Shell that succeeds when that device has a disk attached. */
export const hasDisk = (minor: number): string => hasLine('/proc/drbd', `'${minor}: cs:'[A-TV-Z]*' ds:'[!D]*`)

/** A script that can call DRBD's programs by name. */
export const withDrbd = (vars: Vars, script: string): string => {
  const prefix = drbdPrefix(vars)
  return prefix === undefined ? script : `PATH=${prefix}/sbin:$PATH; export PATH\n${script}`
}

/** Where drbdadm looks for resources. */
export const drbdConfigDir = ({ vars, platform }: Pick<Context, 'vars' | 'platform'>): string => {
  const prefix = drbdPrefix(vars)
  return prefix === undefined ? platform.paths.drbdConfigDir : `${prefix}/etc/drbd.d`
}

/** What a probe that needs the programs waits for. */
export const drbdPrograms = (vars: Vars): string =>
  vars.drbd_build_method === 'source' ? 'the utilities that drbd-build builds' : 'package drbd-utils'
