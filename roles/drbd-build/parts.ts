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
  /** What configure and make are told: recorded, for other arguments make another build. */
  configure: string[]
  make: string[]
}

/**
 * For a combined tree the arguments are the article's (IV.2). drbd-utils would also build manual pages, a monitor in C++ and the utilities for
 * modules of 8.3, which need tools that no server has; its units are not used, so it brings the init script.
 */
const configureArguments = ({ kind }: SourceArchive, prefix: string): string[] => {
  if (kind === 'kernel') return []
  if (kind === 'combined') return [`--prefix=${prefix}`, '--with-km', '--with-heartbeat']
  const unneeded = ['--without-manual', '--without-drbdmon', '--without-83support']
  return [`--prefix=${prefix}`, '--with-heartbeat', ...unneeded, '--with-initscripttype=sysv']
}

/** Pure: all that a node must have been built for, what is most likely to fail first. Throws when the variables name no archives, which have been checked. */
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

/** Where depmod(8) looks before it looks at the kernel's own modules. */
export const moduleFile = (kernel: string): string => `/lib/modules/${kernel}/updates/drbd.ko`

/** What lay there before: depmod takes no file of such a name for a module. */
export const replacedModule = (kernel: string): string => `${moduleFile(kernel)}.replaced`

/** Beside the build, so that they go together. */
export const recordFile = ({ prefix, kernel }: Pick<Part, 'prefix' | 'kernel'>): string =>
  `${prefix}/nfsha-build/${kernel === undefined ? 'utilities' : `module-${kernel}`}`

/** A name for files and jobs: the same for the same build, another for any other. */
export const buildName = ({ label, archive, prefix, configure, make }: Part): string => {
  const digest = createHash('sha256').update(JSON.stringify([archive.sha256, prefix, configure, make]))
  return `drbd-${label.replaceAll(/[^\w.-]+/g, '-')}-${digest.digest('hex').slice(0, 12)}`
}
