import { type ConnectionTarget, Unreachable } from './connection.ts'

/** What becomes of an option of ssh_config. */
export interface Option {
  /** As the manual spells it. */
  name: string
  /**
   * `honoured`: as ssh does. `unused`: it only tunes, or adds what is never used here, so that leaving it out opens nothing.
   * `refused`: it restricts, and cannot be honoured; `unless` is the value that restricts nothing.
   */
  how: 'honoured' | 'unused' | 'refused'
  note: string
  unless?: RegExp
}

const honoured = (note: string, ...names: string[]) => names.map((name): Option => ({ name, how: 'honoured', note }))
const unused = (note: string, ...names: string[]) => names.map((name): Option => ({ name, how: 'unused', note }))
const refused = (name: string, unless: RegExp, note: string): Option => ({ name, how: 'refused', note, unless })

const resolved = 'ssh itself resolves it (`ssh -G`)'
const noForwarding = 'nothing is ever forwarded, no tunnel opened'
const ownLogin = 'only public keys and passwords are used to log in'

/**
 * Every option of ssh_config(5), up to OpenSSH 10.5. The table in docs/ssh.md is this one, which a test compares; another test asks the
 * installed ssh for options that are missing here.
 */
export const sshOptions: readonly Option[] = [
  ...honoured(resolved, 'Host', 'Match', 'Include', 'IgnoreUnknown', 'Tag', 'Hostname', 'Port', 'User', 'RefuseConnection'),
  ...honoured(
    resolved,
    ...['CanonicalDomains', 'CanonicalizeFallbackLocal', 'CanonicalizeHostname', 'CanonicalizeMaxDots', 'CanonicalizePermittedCNAMEs'],
  ),
  ...honoured('a file given to the inventory or the command line replaces those of the user', 'UserKnownHostsFile', 'GlobalKnownHostsFile'),
  ...honoured('`no` and `ask` are stricter than in ssh: a changed key is never accepted, nobody is asked', 'StrictHostKeyChecking'),
  ...honoured('lists of keys, and key revocation lists (read by ssh-keygen); one that cannot be read refuses', 'RevokedHostKeys'),
  ...honoured('as in ssh', 'HostKeyAlias', 'HashKnownHosts', 'CheckHostIP', 'RequiredRSASize'),
  ...honoured('what ssh2 has of it, in the order of ssh', 'HostKeyAlgorithms'),
  ...honoured('what ssh2 has of it, in the order of ssh2', 'KexAlgorithms', 'Ciphers', 'MACs'),
  ...honoured('keys and certificates of other algorithms are not tried', 'PubkeyAcceptedAlgorithms'),
  ...honoured('as in ssh', 'IdentityFile', 'IdentitiesOnly', 'IdentityAgent', 'CertificateFile'),
  ...honoured(
    'ways to log in that it rules out are not tried',
    'PubkeyAuthentication',
    'PasswordAuthentication',
    'KbdInteractiveAuthentication',
  ),
  ...honoured('the methods in it, in its order', 'PreferredAuthentications'),
  ...honoured('`yes`: a password of the inventory is not tried either, as with ssh', 'BatchMode'),
  ...honoured('0: no password is tried', 'NumberOfPasswordPrompts'),
  ...honoured('where the connection is made directly, as in ssh', 'AddressFamily', 'BindAddress'),
  ...honoured('unless the inventory or `--timeout` says otherwise', 'ConnectTimeout'),
  ...honoured('with its own ssh configuration; options of the inventory are for the host alone, `-F` is for both', 'ProxyJump'),
  ...honoured('run by sh, without a terminal that it could ask on', 'ProxyCommand'),
  refused('KnownHostsCommand', /^none$/i, 'write its output to a file and name that: UserKnownHostsFile'),
  refused('BindInterface', /^none$/i, 'use BindAddress with an address of that interface'),
  refused('ProxyUseFdpass', /^no$/, 'use a ProxyCommand that passes the data itself'),
  refused('RemoteCommand', /^none$/i, 'commands cannot be run beside it, as with ssh'),
  refused('SessionType', /^default$/, 'commands cannot be run in such a session'),
  refused('KbdInteractiveDevices', /^none$/i, 'ssh2 cannot choose the devices'),
  refused('RekeyLimit', /^(default|0)( (none|0))?$/, 'ssh2 does not count what one key encrypts; sshd has the same option'),
  ...unused(
    'host certificates are not accepted, only the keys in known_hosts',
    ...['CASignatureAlgorithms', 'VerifyHostKeyDNS', 'NoHostAuthenticationForLocalhost'],
  ),
  ...unused('known_hosts is written with `accept-new` alone', 'UpdateHostKeys'),
  ...unused(
    ownLogin,
    ...['GSSAPIAuthentication', 'GSSAPIDelegateCredentials', 'GSSAPIClientIdentity', 'GSSAPIKeyExchange', 'GSSAPIKexAlgorithms'],
    ...['GSSAPIRenewalForcesRekey', 'GSSAPIServerIdentity', 'GSSAPITrustDns'],
    ...['HostbasedAuthentication', 'HostbasedAcceptedAlgorithms', 'EnableSSHKeysign'],
  ),
  ...unused('keys on a token are used through the agent alone', 'PKCS11Provider', 'SecurityKeyProvider', 'AddKeysToAgent'),
  ...unused(
    noForwarding,
    ...['ForwardAgent', 'ForwardX11', 'ForwardX11Timeout', 'ForwardX11Trusted', 'XAuthLocation', 'LocalForward', 'RemoteForward'],
    ...['DynamicForward', 'GatewayPorts', 'PermitRemoteOpen', 'ExitOnForwardFailure', 'ClearAllForwardings', 'StreamLocalBindMask'],
    ...['StreamLocalBindUnlink', 'Tunnel', 'TunnelDevice'],
  ),
  ...unused('never run', 'LocalCommand', 'PermitLocalCommand'),
  ...unused('never sent: commands run in an environment of their own', 'SendEnv', 'SetEnv'),
  ...unused('one connection is kept for the whole run, and shared with no other program', 'ControlMaster', 'ControlPath', 'ControlPersist'),
  ...unused('for people at a terminal', 'EscapeChar', 'EnableEscapeCommandline', 'RequestTTY', 'StdinNull', 'ForkAfterAuthentication'),
  ...unused(
    'for people at a terminal',
    'VisualHostKey',
    'FingerprintHash',
    'ObscureKeystrokeTiming',
    'LogLevel',
    'LogVerbose',
    'SyslogFacility',
    'WarnWeakCrypto',
  ),
  ...unused('a lost connection is noticed after 35 s', 'ServerAliveInterval', 'ServerAliveCountMax', 'TCPKeepAlive'),
  ...unused('it only tunes', 'Compression', 'ConnectionAttempts', 'IPQoS', 'ChannelTimeout', 'VersionAddendum'),
]

