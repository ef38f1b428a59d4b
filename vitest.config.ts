import { defineConfig } from 'vitest/config'

// unit: pure code, no machine. e2e: a real sshd on loopback. lab: emulated machines, one file after the other. long: the same, not in `npm test`.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/lib/**/*.test.ts', 'test/roles/**/*.test.ts', 'test/bench/**/*.test.ts'],
          testTimeout: process.env.NFSHA_LONG ? 900_000 : 20_000,
        },
      },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 } },
      {
        test: { name: 'long', include: ['test/long/**/*.test.ts'], testTimeout: 3_600_000, hookTimeout: 1_800_000, fileParallelism: false },
      },
      { test: { name: 'lab', include: ['test/lab/**/*.test.ts'], testTimeout: 1_800_000, hookTimeout: 1_800_000, fileParallelism: false } },
    ],
  },
})
