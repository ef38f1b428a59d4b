import { expect, test } from 'vitest'
import { on } from '../lab/run.ts'
import { convergedLab, other } from './converged.ts'

const { lab, good, holder } = convergedLab('late')
const switchover = (to: string) => good('switchover', '-e', `to=${to}`)

/** The first time, delays nfsdcld beyond the second that the kernel waits for it. It keeps its process name. */
const late = `#!/bin/bash
(exec -a nfsdcld /root/real/nfsdcld "$@")
[ -e /run/late ] && exit
: > /run/late; p=$(pgrep -nx nfsdcld); kill -STOP $p; (sleep 3; kill -CONT $p) >/dev/null 2>&1 &
`

test('nfsdcld is late at a takeover: nfsd is started again, and tracks its clients with nfsdcld', async () => {
  const from = await holder()
  const to = other(from)
  await on(
    lab,
    to,
    `mkdir /root/real; cp -p /usr/sbin/nfsdcld /root/real/; mv /usr/sbin/nfsdcld /usr/sbin/nfsdcld.kept
cat > /usr/sbin/nfsdcld <<'END'\n${late}END
chmod 755 /usr/sbin/nfsdcld`,
  )
  try {
    await switchover(to)
    expect(await on(lab, to, 'journalctl -t nfsha -o cat | grep "did not open its pipe in time"; ls /run/rpc_pipefs/nfsd')).toMatch(
      /attempt 1 of 4[\s\S]*\bcld\b/,
    )
  } finally {
    await on(lab, to, 'mv /usr/sbin/nfsdcld.kept /usr/sbin/nfsdcld; rm -rf /root/real /run/late')
  }
  await switchover(from)
})
