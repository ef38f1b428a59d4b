// The module behind `import 'nfsha-play'`: index.ts and all of zod. Built-in roles import only parts of zod, to start faster.
export * from './index.ts'
export { z } from './zod.ts'
