/** A file that could not be had, or is not what it should be. */
export class DownloadFailed extends Error {
  override readonly name = 'DownloadFailed'
  /** What to do next, one sentence. */
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}
