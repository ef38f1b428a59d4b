// What `import 'nfsha-play'` is: index.ts, and all of zod. Our own roles take of zod what they need, so that no start has to load the rest.
export * from './index.ts'
export { z } from './zod.ts'
