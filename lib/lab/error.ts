/** An error of the lab, with a hint on what to do next. */
export class LabError extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint?: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'LabError'
    this.hint = hint
  }
}
