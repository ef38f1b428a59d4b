import { createMasker } from './mask.ts'

/**
 * Every secret that this process has come to know: passwords that were typed or read, values of secret variables. What leaves the program is masked
 * with it, whichever way it takes: events, messages, reports, a stack trace.
 */
export const knownSecrets = createMasker()
