import { execFile } from 'node:child_process'
import { DownloadFailed } from './failed.ts'

/**
 * Verifies with gpgv(1) that the file was signed by a key of this keyring (detached signature).
 * @throws DownloadFailed
 */
export const verifySignature = (file: string, signature: string, keyring: string): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile('gpgv', ['--keyring', keyring, signature, file], { timeout: 120_000 }, (error, _stdout, stderr) => {
      if (!error) return resolve()
      if (error.code === 'ENOENT')
        return reject(
          new DownloadFailed('gpgv is not installed on this machine, so the signature cannot be verified', 'Install the package gpgv.'),
        )
      reject(
        new DownloadFailed(
          `${file} is not signed by a key of ${keyring}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
          'Does the keyring belong to the publisher of the archive? Do not use an archive with a bad signature.',
        ),
      )
    })
  })
