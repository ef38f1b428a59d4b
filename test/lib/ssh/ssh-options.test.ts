import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ConnectionTarget } from '../../../lib/ssh/connection.ts'
import { findOption, refuseOptions, sshOptions } from '../../../lib/ssh/ssh-options.ts'

const target: ConnectionTarget = { name: 'M1', kind: 'ssh', address: 'm1' }
const page = readFileSync(new URL('../../../docs/ssh.md', import.meta.url), 'utf8')

/** One row of the page per note, with all its options. */
const rows = (): string[] => {
  const groups = new Map<string, string[]>()
  for (const { name, how, note } of sshOptions) groups.set(`${how} | ${note}`, [...(groups.get(`${how} | ${note}`) ?? []), name])
  return [...groups].map(([what, names]) => `| ${names.map(name => `\`${name}\``).join(', ')} | ${what} |`)
}

describe('the table of options', () => {
  it('is the same as in docs/ssh.md', () => {
    const shown = page
      .slice(page.indexOf('\n## Options'))
      .split('\n')
      .filter(line => /\| (honoured|unused|refused) \|/.test(line))
    expect(shown).toEqual(rows())
  })

  it('contains each option once', () => {
    const names = sshOptions.map(option => option.name.toLowerCase())
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })

  it('supports older names too', () => {
    expect(findOption('PubkeyAcceptedKeyTypes')?.name).toBe('PubkeyAcceptedAlgorithms')
    expect(findOption('nonsense')).toBeUndefined()
  })
})

describe('refuseOptions', () => {
  const refuse = (options: Record<string, string>, defaults: Record<string, string> = {}) => {
    const asMap = (record: Record<string, string>) => new Map(Object.entries(record).map(([name, value]) => [name, [value]]))
    return refuseOptions(target, asMap(options), async () => asMap(defaults))
  }

  it.each([
    ['knownhostscommand', '/bin/x', 'KnownHostsCommand (/bin/x)'],
    ['bindinterface', 'eth0', 'BindInterface (eth0)'],
    ['proxyusefdpass', 'yes', 'ProxyUseFdpass (yes)'],
    ['rekeylimit', '1073741824 3600', 'RekeyLimit (1073741824 3600)'],
    ['sessiontype', 'subsystem', 'SessionType (subsystem)'],
    ['brandnew', 'yes', 'brandnew (yes)'],
  ])('refuses %s %s by its name', async (keyword, value, message) => {
    await expect(refuse({ [keyword]: value })).rejects.toThrow(`M1: the ssh option ${message} cannot be honoured and must not be ignored`)
  })

  it.each([
    ['rekeylimit', '0 0'],
    ['proxyusefdpass', 'no'],
    ['sessiontype', 'default'],
    ['knownhostscommand', 'none'],
    ['forwardagent', 'yes'],
    ['host', 'm1'],
  ])('allows %s %s', async (keyword, value) => {
    await expect(refuse({ [keyword]: value })).resolves.toBeUndefined()
  })

  it('allows an unknown option with its default value', async () => {
    await expect(refuse({ brandnew: 'no' }, { brandnew: 'no' })).resolves.toBeUndefined()
  })
})
