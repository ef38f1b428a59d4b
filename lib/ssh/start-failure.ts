import { fenceRefused } from './bootstrap.ts'
import { Unreachable } from './connection.ts'
import type { Execution } from './execution.ts'
import { greetingLimit } from './gate.ts'
import { becomeFailure } from './sudo.ts'
import type { Exit } from './transport.ts'

/** Why a script did not start, derived from the output before the shell ended. */
export const notStarted = (execution: Execution, exit: Exit): Error => {
  const { host } = execution
  const login = host.transport.loginUser
  if (host.fence && execution.group !== undefined && exit.code === fenceRefused)
    return host.fence.refused(host.name, execution.err.held().trim())
  const said = `${execution.err.held()}${execution.out.held()}`.replaceAll(execution.prompt, '').trim()
  if (host.become && execution.group === undefined) return becomeFailure(host.name, login, host.become, said)
  const how = exit.signal ? `by ${exit.signal}` : `with exit code ${exit.code}`
  const message = `${host.name}: the shell of ${login} ended ${how} before the script started${said ? `: ${said}` : ''}`
  return new Unreachable(host.name, message, `${login} needs a working POSIX sh on the host: try "ssh ${login}@... true".`)
}

/** Rejects: the output before the shell started is longer than any greeting. */
export const flooded = ({ host, pendingExit }: Execution): void => {
  const hint = 'Does its login shell, or a ForceCommand of its sshd, print endlessly?'
  pendingExit.reject(
    new Unreachable(host.name, `${host.name}: more than ${greetingLimit / 1024 ** 2} MiB of output came before the shell started`, hint),
  )
}

/** The error when sudo or the shell has not answered in time. */
export const startTimeout = (execution: Execution): Error => {
  const { host } = execution
  const seconds = Math.round(host.startLimit / 1000)
  const what = host.become && execution.group === undefined ? 'sudo and the shell' : 'the shell'
  const hint = 'Does its login shell prompt for input or wait for a directory service?'
  return new Unreachable(host.name, `${host.name}: ${what} did not answer within ${seconds} s`, hint)
}
