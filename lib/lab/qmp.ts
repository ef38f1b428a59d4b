import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { LabError } from './error.ts'

/** Sends one QMP command to a running emulator and returns its answer. @throws LabError */
export const qmp = (socketPath: string, command: string, args: Record<string, unknown> = {}, timeoutMs = 10_000): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      socket.destroy()
      settle()
    }
    const fail = (why: string) => finish(() => reject(new LabError(`the emulator did not accept '${command}': ${why}`)))
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs / 1000} s`), timeoutMs)
    const send = (execute: string, parameters?: Record<string, unknown>) =>
      socket.write(`${JSON.stringify({ execute, arguments: parameters ?? {}, id: execute })}\n`)
    // This covers socket errors too: readline forwards errors of its input.
    const lines = createInterface({ input: socket }).on('error', error => fail(error.message))
    lines.on('line', line => {
      const answer = JSON.parse(line) as { QMP?: unknown; id?: string; return?: unknown; error?: { desc: string } }
      if (answer.QMP) send('qmp_capabilities')
      else if (answer.error) fail(answer.error.desc)
      else if (answer.id === 'qmp_capabilities') send(command, args)
      else if (answer.id === command) finish(() => resolve(answer.return))
    })
  })
