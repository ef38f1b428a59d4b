import fc from 'fast-check'
import { expect, it } from 'vitest'
import { $ as localShell } from 'zx/core'
import { CommandFailed } from '../../../lib/ssh/connection.ts'
import { describePlaces } from './places.ts'
import { isAlive, until } from './sshd.ts'

describePlaces('shell', here => {
  const $ = () => here().connection.$
  /** The commands run in a different session than the test. */
  const home = () => $()`ps -o sid= -p $$`.text()

  it('quotes any value', async () => {
    const text = fc.string({ unit: 'grapheme' }).filter(value => !value.includes('\0'))
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), async values => {
        const { stdout } = await $()`for v in ${values}; do printf '%s|\\0' "$v"; done`
        expect(stdout).toBe(values.map(value => `${value}|\0`).join(''))
      }),
      { numRuns: 15, examples: [[['', '-n', "'", '\n', '$HOME', 'ä']]] },
    )
  })

  it('refuses a value that is undefined', () => {
    expect(() => $()`rm -rf /${undefined}`).toThrow('value 1 of the command is undefined')
  })

  it('returns text, lines, json, buffer and exit code', async () => {
    expect(await $()`printf 'a\nb\n'`.lines()).toEqual(['a', 'b'])
    expect(await $()`echo '{"a":1}'`.json()).toEqual({ a: 1 })
    expect(await $()`printf x`.text()).toBe('x')
    expect(await $()`exit 5`.exitCode).toBe(5)
    expect(String(await $()`echo ${await $()`echo in`}`)).toBe('in')
  })

  it('iterates over lines as they arrive', async () => {
    const lines: string[] = []
    for await (const line of $()`echo 1; echo 2`) lines.push(line)
    expect(lines).toEqual(['1', '2'])
  })

  it('rejects with host, command, exit code and the last lines of stderr, without any value', async () => {
    const failed = await $()`ls --nonsense ${'geheim'} >/dev/null 2>&1 || { echo one >&2; echo two >&2; exit 7; }`.catch(error => error)
    expect(failed).toBeInstanceOf(CommandFailed)
    expect(failed.message).toMatch(/^M1: `ls --nonsense … .*` ended with exit code 7: one\ntwo$/)
    expect(failed.message).not.toContain('geheim')
    expect(failed).toMatchObject({ host: 'M1', exitCode: 7, stderr: 'one\ntwo\n', stdout: '' })
  })

  it('runs with set -eu', async () => {
    await expect($()`false; echo on`).rejects.toThrow('ended with exit code 1')
    await expect($()`echo "$no_such_variable"`).rejects.toThrow('no_such_variable')
  })

  it('supports nothrow', async () => {
    expect((await $()({ nothrow: true })`exit 3`).exitCode).toBe(3)
    expect((await $()`exit 4`.nothrow()).exitCode).toBe(4)
  })

  it('reads input, or end of file if there is none', async () => {
    expect(await $()({ input: 'in' })`cat`.text()).toBe('in')
    expect(await $()`cat`.text()).toBe('')
    const cat = $()`cat`
    cat.stdin.write('a')
    cat.stdin.end('b')
    expect(await cat.text()).toBe('ab')
  })

  it('pipes on the host, in every form', async () => {
    expect(await $()`printf 'b\na\n'`.pipe($()`sort`).text()).toBe('a\nb\n')
    expect(await $()`printf 'b\na\n'`.pipe`sort`.text()).toBe('a\nb\n')
    expect(await $()`printf 'b\na\n'`.pipe`sort`.pipe`head -n ${1}`.text()).toBe('a\n')
    expect(await $()`echo err >&2; echo out`.pipe.stderr`cat`.text()).toBe('err\n')
    expect(await $()`echo`.pipe`ps -o sid= -p $$`.text()).not.toBe(await localShell`ps -o sid= -p $$`.text())
    await expect($()`echo a`.pipe`exit 9`).rejects.toThrow('M1: `exit 9` ended with exit code 9')
    expect(() => $()`echo`.pipe('/tmp/nfsha-never')).toThrow('would write on this machine')
  })

  it('is never synchronous', () => {
    expect(() => $().sync`echo`).toThrow("a host's $ is never synchronous")
    expect(() => $()({ sync: true })).toThrow("a host's $ is never synchronous")
  })

  it('uses cwd and env on the host', async () => {
    expect(await $()({ cwd: '/usr' })`pwd`.text()).toBe('/usr\n')
    expect(await $()({ cwd: '/usr' })({ nothrow: true })`pwd; exit 1`.text()).toBe('/usr\n')
    expect(await $()({ env: { ...process.env, NFSHA_A: "it's" } })`echo "$NFSHA_A"`.text()).toBe("it's\n")
    process.env.NFSHA_LOCAL = 'local'
    if (here().place !== 'local') expect(await $()`echo "\${NFSHA_LOCAL-unset}"`.text()).toBe('unset\n')
  })

  it('kills the process on the host', async () => {
    const sleeping = $()`echo $$; sleep 300`
    let pid = 0
    sleeping.stdout.once('data', chunk => (pid = Number(chunk)))
    const ended = sleeping.catch(error => error)
    await until(() => pid > 0, 'the pid')
    await sleeping.kill()
    expect((await ended).message).toMatch(/was killed by SIGTERM|exit code 143/)
    await until(() => !isAlive(pid), 'the end of the process')
  })

  it('supports timeout', async () => {
    await expect($()`sleep 300`.timeout('500ms')).rejects.toThrow(/was killed by SIGTERM|exit code 143/)
    await expect($()({ timeout: '500ms' })`sleep 300`).rejects.toThrow(/was killed by SIGTERM|exit code 143/)
  })

  it('can be aborted', async () => {
    const controller = new AbortController()
    let pid = 0
    const sleeping = $()({ signal: controller.signal })`echo $$; sleep 300`
    sleeping.stdout.once('data', chunk => {
      pid = Number(chunk)
      controller.abort()
    })
    await expect(sleeping).rejects.toThrow('M1: ')
    await until(() => !isAlive(pid), 'the end of the process')
  })

  it('leaves the global $ alone', async () => {
    const before = await localShell`ps -o sid= -p $$`.text()
    await home()
    expect(await localShell`ps -o sid= -p $$`.text()).toBe(before)
    expect(localShell.quote?.("'")).toBe("$'\\''")
  })

  it('prints nothing', async () => {
    const { write } = process.stderr
    const printed: unknown[] = []
    process.stderr.write = (text: unknown) => printed.push(text) > 0
    try {
      await $()`echo out; echo err >&2`
    } finally {
      process.stderr.write = write
    }
    expect(printed).toEqual([])
  })
})
