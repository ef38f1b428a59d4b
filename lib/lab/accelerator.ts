import { execFileSync, spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Accelerator } from './emulator.ts'
import { cacheRoot } from './places.ts'

const trialMs = 8_000

/**
 * Chooses KVM only if a kernel really boots under it. A /dev/kvm that opens proves little: on some nested machines guest code
 * aborts or hangs. The result is cached until this machine reboots or qemu changes.
 */
export const chooseAccelerator = (kernel: string): Promise<Accelerator> => {
  choice ??= tryOrRemember(kernel) // machines start in parallel: one trial is enough for all
  return choice
}

let choice: Promise<Accelerator> | undefined

const tryOrRemember = async (kernel: string): Promise<Accelerator> => {
  if (!mayUseKvm()) return 'tcg'
  const cacheFile = join(cacheRoot(), 'accelerator.json')
  const circumstances = `${bootId()} ${execFileSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' }).split('\n')[0]}`
  const remembered = readRemembered(cacheFile)
  if (remembered?.circumstances === circumstances) return remembered.accelerator
  const accelerator = (await bootsUnderKvm(kernel)) ? 'kvm' : 'tcg'
  mkdirSync(cacheRoot(), { recursive: true })
  writeFileSync(cacheFile, `${JSON.stringify({ circumstances, accelerator })}\n`)
  return accelerator
}

const mayUseKvm = (): boolean => {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

const readRemembered = (file: string): { circumstances: string; accelerator: Accelerator } | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** Boots the lab's kernel without a disk: under a working KVM it reaches the panic about the missing root. */
const bootsUnderKvm = (kernel: string): Promise<boolean> =>
  new Promise(resolve => {
    const machine = ['-no-user-config', '-nodefaults', '-display', 'none', '-machine', 'pc', '-m', '256', '-no-reboot']
    const boot = ['-kernel', kernel, '-append', 'console=ttyS0 panic=-1', '-serial', 'stdio']
    const child = spawn('qemu-system-x86_64', ['-accel', 'kvm', '-cpu', 'host', ...machine, ...boot], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let console = ''
    const finish = (works: boolean) => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      resolve(works)
    }
    const timer = setTimeout(() => finish(false), trialMs)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      console += text
      if (/Unable to mount root|Kernel panic/.test(console)) finish(true)
    })
    child.once('error', () => finish(false))
    child.once('exit', () => finish(/Unable to mount root|Kernel panic/.test(console)))
  })
