import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { emulatorArguments } from '../../lib/lab/emulator.ts'
import { ensureHostTools } from '../../lib/lab/host-tools.ts'
import { emulatorCommand, ensureEmulator } from '../../lib/lab/own-emulator.ts'

/** A boot sector that runs one `lock` instruction and halts: cli; lock add word [0x500], 0; hlt; jmp back to the hlt. */
const bootSector = Buffer.alloc(512)
Buffer.from([0xfa, 0xf0, 0x83, 0x06, 0x00, 0x05, 0x00, 0xf4, 0xeb, 0xfd]).copy(bootSector)
bootSector.writeUInt16LE(0xaa55, 510)

const launch = {
  machine: 'C1',
  marker: 'barriers',
  accelerator: 'tcg',
  memoryMiB: 64,
  sshPort: 0,
  segments: { group: '239.192.1.2', ports: { em1: 1, em2: 2, em3: 3 } },
  kernel: '',
  initrd: '',
  rootDisk: '',
  dataDisks: [],
  qmpSocket: '',
  serialLog: '',
} as const

test('a lock instruction of an emulated machine is also a memory barrier for its devices', async () => {
  await ensureHostTools(() => undefined)
  await ensureEmulator('tcg', () => undefined)
  const directory = mkdtempSync(join(tmpdir(), 'barriers-'))
  const log = join(directory, 'operations')
  writeFileSync(join(directory, 'boot'), bootSector)
  const args = emulatorArguments(launch)
  const processor = args.flatMap((arg, i) => (['-machine', '-accel', '-cpu', '-m', '-smp'].includes(arg) ? args.slice(i, i + 2) : []))
  const disk = ['-nodefaults', '-display', 'none', '-drive', `file=${directory}/boot,format=raw,if=ide`]
  const [command, ...before] = emulatorCommand('tcg')
  const emulator = spawn(command, [...before, ...processor, ...disk, '-d', 'op', '-dfilter', '0x7c00..0x7c0a', '-D', log])
  const ended = once(emulator, 'exit')
  try {
    // The translated code: a plain store would stay in the host processor's store buffer.
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toMatch(/atomic_add_fetchw|qemu_st/), { timeout: 60_000, interval: 100 })
    expect(readFileSync(log, 'utf8')).toMatch(/atomic_add_fetchw/)
  } finally {
    emulator.kill()
    await ended
    rmSync(directory, { recursive: true })
  }
})
