import { describe, expect, it } from 'vitest'
import { exportLines } from '../../../lib/ssh/zx-child.ts'

describe('exportLines', () => {
  const local = { PATH: '/bin', SECRET: 's' }
  it("passes on nothing of this machine's environment", () => {
    expect(exportLines(undefined, local)).toBe('')
    expect(exportLines(local, local)).toBe('')
    expect(exportLines({ ...local }, local)).toBe('')
  })
  it('exports what the caller adds or changes', () => {
    expect(exportLines({ ...local, A: "it's", 'no name': 'x', PATH: '/x', B: undefined }, local)).toBe(
      "export PATH='/x';export A='it'\\''s';",
    )
  })
})
