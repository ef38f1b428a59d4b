import type { Readable } from 'node:stream'
import { openChannel, type SshHost } from './host.ts'
import type { Channel } from './transport.ts'

/**
 * A command with a controlling terminal and with three separate streams: sudo may require the terminal (requiretty), scripts need the
 * streams, and ssh gives a command only one of the two. So there are two execs: one has the streams and forwards them through named pipes
 * in a private directory of the login user; the other has the terminal, and its command reads and writes the pipes.
 * @param token random, unique for the command
 */
export const openWithTerminal = async (host: SshHost, argv: readonly string[], token: string): Promise<Channel> => {
  const streams = await openChannel(host, ['sh', '-c', streamsScript, 'nfsha-play', token])
  // Callers get the end of the command from the channel returned below; failures before that are thrown here.
  streams.ended.catch(() => {})
  try {
    await heard(streams.stdout, `${token} pipes\n`, streams.ended)
    const terminal = await openChannel(host, ['sh', '-c', onPipesScript, 'nfsha-play', token, ...argv], { terminal: true })
    streams.stdin.write('\n')
    // Nothing writes to the terminal itself any more.
    terminal.stdout.resume()
    terminal.stderr.resume()
    return {
      stdin: streams.stdin,
      stdout: streams.stdout,
      stderr: streams.stderr,
      ended: Promise.all([terminal.ended, streams.ended]).then(([exit]) => exit),
      destroy() {
        terminal.destroy()
        streams.destroy()
      },
    }
  } catch (error) {
    streams.destroy()
    throw error
  }
}

/** Directory of the pipes: its name is unpredictable, and mkdir fails if it exists. */
const directory = 'd=/tmp/$1'

/** Waits for a line before it opens the pipes: if there is no terminal, its stdin ends instead, and it exits. */
export const streamsScript = [
  directory,
  'umask 077',
  'mkdir "$d" || exit 1',
  `trap 'rm -rf "$d"' EXIT`,
  'mkfifo "$d/in" "$d/out" "$d/err" || exit 1',
  'echo "$1 pipes"',
  'IFS= read -r l || exit 1',
  'exec 3<&0',
  '{ cat <&3 >"$d/in" & } 2>/dev/null; i=$!',
  'cat <"$d/out" & o=$!',
  'cat <"$d/err" >&2 & e=$!',
  // The command may exit before its input ends.
  'wait "$o" "$e"; kill "$i" 2>/dev/null; exit 0',
].join('; ')

/** Runs the command on the pipes. */
export const onPipesScript = `${directory}; shift; exec "$@" <"$d/in" >"$d/out" 2>"$d/err"`

/** Reads up to the marker and puts back the rest. @throws Error when the stream ends before the marker */
const heard = (stream: Readable, marker: string, ended: Promise<unknown>): Promise<void> =>
  new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0)
    const stop = () => {
      stream.off('readable', look)
      stream.off('end', lost)
    }
    const lost = () => {
      stop()
      ended.then(() => reject(new Error(`cannot create the pipes for a command with a terminal: ${seen}`)), reject)
    }
    const look = () => {
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) seen = Buffer.concat([seen, chunk])
      const at = seen.indexOf(marker)
      if (at < 0) return
      stop()
      const rest = seen.subarray(at + marker.length)
      if (rest.length > 0) stream.unshift(rest)
      resolve()
    }
    stream.on('readable', look)
    stream.once('end', lost)
  })
