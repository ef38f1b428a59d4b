import { complain } from '../../report/output.ts'
import { knownSecrets } from '../../text/secrets.ts'
import { type PlayArguments, UsageError } from '../options.ts'
import { secrets } from '../secrets.ts'

/** Asks for a secret on the terminal, without echo. Throws `UsageError` without a terminal; its message ends with `instead`. */
export const askSecret = async (question: string, instead = ''): Promise<string> => {
  const { stdin, stderr } = process
  if (!stdin.isTTY)
    throw new UsageError(`${question.replace(/: $/, '')}: there is no terminal to ask on${instead === '' ? '' : `\n  ${instead}`}`)
  const typed = await typedSecret(question, stdin, stderr)
  secrets.add(typed)
  return typed
}

const typedSecret = (question: string, stdin: typeof process.stdin, stderr: typeof process.stderr): Promise<string> =>
  new Promise((resolve, reject) => {
    let typed = ''
    const finish = () => {
      stdin.setRawMode(false)
      stdin.pause()
      stdin.off('data', onData)
      stderr.write('\n')
    }
    const onData = (bytes: Buffer) => {
      for (const key of bytes.toString()) {
        if (key === '\r' || key === '\n') {
          finish()
          knownSecrets.add(typed)
          return resolve(typed)
        }
        if (key === '\u0003') {
          finish()
          return reject(new UsageError('interrupted'))
        }
        typed = key === '\u007f' ? typed.slice(0, -1) : typed + key
      }
    }
    // Echo is turned off before the question appears, so that nothing of a fast answer shows.
    stdin.setRawMode(true)
    complain(question)
    stdin.resume()
    stdin.on('data', onData)
  })

/** The password for `-K`, asked for once per command. Throws as `askSecret` does. */
export const askBecomePassword = async ({ askBecomePass }: PlayArguments): Promise<string | undefined> =>
  askBecomePass ? askSecret('BECOME password (-K): ', withoutTerminal) : undefined

const withoutTerminal =
  'without one, put ansible_become_password into the inventory, encrypted by `nfsha-play vault encrypt-string`, or allow NOPASSWD in sudoers on the host'
