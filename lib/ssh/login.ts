import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware } from 'ssh2'

/** One way to log in, in the order they are tried, with the words for a message. */
export interface Attempt {
  what: string
  method: AnyAuthMethod
}

/** What ssh2 asks for the next way to log in, and what was tried and offered, for the message when all failed. */
export interface Login {
  handler: AuthHandlerMiddleware
  tried: string[]
  /** What the server accepts; undefined before it said so. */
  offered: AuthenticationType[] | undefined
}

/**
 * Tries the attempts that the server accepts, each once. `none` goes first, as OpenSSH does: the refusal tells what it accepts. A server
 * that wants two of them one after the other accepts others after the first.
 */
export const createLogin = (user: string, attempts: Attempt[]): Login => {
  const left: Attempt[] = [{ what: '', method: { type: 'none', username: user } }, ...attempts]
  const login: Login = {
    tried: [],
    offered: undefined,
    handler(methodsLeft, _partial, next) {
      login.offered = methodsLeft ?? login.offered
      const index = left.findIndex(attempt => accepts(login.offered, attempt.method.type))
      const attempt = left.splice(index, index < 0 ? 0 : 1)[0]
      if (attempt === undefined) return next(false as unknown as AnyAuthMethod)
      if (attempt.what !== '') login.tried.push(attempt.what)
      next(attempt.method)
    },
  }
  return login
}

const accepts = (offered: AuthenticationType[] | undefined, type: AuthenticationType): boolean =>
  offered === undefined || type === 'none' || offered.includes(type === 'agent' ? 'publickey' : type)
