import { createHash } from 'node:crypto'
import type { Context } from '../role.ts'
import { moduleArchive, type SourceArchive, utilitiesArchive } from './archives.ts'

/** One thing that is built: the utilities, or the module for one kernel. */
export interface Part {
  /** `utilities`, `module for 6.1.0-50-amd64` */
  label: string
  /** undefined: the utilities */
  kernel: string | undefined
  archive: SourceArchive
  prefix: string
  /** Arguments of configure and make. They are recorded, because other arguments make a different build. */
  configure: string[]
  make: string[]
}

/**
 * For a combined tree the arguments are those of the reference setup (article, IV.2). drbd-utils would also build manual pages, a monitor
 * in C++ and the utilities for 8.3 modules, which need tools that servers do not have. Its units are not used, so the init script is
 * installed.
 */
const configureArguments = ({ kind }: SourceArchive, prefix: string): string[] => {
  if (kind === 'kernel') return []
  if (kind === 'combined') return [`--prefix=${prefix}`, '--with-km', '--with-heartbeat']
  const unneeded = ['--without-manual', '--without-drbdmon', '--without-83support']
  return [`--prefix=${prefix}`, '--with-heartbeat', ...unneeded, '--with-initscripttype=sysv']
}

/**
 * Pure: everything that must be built for a node, most likely to fail first. Throws when `drbd_build_archives` is incomplete, which
 * validation prevents.
 */
export const partsOf = ({ vars, platform }: Pick<Context, 'vars' | 'platform'>, kernels: string[]): Part[] => {
  const [utilities, module] = [utilitiesArchive(vars.drbd_build_archives), moduleArchive(vars.drbd_build_archives)]
  if (!utilities || !module) throw new Error('drbd_build_archives has not been checked')
  const { drbd_build_prefix: prefix } = vars
  const moduleFor = (kernel: string): Part => {
    const tree = vars.drbd_build_kernel_tree ?? platform.kernelTree(kernel)
    return {
      label: `module for ${kernel}`,
      kernel,
      archive: module,
      prefix,
      configure: configureArguments(module, prefix),
      make: module.kind === 'combined' ? [`KDIR=${tree}`] : ['-C', tree, 'M=drivers/block/drbd'],
    }
  }
  return [
    ...kernels.map(moduleFor),
    { label: 'utilities', kernel: undefined, archive: utilities, prefix, configure: configureArguments(utilities, prefix), make: [] },
  ]
}

/** depmod(8) prefers this directory to the kernel's own modules. */
export const moduleFile = (kernel: string): string => `/lib/modules/${kernel}/updates/drbd.ko`

/** The module that was there before. depmod does not treat a file with such a name as a module. */
export const replacedModule = (kernel: string): string => `${moduleFile(kernel)}.replaced`

/** The record is kept with the build, so that both are removed together. */
export const recordFile = ({ prefix, kernel }: Pick<Part, 'prefix' | 'kernel'>): string =>
  `${prefix}/nfsha-build/${kernel === undefined ? 'utilities' : `module-${kernel}`}`

/** A name for files and jobs that is unique to this build. */
export const buildName = ({ label, archive, prefix, configure, make }: Part): string => {
  const digest = createHash('sha256').update(JSON.stringify([archive.sha256, prefix, configure, make]))
  return `drbd-${label.replaceAll(/[^\w.-]+/g, '-')}-${digest.digest('hex').slice(0, 12)}`
}
