import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { homedir } from 'node:os'
import { basename, extname, resolve } from 'node:path'
import { reasonOf } from '../../config/files.ts'
import { complain } from '../../report/output.ts'
import { createMasker } from '../../text/mask.ts'
import { UsageError } from '../options.ts'

/** Bytes; anything longer is not a password. */
const limit = 64 * 1024
/** ms to wait for a writer of a named pipe, and until we report that we wait for a program. */
const pipeLimit = 10_000
const patience = 3_000
/** ms to wait for the output of a program that has ended. */
const leftover = 2_000

/**
 * The password that a file contains, or prints when it is a program, as in Ansible. The file is never run by a shell, and no message
 * contains any of it. Throws `UsageError`.
 */
export const passwordIn = async (written: string, id: string | undefined): Promise<string> => {
  const file = resolve(written.replace(/^~(?=\/)/, homedir()))
  const refuse = (why: string): never => {
    throw new UsageError(`vault password file ${written}: ${why}`)
  }
  const stat = kindOf(file, refuse)
  if (!stat) return refuse('no such file')
  if (stat.isDirectory()) return refuse('it is a directory')
  if (!stat.isFile() && !stat.isFIFO()) return refuse('it is neither a file nor a pipe; -J asks for the password')
  const isProgram = stat.isFile() && (stat.mode & 0o111) !== 0
  if (isProgram) {
    const problem = whyNoProgram(file)
    if (problem === noProgram) throw new UsageError(`vault password file ${written} ${noProgram}`)
    if (problem !== undefined) return refuse(problem)
  }
  const text = isProgram ? await printed(file, written, id) : stat.isFIFO() ? await piped(file, refuse) : held(file, refuse)
  if (text.trim() === '') return refuse(isProgram ? 'the program printed no password' : 'it is empty')
  // As in Ansible: surrounding whitespace of a file is ignored, of a program's output only line ends.
  return isProgram ? text.replace(/^[\r\n]+|[\r\n]+$/g, '') : text.trim()
}

type Refuse = (why: string) => never

const kindOf = (file: string, refuse: Refuse) => {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch (error) {
    return refuse(`it cannot be read: ${reasonOf(error)}`)
  }
}

const utf8 = (bytes: Buffer, refuse: Refuse): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('it is not UTF-8 text')
  }
}

const held = (file: string, refuse: Refuse): string => utf8(begun(file, limit + 1, refuse), refuse)

/** The first bytes of a file. Refuses a file that is too large for a password. */
const begun = (file: string, count: number, refuse: Refuse): Buffer => {
  let opened: number | undefined
  try {
    opened = openSync(file, constants.O_RDONLY)
    if (fstatSync(opened).size > limit) return refuse(`it is larger than ${limit / 1024} KiB, so it is not a password`)
    const bytes = Buffer.alloc(count)
    return bytes.subarray(0, readSync(opened, bytes, 0, count, 0))
  } catch (error) {
    if (error instanceof UsageError) throw error
    return refuse(`it cannot be read: ${reasonOf(error)}`)
  } finally {
    if (opened !== undefined) closeSync(opened)
  }
}

/** Reads from a pipe, `<(pass show vault)` for example. Gives up when nobody writes to it. */
const piped = (file: string, refuse: Refuse): Promise<string> => {
  let opened: number
  try {
    // An open that blocks could not be cancelled.
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return Promise.resolve(refuse(`it cannot be read: ${reasonOf(error)}`))
  }
  return new Promise<Buffer>((done, fail) => {
    const pieces: Buffer[] = []
    const socket = new Socket({ fd: opened, readable: true, writable: false })
    const end = (error?: Error) => {
      clearTimeout(timer)
      socket.destroy()
      if (error) fail(error)
      else done(Buffer.concat(pieces))
    }
    const giveUp = (why: string) => {
      try {
        refuse(why)
      } catch (error) {
        end(error as Error)
      }
    }
    const timer = setTimeout(() => giveUp(`nobody wrote a password to this pipe within ${pipeLimit / 1000} s`), pipeLimit)
    socket.on('data', piece => {
      pieces.push(piece)
      if (Buffer.concat(pieces).length > limit) giveUp(`it delivered more than ${limit / 1024} KiB, so it is not a password`)
    })
    socket.on('end', () => end()).on('error', error => giveUp(`it cannot be read: ${reasonOf(error)}`))
  }).then(bytes => utf8(bytes, refuse))
}

