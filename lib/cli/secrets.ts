import { createMasker } from '../report/mask.ts'

/** Every secret that this process has come to know: what is shown of an error, however it came about, goes through it. */
export const secrets = createMasker()
