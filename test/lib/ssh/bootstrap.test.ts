import { execFileSync, spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bootstrapArgv, frameScript, goLine, readyGroup, startedProcesses } from '../../../lib/ssh/bootstrap.ts'
import { quote } from '../../../lib/ssh/quote.ts'

const token = 'nfsha-0123456789'

const has = (shell: string[]): boolean => spawnSync(shell[0] ?? '', [...shell.slice(1), '-c', 'true']).status === 0

/** Every POSIX shell that a host may have as `sh`. */
const shells = [['dash'], ['bash', '--posix'], ['busybox', 'ash']].filter(has)

const run = (shell: string[], script: string | Uint8Array, input = ''): string => {
  const [, , program = '', ...rest] = bootstrapArgv(token)
  const [file = '', ...first] = shell
  const stdout = execFileSync(file, [...first, '-c', program, ...rest], {
    input: Buffer.concat([frameScript(script, token), Buffer.from(input)]),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  return stdout.toString('latin1').split(goLine(token))[1] ?? ''
}

describe('the bootstrap', () => {
  it('is accepted by any login shell in single quotes', () => {
    for (const [options, most] of [
      [{}, 600],
      [{ isMetered: true }, 800],
      [{ isFenced: true, isMetered: true }, 800],
    ] as const) {
      const program = bootstrapArgv(token, options)[2] ?? ''
      expect(program).not.toMatch(/['\\!\n]/)
      expect(program.length).toBeLessThan(most)
    }
  })

  it.each(shells)('under %s runs any script, whatever bytes it contains', (...shell) => {
    fc.assert(
      fc.property(fc.uint8Array({ min: 1, max: 255, maxLength: 60 }), bytes => {
        const text = Buffer.from(bytes).toString('latin1').replaceAll("'", '')
        const script = Buffer.from(`printf '%s' '${text}'`, 'latin1')
        expect(run(shell, script)).toBe(text)
      }),
      { numRuns: 60 },
    )
  })

  it.each(shells)('under %s leaves the rest of stdin to the script', (...shell) => {
    expect(run(shell, 'cat', 'in\nput')).toBe('in\nput')
  })

  it.each(shells)('under %s starts clean: no arguments, no variables', (...shell) => {
    expect(run(shell, 'echo "$#"; echo "[$t$g$n$l$s]"')).toBe('0\n[]\n')
  })

  it.each(shells)('under %s runs nothing of a truncated script', (...shell) => {
    const frame = frameScript('echo ran; rm -rf /var/lib/nothing', token)
    const [, , program = '', ...rest] = bootstrapArgv(token)
    const [file = '', ...first] = shell
    for (const cut of [1, 2, 5, frame.length - 1]) {
      const { status, stdout } = spawnSync(file, [...first, '-c', program, ...rest], { input: frame.subarray(0, cut) })
      expect([status, stdout.toString()]).toEqual([125, expect.stringMatching(/^nfsha-0123456789 ready \d+\n$/)])
    }
  })

  it('runs a script of 2 MiB', () => {
    expect(run(['sh'], `: ${quote('x'.repeat(2 * 1024 * 1024))}\necho end`)).toBe('end\n')
  })

  it('reports its process group', () => {
    expect(readyGroup(`Welcome${token} ready 4711\n`, token)).toBe(4711)
    expect(readyGroup(`${token} ready 47`, token)).toBeUndefined()
  })

  it.each(shells)('under %s reports how many processes there were, if requested', (...shell) => {
    const [file = '', ...first] = shell
    const said = (isMetered: boolean) => {
      const [, , program = '', ...rest] = bootstrapArgv(token, { isMetered })
      return execFileSync(file, [...first, '-c', program, ...rest], { input: frameScript(':', token), stdio: ['pipe', 'pipe', 'ignore'] })
    }
    expect(startedProcesses(said(true).toString(), token)).toBeGreaterThan(1)
    expect(startedProcesses(said(false).toString(), token)).toBeUndefined()
  })

  it('refuses a script with NUL', () => {
    expect(() => frameScript('a\0', token)).toThrow('NUL')
  })
})
