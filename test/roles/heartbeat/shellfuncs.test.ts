import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inOneWrite } from '../../../roles/heartbeat/shellfuncs.ts'

const asItComes = `before
ha_clustermsg() {
\t(echo ">>>"; cat -; echo "<<<")\t| cat - >> $HA_FIFO
}
after
`

test('a message goes out in one write; the rest stays, and so does a file that is right or foreign', () => {
  const right = inOneWrite(asItComes)
  expect(right).toBe(`before
ha_clustermsg() {
\t(m=$(cat); printf '>>>\\n%s\\n<<<\\n' "$m" >> $HA_FIFO)
}
after
`)
  expect(inOneWrite(right)).toBe(right)
  expect(inOneWrite('another one\n')).toBe('another one\n')
})

test('many that send at one moment do not spoil each other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfsha-fifo-'))
  try {
    const define = inOneWrite(asItComes).replace(/^(before|after)$/gm, '')
    const script = `HA_FIFO=${folder}/fifo; mkfifo $HA_FIFO; ${define}
cat $HA_FIFO > ${folder}/seen & reader=$!
exec 9> $HA_FIFO
for i in $(seq 40); do { echo t=message; echo; echo "n=$i"; } | ha_clustermsg & senders="$senders $!"; done
wait $senders; exec 9>&-; wait $reader; cat ${folder}/seen`
    const seen = execFileSync('sh', ['-c', script], { encoding: 'utf8', timeout: 30_000 })
    expect(seen.split('<<<\n').sort()).toEqual(['', ...Array.from({ length: 40 }, (_, i) => `>>>\nt=message\n\nn=${i + 1}\n`)].sort())
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)
