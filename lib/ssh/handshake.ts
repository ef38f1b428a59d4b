import { readyGroup } from './bootstrap.ts'
import type { Execution } from './execution.ts'
import { asksForTerminal, wrongPassword } from './sudo.ts'

/** The bootstrap's words on stdout: it is there; it starts the script. */
export const heardOnStdout = (execution: Execution, held: string, open: boolean): void => {
  const { channel, host } = execution
  if (!channel) return
  if (execution.group === undefined) {
    execution.group = readyGroup(held, execution.token)
    if (execution.group !== undefined && host.become) sendScript(execution)
  }
  // Only now: a `head` that reads ahead (busybox) would have swallowed the script's input.
  if (!open || channel.stdin.writableEnded) return
  execution.stdin.pipe(channel.stdin)
  execution.meter?.sends(execution.stdin)
}

/** sudo's words on stderr: the password goes out on its own prompt alone, and once. */
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
  // End of file at once where there is no input: it saves a round trip, 40 ms over a jump host.
  if (stdin.writableEnded && stdin.readableLength === 0) channel?.stdin.end(frame)
  else channel?.stdin.write(frame)
}

/** Whether sudo wants a terminal (requiretty) and nothing has begun: then another try, with one, is safe. */
export const refusedForTerminal = ({ host, err, passwordSent, over }: Execution): boolean =>
  host.transport.terminals && !host.needsTerminal && !err.isOpen() && !passwordSent && !over && asksForTerminal(err.held())
