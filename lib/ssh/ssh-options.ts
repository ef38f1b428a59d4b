import { type ConnectionTarget, Unreachable } from './connection.ts'

/** How an option of ssh_config is handled. */
export interface Option {
  /** As the manual spells it. */
  name: string
  /**
   * `honoured`: as in ssh. `unused`: it only tunes, or adds a feature that is never used here, so ignoring it is safe.
   * `refused`: it restricts the connection and is not supported; `unless` is the value that restricts nothing.
   */
  how: 'honoured' | 'unused' | 'refused'
  note: string
  unless?: RegExp
}

const honoured = (note: string, ...names: string[]) => names.map((name): Option => ({ name, how: 'honoured', note }))
const unused = (note: string, ...names: string[]) => names.map((name): Option => ({ name, how: 'unused', note }))
const refused = (name: string, unless: RegExp, note: string): Option => ({ name, how: 'refused', note, unless })

const resolved = 'ssh itself resolves it (`ssh -G`)'
const noForwarding = 'forwarding and tunnels are never used'
const ownLogin = 'only public keys and passwords are used to log in'

/**
 * Every option of ssh_config(5), up to OpenSSH 10.5. A test compares it with the table in docs/ssh.md; another one checks that no option of
 * the installed ssh is missing.
 */
export const sshOptions: readonly Option[] = [
  ...honoured(resolved, 'Host', 'Match', 'Include', 'IgnoreUnknown', 'Tag', 'Hostname', 'Port', 'User', 'RefuseConnection'),
  ...honoured(
    resolved,
    ...['CanonicalDomains', 'CanonicalizeFallbackLocal', 'CanonicalizeHostname', 'CanonicalizeMaxDots', 'CanonicalizePermittedCNAMEs'],
  ),
  ...honoured('a file given to the inventory or the command line replaces those of the user', 'UserKnownHostsFile', 'GlobalKnownHostsFile'),
  ...honoured('`no` and `ask` are stricter than in ssh: a changed key is never accepted, nobody is asked', 'StrictHostKeyChecking'),
  ...honoured('lists of keys, and key revocation lists (read by ssh-keygen); an unreadable file refuses the host', 'RevokedHostKeys'),
  ...honoured('as in ssh', 'HostKeyAlias', 'HashKnownHosts', 'CheckHostIP', 'RequiredRSASize'),
  ...honoured('those that ssh2 supports, in the order of ssh', 'HostKeyAlgorithms'),
  ...honoured('those that ssh2 supports, in the order of ssh2', 'KexAlgorithms', 'Ciphers', 'MACs'),
  ...honoured('keys and certificates of other algorithms are not tried', 'PubkeyAcceptedAlgorithms'),
  ...honoured('as in ssh', 'IdentityFile', 'IdentitiesOnly', 'IdentityAgent', 'CertificateFile'),
  ...honoured('excluded login methods are not tried', 'PubkeyAuthentication', 'PasswordAuthentication', 'KbdInteractiveAuthentication'),
  ...honoured('the methods in it, in its order', 'PreferredAuthentications'),
  ...honoured('`yes`: a password of the inventory is not tried either, as with ssh', 'BatchMode'),
  ...honoured('0: no password is tried', 'NumberOfPasswordPrompts'),
  ...honoured('for direct connections, as in ssh', 'AddressFamily', 'BindAddress'),
  ...honoured('unless the inventory or `--timeout` says otherwise', 'ConnectTimeout'),
  ...honoured('with its own ssh configuration; options of the inventory are for the host alone, `-F` is for both', 'ProxyJump'),
  ...honoured('run by sh, without a terminal for prompts', 'ProxyCommand'),
  refused('KnownHostsCommand', /^none$/i, 'write its output to a file and set UserKnownHostsFile to it'),
  refused('BindInterface', /^none$/i, 'use BindAddress with an address of that interface'),
  refused('ProxyUseFdpass', /^no$/, 'use a ProxyCommand that passes the data itself'),
  refused('RemoteCommand', /^none$/i, 'no other commands can be run with it, as with ssh'),
  refused('SessionType', /^default$/, 'commands cannot be run in such a session'),
  refused('KbdInteractiveDevices', /^none$/i, 'ssh2 cannot choose the devices'),
  refused('RekeyLimit', /^(default|0)( (none|0))?$/, 'ssh2 does not count the data encrypted with one key; sshd has the same option'),
  ...unused(
    'host certificates are not accepted, only the keys in known_hosts',
    ...['CASignatureAlgorithms', 'VerifyHostKeyDNS', 'NoHostAuthenticationForLocalhost'],
  ),
  ...unused('known_hosts is written only with `accept-new`', 'UpdateHostKeys'),
  ...unused(
    ownLogin,
    ...['GSSAPIAuthentication', 'GSSAPIDelegateCredentials', 'GSSAPIClientIdentity', 'GSSAPIKeyExchange', 'GSSAPIKexAlgorithms'],
    ...['GSSAPIRenewalForcesRekey', 'GSSAPIServerIdentity', 'GSSAPITrustDns'],
    ...['HostbasedAuthentication', 'HostbasedAcceptedAlgorithms', 'EnableSSHKeysign'],
  ),
  ...unused('keys on a token are used only through the agent', 'PKCS11Provider', 'SecurityKeyProvider', 'AddKeysToAgent'),
  ...unused(
    noForwarding,
    ...['ForwardAgent', 'ForwardX11', 'ForwardX11Timeout', 'ForwardX11Trusted', 'XAuthLocation', 'LocalForward', 'RemoteForward'],
    ...['DynamicForward', 'GatewayPorts', 'PermitRemoteOpen', 'ExitOnForwardFailure', 'ClearAllForwardings', 'StreamLocalBindMask'],
    ...['StreamLocalBindUnlink', 'Tunnel', 'TunnelDevice'],
  ),
  ...unused('never run', 'LocalCommand', 'PermitLocalCommand'),
  ...unused('never sent: commands run in their own environment', 'SendEnv', 'SetEnv'),
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
  ...unused('a lost connection is detected after 35 s', 'ServerAliveInterval', 'ServerAliveCountMax', 'TCPKeepAlive'),
  ...unused('tuning only', 'Compression', 'ConnectionAttempts', 'IPQoS', 'ChannelTimeout', 'VersionAddendum'),
]

const byKeyword = new Map(sshOptions.map(option => [option.name.toLowerCase(), option]))

/** Older names of options, from readconf.c. */
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

/** Lines of `ssh -G` that echo the query. */
const echoed = ['host']

/** Finds the option of a keyword in any case, including older names. */
export const findOption = (keyword: string): Option | undefined => {
  const name = keyword.toLowerCase()
  return byKeyword.get(aliases[name] ?? name)
}

/**
 * Refuses options that restrict the connection and are not supported.
 * @param options the output of `ssh -G`
 * @param askDefault the output without any configuration: called only for a keyword of a newer ssh that is not in the table
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
