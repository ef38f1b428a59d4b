import { afterAll, beforeAll, expect, test } from 'vitest'
import { labDown, labUp } from '../../lib/lab/index.ts'
import { nfshaPlay, on } from '../lab/run.ts'

/** NFSHA_TEST_LAB names a converged lab that is up and whose holder is M1; else one is brought up and played. */
const given = process.env.NFSHA_TEST_LAB
const lab = given ?? `late-${process.pid}`
const switchover = async (to: string) => {
  const run = await nfshaPlay(lab, ['switchover', '-e', `to=${to}`])
  expect(run.code, run.story).toBe(0)
}

beforeAll(async () => {
  if (given !== undefined) return
  await labUp({ name: lab, ephemeral: true })
  const run = await nfshaPlay(lab, ['site.yml'])
  expect(run.code, run.story).toBe(0)
})
afterAll(async () => {
  if (given === undefined) await labDown({ name: lab, destroy: true })
})

/** Held for longer than the second that the kernel gives it, the first time. It keeps its own name among the processes. */
const late = `#!/bin/bash
(exec -a nfsdcld /root/real/nfsdcld "$@")
[ -e /run/late ] && exit
: > /run/late; p=$(pgrep -nx nfsdcld); kill -STOP $p; (sleep 3; kill -CONT $p) >/dev/null 2>&1 &
`

test('an nfsdcld that is late at a takeover: nfsd is started again, and tracks its clients by it', async () => {
  await on(
    lab,
    'M2',
    `mkdir /root/real; cp -p /usr/sbin/nfsdcld /root/real/; mv /usr/sbin/nfsdcld /usr/sbin/nfsdcld.kept
cat > /usr/sbin/nfsdcld <<'END'\n${late}END
chmod 755 /usr/sbin/nfsdcld`,
  )
  try {
    await switchover('M2')
    expect(await on(lab, 'M2', 'journalctl -t nfsha -o cat | grep "did not meet nfsdcld"; ls /run/rpc_pipefs/nfsd')).toMatch(
      /again \(1\)[\s\S]*\bcld\b/,
    )
  } finally {
    await on(lab, 'M2', 'mv /usr/sbin/nfsdcld.kept /usr/sbin/nfsdcld; rm -rf /root/real /run/late')
  }
  await switchover('M1')
})
