import { readyGroup } from './bootstrap.ts'
import type { Execution } from './execution.ts'
import { asksForTerminal, wrongPassword } from './sudo.ts'

/** Handles the bootstrap's lines on stdout: it is ready; it starts the script. */
export const heardOnStdout = (execution: Execution, held: string, open: boolean): void => {
  const { channel, host } = execution
  if (!channel) return
  if (execution.group === undefined) {
    execution.group = readyGroup(held, execution.token)
    if (execution.group !== undefined && host.become) sendScript(execution)
  }
  // Only now: a `head` that reads ahead (busybox) would have consumed the script's input.
  if (!open || channel.stdin.writableEnded) return
  execution.stdin.pipe(channel.stdin)
  execution.meter?.sends(execution.stdin)
}

/** Handles sudo's output on stderr: the password is sent only in reply to our own prompt, and only once. */
export const heardOnStderr = (execution: Execution, held: string): void => {
  const { become, name, transport } = execution.host
  if (become?.password === undefined || execution.group !== undefined) return
  const asked = held.split(execution.prompt).length - 1
  if (asked > 1) execution.pendingExit.reject(wrongPassword(name, transport.loginUser, become))
  if (asked !== 1 || execution.passwordSent) return
  execution.passwordSent = true
  execution.channel?.stdin.write(`${become.password}\n`)
}

export const sendScript = (execution: Execution): void => {
  const { channel, frame, meter, stdin } = execution
  meter?.sent(frame.length)
  // Without input, end of file follows at once: it saves a round trip, 40 ms over a jump host.
  if (stdin.writableEnded && stdin.readableLength === 0) channel?.stdin.end(frame)
  else channel?.stdin.write(frame)
}

/** Whether sudo requires a terminal (requiretty) and nothing has started: then a retry with a terminal is safe. */
export const refusedForTerminal = ({ host, err, passwordSent, over }: Execution): boolean =>
  host.transport.terminals && !host.needsTerminal && !err.isOpen() && !passwordSent && !over && asksForTerminal(err.held())
