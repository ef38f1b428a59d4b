import { z } from 'zod'

/** What a build from source takes: where the archive comes from and what it must be, where it goes, and what it is built against. */
export const SourceBuild = z.strictObject({
  /** On the machine that runs the play, or a URL that the node fetches. */
  archive: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  prefix: z
    .string()
    .regex(/^\/[\w./-]+$/)
    .default('/usr/local/drbd'),
  /** Directory of the kernel's headers; the running kernel's own by default. */
  kernelTree: z
    .string()
    .regex(/^\/[\w./-]+$/)
    .optional(),
})

export type SourceBuild = z.infer<typeof SourceBuild>

/** The article's configure (IV.2): module and utilities in one, of 8.4.3 and before; later archives have them apart. */
export const configureArguments = ({ prefix }: SourceBuild): string[] => [`--prefix=${prefix}`, '--with-km', '--with-heartbeat']

/** make's arguments (IV.2); /lib/modules/KERNEL/build is where a distribution links the headers of a kernel. */
export const makeArguments = ({ kernelTree }: SourceBuild, kernel: string): string[] => [
  `KDIR=${kernelTree ?? `/lib/modules/${kernel}/build`}`,
]

/** What a build was made from and for. Kept beside it, for its version number is the same as that of the distribution's module. */
export interface BuildIdentity {
  sha256: string
  kernel: string
  configure: string
  /** modinfo(8) srcversion of the module that came out */
  srcversion: string
}

const keys = ['sha256', 'kernel', 'configure', 'srcversion'] as const

export const formatIdentity = (identity: BuildIdentity): string => keys.map(key => `${key} ${identity[key]}\n`).join('')

/** Pure. A record that lacks anything is none. */
export const parseIdentity = (text: string): BuildIdentity | undefined => {
  const lines = new Map(text.split('\n').map(l => [l.split(' ', 1)[0] ?? '', l.slice(l.indexOf(' ') + 1)]))
  const [sha256, kernel, configure, srcversion] = keys.map(key => lines.get(key))
  return sha256 && kernel && configure && srcversion ? { sha256, kernel, configure, srcversion } : undefined
}

/** Pure: why a build must be made, or another module is loaded than the one that was built (/sys/module/drbd/srcversion). Empty when all is right. */
export const buildProblems = (
  record: BuildIdentity | undefined,
  build: SourceBuild,
  { kernel, loaded }: { kernel: string; loaded: string | undefined },
): string[] => {
  if (!record) return ['never built here']
  const configure = configureArguments(build).join(' ')
  return [
    ...(record.sha256 === build.sha256 ? [] : ['built from another archive']),
    ...(record.kernel === kernel ? [] : [`built for kernel ${record.kernel}, ${kernel} runs`]),
    ...(record.configure === configure ? [] : [`configured with ${record.configure}`]),
    ...(loaded === undefined || loaded === record.srcversion ? [] : ['the kernel runs another module than the one built']),
  ]
}
