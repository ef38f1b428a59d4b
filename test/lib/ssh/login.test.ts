import type { AnyAuthMethod, AuthenticationType } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { type Attempt, createLogin } from '../../../lib/ssh/login.ts'

const attempt = (what: string, type: 'password' | 'publickey' | 'agent'): Attempt => ({
  what,
  method: { type, username: 'root', password: 'p', key: 'k', agent: 'a' } as AnyAuthMethod,
})

/** Simulates a server that refuses everything. @returns the types tried, in order */
const play = (attempts: Attempt[], accepted: AuthenticationType[]) => {
  const login = createLogin('root', attempts)
  const types: string[] = []
  for (let left: AuthenticationType[] | undefined, more = true; more; left = accepted) {
    login.handler(left as AuthenticationType[], false, next => {
      if ((next as unknown) === false) more = false
      else types.push((next as AnyAuthMethod).type)
    })
  }
  return { types, tried: login.tried, offered: login.offered }
}

describe('createLogin', () => {
  it('asks first what the server accepts, then tries in order', () => {
    const { types, tried, offered } = play([attempt('/key', 'publickey'), attempt('1 key from the agent', 'agent')], ['publickey'])
    expect(types).toEqual(['none', 'publickey', 'agent'])
    expect(tried).toEqual(['/key', '1 key from the agent'])
    expect(offered).toEqual(['publickey'])
  })

  it('never sends a password to a server that does not accept one', () => {
    expect(play([attempt('password', 'password')], ['publickey']).types).toEqual(['none'])
  })

  it('logs in to a server that requires a password before a key', () => {
    const login = createLogin('root', [attempt('/key', 'publickey'), attempt('password', 'password')])
    const next = (left: AuthenticationType[] | undefined, partial: boolean) => {
      let type: string | undefined
      login.handler(left as AuthenticationType[], partial, method => {
        type = (method as AnyAuthMethod).type
      })
      return type
    }
    expect([next(undefined, false), next(['password'], false), next(['publickey'], true)]).toEqual(['none', 'password', 'publickey'])
  })
})
