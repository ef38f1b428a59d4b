import type { Readable } from 'node:stream'
import type { Shell } from './shell.ts'

/** What one remote script returned. `code` is the exit status; 128+n when signal n ended it. */
export interface ScriptResult {
  code: number
  stdout: string
  stderr: string
}

export interface ScriptOptions {
  /**
   * What the script reads on its stdin after its own text; nothing (end of file at once) when left out. A stream is piped as it comes and
   * keeps the script's stdin open until it ends: the lease lock lives on that.
   */
  input?: string | Uint8Array | Readable
  /** Limit in ms; over it the remote process group is ended and the promise rejects with a `ScriptTimeout`. */
  timeout?: number
  /** Called with each piece of stdout as it arrives. */
  onStdout?: (text: string) => void
  onStderr?: (text: string) => void
  /** Called with stdout's exact bytes as they arrive; stdout is then not collected, `ScriptResult.stdout` is empty. */
  onStdoutBytes?: (bytes: Uint8Array) => void
  /** On abort the remote process group is ended and the promise rejects with the signal's reason. */
  signal?: AbortSignal
  /** Bytes that each of its outputs may have; default 8 MiB. Over it the script is ended and the promise rejects with a `TooMuchOutput`. */
  maxOutput?: number
}

/** Bytes of an output that are kept when a caller asks for nothing else: no probe of ours prints a hundredth of it. */
export const maxOutput = 8 * 1024 ** 2

export interface UploadOptions {
  /** Hex digest of the whole file; verified on the host before the rename. */
  sha256: string
  mode?: number
  onProgress?: (sentBytes: number, totalBytes: number) => void
}

/**
 * A condition that the host's own shell judges just before a script, in the same exec: however long this machine is stopped between its last
 * look and the script's arrival, the script runs under the condition or not at all.
 */
export interface Fence {
  /** POSIX sh, one command; other than 0 refuses the script, and what it prints on stderr is the reason. */
  condition: string
  /** A file descriptor that the condition leaves open for as long as the script runs; the script does not inherit it. */
  descriptor: number
  /** The error of a script that was refused. */
  refused(host: string, said: string): FenceRefused
}

/** A script did not run, because the condition of its connection no longer held: nothing was touched. */
export class FenceRefused extends Error {
  override readonly name: string = 'FenceRefused'
}

/** One open way to a host, with privileges already raised where the inventory says `become`. */
export interface Connection {
  /** The host's inventory name. */
  readonly host: string
  /** zx's `$`, bound to the host. */
  readonly $: Shell
  /** Runs a POSIX sh script that travels by stdin. Resolves with any exit code; rejects when the host is lost. */
  run(script: string, options?: ScriptOptions): Promise<ScriptResult>
  /** Streams a local file to the host; resumes a broken upload; nothing is at `path` before it is whole. */
  upload(localFile: string, path: string, options: UploadOptions): Promise<void>
  /** The same way to the host, on which every script, command and upload runs only while a condition holds. */
  fenced(fence: Fence): Connection
  /** How often what was used: `npm run bench:lab` and the round-trip test read it. */
  readonly counts: { readonly connections: number; readonly execs: number }
  close(): Promise<void>
}

/** Where and as whom to connect: the connection variables of the inventory, resolved. */
export interface ConnectionTarget {
  /** Inventory name. */
  name: string
  kind: 'ssh' | 'local'
  /** Name or address for ssh; `ssh -G` is asked with it, so aliases of the user's configuration work. */
  address: string
  port?: number
  user?: string
  /** Keys to log in with. As with ssh the default ones (~/.ssh/id_...) are not tried beside them. */
  identityFiles?: string[]
  /** Keys that are tried after those of the ssh configuration. */
  moreIdentityFiles?: string[]
  /** known_hosts files in place of the user's own, as with -o UserKnownHostsFile. */
  knownHostsFiles?: string[]
  /** The same in place of the system's. */
  globalKnownHostsFiles?: string[]
  /** More options for ssh -G to resolve, over those of the ssh configuration. */
  sshOptions?: { name: string; value: string }[]
  /** ssh configuration in place of the user's and the system's (-F); for the jump hosts too, as with ssh. */
  sshConfigFile?: string
  /** Password for ssh, when the inventory has one. */
  password?: string
  become?: { user: string; password?: string }
  /** ProxyJump in ssh's syntax: [user@]host[:port][,...] */
  proxyJump?: string
  /** The way when the usual one is cut: this address, from that host. The host key is still the one that is known for `address`. */
  via?: { jump: ConnectionTarget; address: string }
  /** Learn unknown host keys (never changed ones). */
  acceptNewHostKeys?: boolean
  /** Also take what OpenSSH 5.3 has and today's clients refuse: lib/ssh/algorithms.ts. */
  legacyAlgorithms?: boolean
  /** ms until a connection attempt is given up; default 10 000. */
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

/** A script or command of a host printed more than anybody has asked for: it was ended, and nothing of it counts. */
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

/** The connection stands, but privileges could not be raised: for the engine the host is unreachable. */
export class BecomeFailed extends Unreachable {
  override readonly name: string = 'BecomeFailed'
}

/** A command of `$` ended with another exit code than 0. Has what zx's ProcessOutput has; the message names the host. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly host: string
  /** The command as it stands in the source, `…` for each value: no value, so no secret, gets in here. */
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
