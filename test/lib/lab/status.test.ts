import { expect, test } from 'vitest'
import { panicsIn } from '../../../lib/lab/status.ts'

test('a panic on the console is found, with its message', () => {
  const console =
    '[  565.241850] traps: PANIC: double fault\r\n[  565.260000] Kernel panic - not syncing: Fatal exception in interrupt\r\n[    0.1] Linux'
  expect(panicsIn(console)).toEqual(['Fatal exception in interrupt'])
  expect(panicsIn('[    1.0] systemd: Welcome\n')).toEqual([])
})