const noProgram = 'is executable but not a program (remove the x bit)'

/** The kernel follows at most this many nested interpreters. */
const mostInterpreters = 4

/**
 * Why the kernel would not run a file; undefined when it would. Checked first, because execvp of the C library (used by node, env and
 * shells) hands a file that the kernel refuses to /bin/sh, and a password would be run as a command.
 */
export const whyNoProgram = (file: string, depth = 0): string | undefined => {
  const head = headOf(file)
  if (head === undefined) return 'it cannot be read to check whether it is a program'
  if (isElf(head)) return undefined
  const line = head.subarray(0, 256).toString('latin1')
  const [, interpreter = ''] = /^#![ \t]*([^\s\0]+)(?=[\s\0])/.exec(`${line}${head.length < 256 ? '\n' : ''}`) ?? []
  if (interpreter === '') return noProgram
  try {
    if (!statSync(interpreter).isFile()) throw new Error('no file')
    accessSync(interpreter, constants.X_OK)
  } catch {
    return `its interpreter ${interpreter} is missing or cannot be run`
  }
  if (depth < mostInterpreters && whyNoProgram(realpathSync(interpreter), depth + 1) === undefined) return undefined
  return `its interpreter ${interpreter} is not a program`
}

const headOf = (file: string): Buffer | undefined => {
  try {
    const opened = openSync(file, 'r')
    try {
      const bytes = Buffer.alloc(256)
      return bytes.subarray(0, readSync(opened, bytes, 0, 256, 0))
    } finally {
      closeSync(opened)
    }
  } catch {
    return undefined
  }
}

/**
 * Whether it is a program for this machine: class, byte order and processor of node itself, and a type that can be run (elf(5): e_ident,
 * e_machine and e_type).
 */
const isElf = (head: Buffer): boolean => {
  const own = headOf(process.execPath)
  const type = head.length >= 64 ? head.readUInt16LE(16) : 0
  return (
    own !== undefined &&
    [2, 3].includes(type) &&
    head.subarray(0, 6).equals(own.subarray(0, 6)) &&
    head.subarray(18, 20).equals(own.subarray(18, 20))
  )
}

/** By Ansible's convention a program whose name ends with `-client` gets the vault id. */
const printed = async (file: string, written: string, id = 'default'): Promise<string> => {
  const words = basename(written, extname(written)).endsWith('-client') ? ['--vault-id', id] : []
  const { code, stdout, stderr, problem } = await run(file, written, words)
  // stderr may contain the password, for example from a script under `set -x`.
  const masker = createMasker()
  for (const line of [stdout, ...stdout.split('\n')]) masker.add(line)
  complain(masker.mask(stderr))
  if (problem !== undefined) throw new UsageError(`vault password program ${written}: ${problem}`)
  if (code !== 0) throw new UsageError(`vault password program ${written}: it ended with ${code}`)
  return stdout
}

interface Run {
  code: number | NodeJS.Signals | null
  stdout: string
  stderr: string
  problem?: string
}

const run = (file: string, written: string, words: string[]): Promise<Run> =>
  new Promise(done => {
    const child = spawn(file, words, { stdio: ['inherit', 'pipe', 'pipe'] })
    const outputs = { stdout: '', stderr: '' }
    let problem: string | undefined
    const waits = setTimeout(() => complain(`waiting for the vault password program ${written}\n`), patience)
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (outputs[name].length <= limit) outputs[name] += text
        if (outputs[name].length <= limit || problem !== undefined) return
        problem = `it printed more than ${limit / 1024} KiB, so it is not a password`
        child.kill('SIGKILL')
        leave()
      })
    }
    // A child of it may hold its outputs open for ever, such as an agent.
    const leave = () => {
      for (const name of ['stdout', 'stderr'] as const) child[name].destroy()
    }
    let left: NodeJS.Timeout | undefined
    child.on('exit', () => {
      left = setTimeout(leave, leftover)
    })
    const end = (result: Pick<Run, 'code'>) => {
      clearTimeout(waits)
      clearTimeout(left)
      done({ ...result, ...outputs, ...(problem !== undefined && { problem }) })
    }
    child.on('error', error => {
      problem ??= reasonOf(error)
      end({ code: null })
    })
    child.on('close', (code, signal) => end({ code: code ?? signal }))
  })
