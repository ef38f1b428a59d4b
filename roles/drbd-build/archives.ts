import * as z from 'zod'

/**
 * Contents of an archive: `combined` is DRBD up to 8.4.3, module and utilities in one tree; `utilities` is drbd-utils; `kernel` is a kernel
 * source tree, of which only drivers/block/drbd is built.
 */
const kinds = ['combined', 'utilities', 'kernel'] as const

// A password in a URL would appear in every message that names the archive.
const isPlace = (text: string) => /^https?:\/\/[^\s/@]+\/\S+$/.test(text) || /^\/\S+$/.test(text)
const place = z
  .string()
  .refine(isPlace, 'must be a URL (http or https, without a password), or the absolute path of a file on the machine that runs the play')

export const SourceArchive = z.strictObject({
  kind: z.enum(kinds),
  source: place,
  sha256: z
    .string({
      error: ({ input }) => (input === undefined ? 'is required: nothing is built from an archive without its checksum' : undefined),
    })
    .refine(text => /^[0-9a-f]{64}$/.test(text), 'must be 64 hexadecimal digits, as sha256sum(1) prints them'),
  signature: place.optional(),
})

export type SourceArchive = z.infer<typeof SourceArchive>

/** The archive that the module is built from. */
export const moduleArchive = (archives: SourceArchive[]): SourceArchive | undefined => archives.find(a => a.kind !== 'utilities')

/** The archive that the utilities are built from. */
export const utilitiesArchive = (archives: SourceArchive[]): SourceArchive | undefined => archives.find(a => a.kind !== 'kernel')

/** Pure: problems of the list as a whole. Module and utilities must each come from exactly one archive. */
export const archiveProblems = (archives: SourceArchive[], keyring: string | undefined): string[] => {
  const given = archives.map(a => a.kind).join(' and ') || 'none'
  const unsigned = archives.some(a => a.signature !== undefined) && keyring === undefined
  const complete = ['combined', 'kernel and utilities', 'utilities and kernel'].includes(given)
  return [
    ...(complete ? [] : [`needs one archive of kind combined, or one of kind kernel and one of kind utilities; given: ${given}`]),
    ...(unsigned ? ['has a signature, which needs drbd_build_keyring to be verified'] : []),
  ]
}
