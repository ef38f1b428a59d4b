import type { Readable } from 'node:stream'
import type { Shell } from './shell.ts'

/** The result of one remote script. `code` is the exit status; 128+n when signal n killed it. */
export interface ScriptResult {
  code: number
  stdout: string
  stderr: string
}

export interface ScriptOptions {
  /**
   * The script's stdin. Without it the script reads end of file at once. A stream is piped as it arrives and keeps the script's stdin
   * open until it ends: the lease lock depends on that.
   */
  input?: string | Uint8Array | Readable
  /** ms after which the remote process group is killed and the promise rejects with a `ScriptTimeout`. */
  timeout?: number
  /** Called with each piece of stdout as it arrives. */
  onStdout?: (text: string) => void
  onStderr?: (text: string) => void
  /** Called with stdout's exact bytes as they arrive; `ScriptResult.stdout` is then empty. */
  onStdoutBytes?: (bytes: Uint8Array) => void
  /** On abort the remote process group is killed and the promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** Maximum bytes of each output; default 8 MiB. Beyond it the script is killed and the promise rejects with a `TooMuchOutput`. */
  maxOutput?: number
}

/** The default limit for an output, in bytes: none of our probes prints a hundredth of it. */
export const maxOutput = 8 * 1024 ** 2

export interface UploadOptions {
  /** Hex digest of the whole file; verified on the host before the rename. */
  sha256: string
  mode?: number
  onProgress?: (sentBytes: number, totalBytes: number) => void
}

/**
 * A condition that the host's shell checks just before a script, in the same exec. However long this machine is suspended between its own
 * check and the arrival of the script, the script runs only if the condition holds.
 */
export interface Fence {
  /** POSIX sh, one command. A nonzero exit code refuses the script; its stderr is the reason. */
  condition: string
  /** A file descriptor that the condition leaves open while the script runs; the script does not inherit it. */
  descriptor: number
  /** The error of a script that was refused. */
  refused(host: string, said: string): FenceRefused
}

/** A script did not run because the fence condition no longer held: nothing was changed. */
export class FenceRefused extends Error {
  override readonly name: string = 'FenceRefused'
}

/** An open connection to a host. Commands run with raised privileges where the inventory says `become`. */
export interface Connection {
  /** The host's inventory name. */
  readonly host: string
  /** zx's `$`, bound to the host. */
  readonly $: Shell
  /** Runs a POSIX sh script, sent over stdin. Resolves with any exit code; rejects when the host is lost. */
  run(script: string, options?: ScriptOptions): Promise<ScriptResult>
  /** Streams a local file to the host. Resumes an interrupted upload. `path` appears only once the file is complete. */
  upload(localFile: string, path: string, options: UploadOptions): Promise<void>
  /** The same connection, on which every script, command and upload runs only while a condition holds. */
  fenced(fence: Fence): Connection
  /** Usage counts, for `npm run bench:lab` and the round-trip test. */
  readonly counts: { readonly connections: number; readonly execs: number }
  close(): Promise<void>
}

/** Where and as which user to connect: the resolved connection variables of the inventory. */
export interface ConnectionTarget {
  /** Inventory name. */
  name: string
  kind: 'ssh' | 'local'
  /** Name or address for ssh. It is passed to `ssh -G`, so aliases from the user's configuration work. */
  address: string
  port?: number
  user?: string
  /** Keys to log in with. As with ssh, they replace the default keys (~/.ssh/id_...). */
  identityFiles?: string[]
  /** Keys to try after those of the ssh configuration. */
  moreIdentityFiles?: string[]
  /** known_hosts files instead of the user's, as with -o UserKnownHostsFile. */
  knownHostsFiles?: string[]
  /** The same, instead of the system's (GlobalKnownHostsFile). */
  globalKnownHostsFiles?: string[]
  /** More options for ssh -G; they override those of the ssh configuration. */
  sshOptions?: { name: string; value: string }[]
  /** ssh configuration file instead of the user's and the system's (-F); for jump hosts too, as with ssh. */
  sshConfigFile?: string
  /** Password for ssh, when the inventory has one. */
  password?: string
  become?: { user: string; password?: string }
  /** ProxyJump in ssh's syntax: [user@]host[:port][,...] */
  proxyJump?: string
  /** An alternative route when the usual one is down: this address, reached from that host. The host key is still checked for `address`. */
  via?: { jump: ConnectionTarget; address: string }
  /** Store unknown host keys (never changed ones). */
  acceptNewHostKeys?: boolean
  /** Also allow algorithms of OpenSSH 5.3 that current clients refuse: lib/ssh/algorithms.ts. */
  legacyAlgorithms?: boolean
  /** Timeout of a connection attempt in ms; default 10 000. */
  connectTimeout?: number
}

/** The host could not be reached, or the connection was lost: exit code 4. */
export class Unreachable extends Error {
  override readonly name: string = 'Unreachable'
  readonly host: string
  /** What to do next, one sentence. */
  readonly hint: string | undefined
  constructor(host: string, message: string, hint?: string, cause?: unknown) {
    super(message, { cause })
    this.host = host
    this.hint = hint
  }
}

/** A script took longer than its limit. */
export class ScriptTimeout extends Error {
  override readonly name = 'ScriptTimeout'
}

/** A script or command on a host exceeded its output limit: it was killed, and its output is discarded. */
export class TooMuchOutput extends Error {
  override readonly name = 'TooMuchOutput'
  readonly host: string
  readonly hint = 'Does a login shell, a ForceCommand or a broken program on the host print endlessly?'
  constructor(host: string, what: string, limit: number) {
    super(
      `${host}: ${what} printed more than ${limit >= 1024 ** 2 ? `${Math.round(limit / 1024 ** 2)} MiB` : `${Math.round(limit / 1024)} KiB`} and was terminated`,
    )
    this.host = host
  }
}

/** Connected, but privileges could not be raised: the engine treats the host as unreachable. */
export class BecomeFailed extends Unreachable {
  override readonly name: string = 'BecomeFailed'
}

/** A command run with `$` failed with a nonzero exit code. Has the fields of zx's ProcessOutput; the message names the host. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly host: string
  /** The command as written in the source, with `…` for each value: it contains no values and so no secrets. */
  readonly command: string
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  constructor(
    message: string,
    failed: Pick<CommandFailed, 'host' | 'command' | 'exitCode' | 'signal' | 'stdout' | 'stderr'>,
    options?: { cause?: unknown },
  ) {
    super(message, options)
    this.host = failed.host
    this.command = failed.command
    this.exitCode = failed.exitCode
    this.signal = failed.signal
    this.stdout = failed.stdout
    this.stderr = failed.stderr
  }
}
