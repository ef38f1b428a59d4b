import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { connect } from '../../../lib/ssh/connect.ts'
import { Unreachable } from '../../../lib/ssh/connection.ts'
import { cleanUp, me, startAgent } from './client.ts'
import { type Materials, randomOf, type SshCase, sshCase } from './ssh-cases.ts'
import { newKey, type Sshd, startSshd, whyNoSshd } from './sshd.ts'

const missing = whyNoSshd()
const cases = process.env.NFSHA_LONG ? 2_000 : 160
/** Number of cases in parallel: each waits for the other side most of the time. */
const workers = 4
/** Time limit of one ssh, ms. */
const sshLimit = 120_000

/** Cases that this program refuses and in which ssh connects: its message, and what the case must contain. docs/ssh.md lists all of them. */
const stricter: Record<string, { says: RegExp; has: RegExp }> = {
  'an option that cannot be honoured': {
    says: /the ssh option \w+ .* cannot be honoured/,
    has: /KnownHostsCommand|RemoteCommand|RekeyLimit/,
  },
  'StrictHostKeyChecking no': { says: /HAS CHANGED|REVOKED/, has: /StrictHostKeyChecking (no|off)/ },
  NoHostAuthenticationForLocalhost: { says: /HAS CHANGED|REVOKED|is not known/, has: /NoHostAuthenticationForLocalhost yes/ },
  'a revoked key': { says: /REVOKED/, has: /@revoked/ },
  'a host certificate': { says: /host certificates are not supported/, has: /@cert-authority/ },
  'the order of host keys': { says: /HAS CHANGED/, has: /@cert-authority|HostKeyAlgorithms -/ },
  "a certificate's algorithm without its key's": {
    says: /which HostKeyAlgorithms does not allow/,
    has: /HostKeyAlgorithms (ssh-ed25519-cert|-ssh-ed25519)/,
  },
  'an algorithm that ssh2 does not have': {
    says: /allows no supported algorithm|no ssh algorithm in common/,
    has: /(Ciphers|MACs|KexAlgorithms|HostKeyAlgorithms) /,
  },
}

const reasonOf = (said: string, described: string) =>
  Object.entries(stricter).find(([, { says, has }]) => says.test(said) && has.test(described))?.[0]

interface Outcome {
  number: number
  theirs: string
  ours: string
  verdict: 'same' | 'stricter' | 'laxer'
  reason?: string | undefined
  described: string
}

