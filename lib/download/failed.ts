/** A file could not be downloaded or read, or failed its verification. */
export class DownloadFailed extends Error {
  override readonly name = 'DownloadFailed'
  /** What to do next, one sentence. */
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}