const byKeyword = new Map(sshOptions.map(option => [option.name.toLowerCase(), option]))

/** Older names of options, as readconf.c has them. */
const aliases: Record<string, string> = {
  challengeresponseauthentication: 'kbdinteractiveauthentication',
  skeyauthentication: 'kbdinteractiveauthentication',
  tisauthentication: 'kbdinteractiveauthentication',
  dsaauthentication: 'pubkeyauthentication',
  pubkeyacceptedkeytypes: 'pubkeyacceptedalgorithms',
  hostbasedkeytypes: 'hostbasedacceptedalgorithms',
  identityfile2: 'identityfile',
  keepalive: 'tcpkeepalive',
  smartcarddevice: 'pkcs11provider',
}

/** Lines of `ssh -G` that repeat what was asked. */
const echoed = ['host']

/** The option of a keyword in any spelling. */
export const findOption = (keyword: string): Option | undefined => {
  const name = keyword.toLowerCase()
  return byKeyword.get(aliases[name] ?? name)
}

/**
 * Refuses what would restrict the connection and cannot be honoured.
 * @param options what `ssh -G` said
 * @param askDefault what it says without any configuration: asked only about a keyword that is not in the table, of a newer ssh
 * @throws Unreachable with the option's name
 */
export const refuseOptions = async (
  target: ConnectionTarget,
  options: Map<string, string[]>,
  askDefault: () => Promise<Map<string, string[]>>,
): Promise<void> => {
  for (const [keyword, values] of options) {
    const option = findOption(keyword)
    const refusedValue = option?.how === 'refused' ? values.find(value => !option.unless?.test(value)) : undefined
    if (option && refusedValue !== undefined) throw refusal(target, option.name, refusedValue, option.note)
  }
  const unknown = [...options.keys()].filter(keyword => !findOption(keyword) && !echoed.includes(keyword.toLowerCase()))
  if (unknown.length === 0) return
  const defaults = await askDefault()
  for (const keyword of unknown) {
    const [value, normal] = [options.get(keyword)?.join(', ') ?? '', defaults.get(keyword)?.join(', ')]
    if (value !== normal) throw refusal(target, keyword, value, 'unknown option')
  }
}

const refusal = ({ name, address }: ConnectionTarget, option: string, value: string, note: string): Unreachable => {
  const message = `${name}: the ssh option ${option} (${value}) cannot be honoured and must not be ignored: ${note}`
  const files = '~/.ssh/config /etc/ssh/ssh_config /etc/ssh/ssh_config.d/*.conf'
  return new Unreachable(
    name,
    message,
    `Find it: grep -in '^ *${option}' ${files}; show the effective value: ssh -G ${address} | grep -i '^${option} '`,
  )
}
