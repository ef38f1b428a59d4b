import { createMasker } from './mask.ts'

/**
 * Every secret that this process knows: passwords that were typed or read, values of secret variables. All output is masked with it:
 * events, messages, reports, stack traces.
 */
export const knownSecrets = createMasker()
