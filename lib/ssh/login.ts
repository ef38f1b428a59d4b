import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware } from 'ssh2'

/** One login attempt, with its description for messages. */
export interface Attempt {
  what: string
  method: AnyAuthMethod
}

/** ssh2's handler for the next attempt, and what was tried and offered, for the message when all attempts failed. */
export interface Login {
  handler: AuthHandlerMiddleware
  tried: string[]
  /** The methods that the server accepts; undefined until it has reported them. */
  offered: AuthenticationType[] | undefined
}

/**
 * Tries each attempt that the server accepts once. Like OpenSSH it starts with `none`: the refusal lists the accepted methods. A server
 * that requires two methods in sequence accepts different ones after the first.
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