describe.skipIf(missing)(`compared with the real ssh${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let directory: string
  const servers: Sshd[] = []
  const materials: Materials[] = []

  beforeAll(async () => {
    vi.stubEnv('SSH_AUTH_SOCK', '')
    directory = mkdtempSync(join(tmpdir(), 'nfsha-like-ssh-'))
    const [ca, strangeCa, ecdsa] = [newKey(directory, 'ca'), newKey(directory, 'strange-ca'), newKey(directory, 'ecdsa', '', 'ecdsa')]
    const publicKey = (file: string) => readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
    const certified = newKey(directory, 'certified')
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'user', '-n', me, `${certified}.pub`])
    const lines = [`HostKey ${ecdsa}`, `TrustedUserCAKeys ${ca}.pub`]
    servers.push(
      await startSshd(lines),
      await startSshd([...lines, 'HostKeyAlgorithms rsa-sha2-512,rsa-sha2-256']),
      await startSshd([...lines, 'HostKeyAlgorithms ecdsa-sha2-nistp256,rsa-sha2-512']),
      await startSshd(lines, ca),
    )
    const keys = {
      good: newKey(directory, 'good'),
      goodRsa: newKey(directory, 'good-rsa', '', 'rsa'),
      strange: newKey(directory, 'strange'),
      hidden: newKey(directory, 'hidden'),
      certified,
    }
    const inAgent = join(directory, 'hidden-private')
    copyFileSync(keys.hidden, inAgent)
    rmSync(keys.hidden)
    await startAgent(directory, inAgent)
    const agent = process.env.SSH_AUTH_SOCK ?? ''
    vi.stubEnv('SSH_AUTH_SOCK', '')
    const strangers = (['ed25519', 'rsa', 'ecdsa'] as const).map(type => publicKey(newKey(directory, `stranger-${type}`, '', type)))
    for (const server of servers) {
      const letIn = [keys.good, keys.goodRsa, keys.hidden].map(file => readFileSync(`${file}.pub`, 'utf8')).join('')
      writeFileSync(join(server.directory, 'authorized_keys'), letIn)
      materials.push({
        port: server.port,
        hostKeys: [server.hostKey('ed25519'), server.hostKey('rsa'), publicKey(ecdsa)],
        strangeKeys: strangers,
        authorities: [publicKey(ca), publicKey(strangeCa)],
        keys,
        agent,
      })
    }
  })
  afterAll(async () => {
    cleanUp()
    vi.unstubAllEnvs()
    await Promise.all(servers.map(server => server.stop()))
    rmSync(directory, { recursive: true, force: true })
  })

  /** The files of a case, for one of the two programs, because both may learn keys. @returns the configuration's path */
  const writeCase = (number: number, side: string, { config, files }: SshCase): string => {
    const place = join(directory, `${number}-${side}`)
    mkdirSync(place)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text)
    const filled = config.map(line => line.replace(/\{(\w+)\}/g, (_, name: string) => join(place, name)))
    const always = ['BatchMode yes', 'UpdateHostKeys no', `User ${me}`, 'ConnectTimeout 20', 'LogLevel ERROR']
    writeFileSync(join(place, 'config'), `${[...filled, ...always].join('\n')}\n`)
    return join(place, 'config')
  }

  const askSsh = (config: string, host: string): Promise<{ connected: boolean; said: string }> =>
    new Promise((resolve, reject) => {
      const child = spawn('ssh', ['-F', config, '--', host, 'true'], { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
      let said = ''
      child.stderr.on('data', chunk => {
        said += chunk
      })
      // A configuration with which ssh would wait forever must not block the other cases.
      const timer = setTimeout(() => child.kill(), sshLimit)
      child.once('error', reject)
      child.once('close', code => {
        clearTimeout(timer)
        if (code === null) reject(new Error(`ssh -F ${config} ${host} did not end within ${sshLimit / 1000} s`))
        else resolve({ connected: code === 0, said: said.trim() })
      })
    })

  const askOurs = async (config: string, host: string): Promise<{ connected: boolean; said: string }> => {
    try {
      const connection = await connect({ name: 'M1', kind: 'ssh', address: host, sshConfigFile: config })
      const { code } = await connection.run('true')
      await connection.close()
      return { connected: code === 0, said: '' }
    } catch (error) {
      // No other error is allowed, and none without a hint.
      if (!(error instanceof Unreachable) || !error.message.startsWith('M1: ')) throw error
      return { connected: false, said: `${error.message} -> ${error.hint ?? ''}` }
    }
  }

  const compare = async (number: number): Promise<Outcome> => {
    const random = randomOf(number)
    const one = sshCase(random, random.pick(materials))
    const [theirConfig, ourConfig] = [writeCase(number, 'ssh', one), writeCase(number, 'ours', one)]
    const theirs = await askSsh(theirConfig, one.host)
    const ours = await askOurs(ourConfig, one.host)
    const verdict = theirs.connected === ours.connected ? 'same' : ours.connected ? 'laxer' : 'stricter'
    const reason = verdict === 'stricter' ? reasonOf(ours.said, describeCase(number, one)) : undefined
    if (ours.connected && theirs.connected) expect(learned(ourConfig, one), describeCase(number, one)).toBe(learned(theirConfig, one))
    const described = `${describeCase(number, one)}\nssh:  ${theirs.connected ? 'connected' : theirs.said}\nours: ${ours.connected ? 'connected' : ours.said}`
    return { number, theirs: theirs.said, ours: ours.said, verdict, reason, described }
  }

  /** Whether a key was added to one of the known_hosts files. */
  const learned = (config: string, { files }: SshCase) =>
    Object.entries(files).some(([name, text]) => {
      const file = join(config, '..', name)
      return existsSync(file) && readFileSync(file, 'latin1') !== text
    })

  const describeCase = (number: number, { host, config, files }: SshCase) =>
    [`case ${number}, ssh ${host}`, ...config, ...Object.entries(files).map(([name, text]) => `--- ${name}\n${text}`)].join('\n')

  it(`judges ${cases} generated configurations like ssh, or more strictly for a documented reason`, { timeout: 3_600_000 }, async () => {
    const outcomes: Outcome[] = []
    let number = 0
    const work = async () => {
      while (number < cases) outcomes.push(await compare(++number))
    }
    await Promise.all(Array.from({ length: workers }, work))
    const of = (verdict: Outcome['verdict']) => outcomes.filter(outcome => outcome.verdict === verdict)
    const reasons = Object.keys(stricter).map(reason => `${of('stricter').filter(outcome => outcome.reason === reason).length} ${reason}`)
    const connected = of('same').filter(({ ours }) => ours === '').length
    const counts = `${of('same').length} same (${connected} connected), ${of('stricter').length} stricter, ${of('laxer').length} laxer`
    console.log(`beside ssh, ${cases} cases: ${counts}; stricter: ${reasons.join(', ')}`)
    expect(of('laxer').map(outcome => outcome.described)).toEqual([])
    expect(
      of('stricter')
        .filter(outcome => outcome.reason === undefined)
        .map(outcome => outcome.described),
    ).toEqual([])
    expect(of('stricter').length).toBeLessThanOrEqual(cases * 0.15)
    // The cases are useful only if many connect and many do not.
    expect(connected).toBeGreaterThan(cases / 5)
    expect(of('same').length - connected).toBeGreaterThan(cases / 5)
  })
})
