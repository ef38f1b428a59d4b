import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { ScriptTimeout } from '../../../lib/ssh/connection.ts'
import { describePlaces } from './places.ts'
import { isAlive, until } from './sshd.ts'

describePlaces('run', here => {
  const run: ReturnType<typeof here>['connection']['run'] = (script, options) => here().connection.run(script, options)

  it('returns exit code, stdout and stderr separately, without any output of its own', async () => {
    expect(await run('echo out; echo err >&2; exit 3')).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' })
    expect(await run(':')).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('returns 128+n for a signal', async () => {
    expect((await run('kill -KILL $$')).code).toBe(137)
    expect((await run("sh -c 'kill -TERM $$'")).code).toBe(143)
  })

  it('closes stdin at once, after the input if there is any', async () => {
    expect((await run('cat; echo end')).stdout).toBe('end\n')
    expect((await run('read -r a; echo "<$a>"; cat', { input: 'first\nsecond\nno end' })).stdout).toBe('<first>\nsecond\nno end')
    expect((await run('cat', { input: Readable.from(['a', 'b']) })).stdout).toBe('ab')
  })

  it('accepts a script that never reads its input', async () => {
    expect((await run('echo done', { input: Buffer.alloc(8 * 1024 * 1024) })).stdout).toBe('done\n')
  })

  it('transfers 20 MB in each direction unchanged', async () => {
    const input = randomBytes(20_000_000)
    const hash = createHash('sha256')
    const result = await run('cat', { input, onStdoutBytes: bytes => hash.update(bytes) })
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(hash.digest('hex')).toBe(createHash('sha256').update(input).digest('hex'))
  })

  it('does not stall when both outputs are large', async () => {
    const { stdout, stderr } = await run(
      'i=0; while [ $i -lt 60 ]; do head -c 100000 /dev/zero; head -c 100000 /dev/zero >&2; i=$((i+1)); done',
    )
    expect([stdout.length, stderr.length]).toEqual([6_000_000, 6_000_000])
  })

  it('runs a script of 300 KiB with arbitrary text', async () => {
    const text = `${'ä"$`\\\n'.repeat(40_000)}`
    const { code, stdout } = await run(`cat <<'EOF'\n${text}\nEOF`)
    expect(code).toBe(0)
    expect(stdout).toBe(`${text}\n`)
  })

  it('streams text in complete characters only', async () => {
    const pieces: string[] = []
    const { stdout } = await run("printf '\\303'; sleep 0.1; printf '\\244|'; sleep 0.1; printf b", { onStdout: text => pieces.push(text) })
    expect(stdout).toBe('ä|b')
    expect(pieces.join('')).toBe('ä|b')
    expect(pieces[0]).toMatch(/^ä/)
  })

  it('ends everything that the script started at the time limit', async () => {
    const pids: number[] = []
    const running = run('sleep 300 & echo $!; echo $$; sleep 300', {
      timeout: 1_000,
      onStdout: text => pids.push(...text.trim().split('\n').map(Number)),
    })
    await expect(running).rejects.toThrow(ScriptTimeout)
    expect(pids).toHaveLength(2)
    await until(() => pids.every(pid => !isAlive(pid)), 'the end of the processes')
  })

  it('ends a script that ignores SIGTERM at the time limit', async () => {
    let pid = 0
    const running = run('trap "" TERM; echo $$; while :; do sleep 0.1; done', { timeout: 500, onStdout: text => (pid = Number(text)) })
    await expect(running).rejects.toThrow('M1: a script took longer than 0.5 s and was terminated')
    await until(() => !isAlive(pid), 'the end of the process')
  })

  it('can be aborted', async () => {
    const controller = new AbortController()
    let pid = 0
    const running = run('echo $$; sleep 300', {
      signal: controller.signal,
      onStdout: text => {
        pid = Number(text)
        controller.abort(new Error('enough'))
      },
    })
    await expect(running).rejects.toThrow('enough')
    await until(() => !isAlive(pid), 'the end of the process')
    await expect(run('echo never', { signal: controller.signal })).rejects.toThrow('enough')
  })

  it('runs many commands, four at a time', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nfsha-many-'))
    // Each continues when four are running, or all have started.
    const script = `cd ${directory}; : >run-$$; : >begun-$$
until n=$(ls | grep -c ^run-); [ $n -ge 4 ] || [ $(ls | grep -c ^begun-) -eq 25 ]; do sleep 0.02; done
echo $n; rm run-$$`
    const results = await Promise.all(Array.from({ length: 25 }, () => run(script)))
    rmSync(directory, { recursive: true })
    expect(Math.max(...results.map(result => Number(result.stdout)))).toBe(4)
  })

  it('has the same language and tools everywhere', async () => {
    expect((await run('echo $LC_ALL; command -v useradd >/dev/null && id -un')).stdout).toBe('C\nroot\n')
  })

  it('counts connections and execs', async () => {
    await run(':')
    const before = here().connection.counts.execs
    await run(':')
    expect(here().connection.counts).toEqual({ connections: 1, execs: before + here().execs })
  })

  it('keeps the script out of the process list', async () => {
    const secret = `geheim${process.pid}`
    const { stdout } = await run(`: ${secret}; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '`)
    expect(stdout).toContain('nfsha-play')
    expect(stdout).not.toContain(secret)
  })
})
