import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { centos6 } from '../../../lib/platform/centos6.ts'
import { parseDf } from '../../../lib/resources/df.ts'
import { parseNics } from '../../../lib/resources/ip-address.ts'
import { describeDevice, parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'
import { hostRoutesTo, parseRouteTable } from '../../../lib/resources/route-table.ts'
import { writesAndReads } from '../../../roles/client/proof.ts'
import { heartbeat } from '../../../roles/heartbeat/role.ts'
import { roles } from '../../../roles/index.ts'
import { stateDirectory } from '../../../roles/service/nfs/exports.ts'
import { contextOn } from '../../roles/contexts.ts'
import { issuedBy } from '../../roles/recorder.ts'

// Every output of these commands in the article: recordings of CentOS 6.5 with DRBD 8.4.3, with line breaks restored.

const recordings = (name: string): { host: string; text: string }[] =>
  readFileSync(new URL(`../../fixtures/article/${name}.txt`, import.meta.url), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map(part => ({ host: part.slice(0, 2), text: part.slice(3) }))

test('/proc/drbd, 24 times, from the module just loaded to the last failback', () => {
  const read = recordings('proc-drbd').map(({ host, text }) => ({ host, parsed: parseProcDrbd(text) }))
  expect(read.every(r => r.parsed.version === '8.4.3')).toBe(true)
  expect(read.map(r => [r.host, ...r.parsed.devices.map(d => `${describeDevice(d)} ${d.flags} ${d.outOfSync}`)].join(': '))).toEqual([
    'M1',
    'M1: Connected Secondary/Secondary Inconsistent/Inconsistent r----- 133615596',
    'M2',
    'M2: Connected Secondary/Secondary Inconsistent/Inconsistent r----- 133615596',
    'M1: SyncSource Primary/Secondary UpToDate/Inconsistent r---n- 133477612',
    'M2: SyncTarget Secondary/Primary Inconsistent/UpToDate r----- 133154284',
    'M1: Connected Primary/Secondary UpToDate/UpToDate r----- 0',
    'M2: Connected Secondary/Primary UpToDate/UpToDate r----- 0',
    'M1: Connected Primary/Secondary UpToDate/UpToDate r----- 0',
    'M2: WFConnection Secondary/Unknown UpToDate/DUnknown r----- 0',
    'M2: WFConnection Primary/Unknown UpToDate/DUnknown r----- 24',
    // from here on heartbeat moves it: M1 serves, M2, M1, M2 (em1 down on M1), M1
    ...['M1', 'M1', 'M2', 'M1', 'M1', 'M2', 'M1'].flatMap((holder, i) =>
      // the article shows the failed-over pair on both nodes, and only M1 before em1 is taken down
      (i === 4 ? ['M1'] : ['M1', 'M2']).map(host =>
        host === holder
          ? `${host}: Connected Primary/Secondary UpToDate/UpToDate r----- 0`
          : `${host}: Connected Secondary/Primary UpToDate/UpToDate r----- 0`,
      ),
    ),
  ])
  expect(read.flatMap(r => r.parsed.devices.flatMap(d => (d.sync ? [d.sync.percent] : [])))).toEqual([0.2, 0.4])
})

test('ip a, 18 times: who has the virtual IP', () => {
  const read = recordings('ip-a').map(({ host, text }) => ({ host, nics: parseNics(text) }))
  expect(read).toHaveLength(18)
  for (const { host, nics } of read) {
    const [em1] = nics
    const own = host === 'M1' ? '192.168.0.210/24' : '192.168.0.211/24'
    expect(em1?.name).toBe('em1')
    expect(em1?.addresses.filter(a => a !== '192.168.0.219/24')).toEqual(em1?.up ? [own] : [])
  }
  const down = read.filter(r => !r.nics[0]?.up)
  expect(down.map(r => r.host)).toEqual(['M1'])
  expect(read.map(r => (r.nics[0]?.addresses.includes('192.168.0.219/24') ? r.host.toLowerCase() : '-')).join(' ')).toBe(
    'm1 - - m2 m1 m1 - m1 - - m2 m1 - m1 - m2 m1 -',
  )
})

test('route -n, before and after the host routes', () => {
  const tables = recordings('route-n').map(({ text }) => parseRouteTable(text))
  expect(tables.map(t => t.length)).toEqual([7, 9, 7, 9])
  const [before = [], after = [], , m2 = []] = tables
  expect(hostRoutesTo('172.16.0.211', before)).toEqual([])
  expect(hostRoutesTo('172.16.0.211', after)).toEqual(['em2'])
  expect(hostRoutesTo('172.16.100.211', after)).toEqual(['em3'])
  expect(hostRoutesTo('172.16.0.210', m2)).toEqual(['em2'])
  expect(after.at(-1)).toEqual({ destination: '0.0.0.0', gateway: '192.168.0.1', mask: '0.0.0.0', flags: 'UG', nic: 'em1' })
})

test('df -h, with a device name on a separate line', () => {
  const [m1 = [], ...clients] = recordings('df-h').map(({ text }) => parseDf(text))
  expect(m1.map(u => `${u.source} ${u.percent} ${u.mountPoint}`)).toEqual([
    '/dev/mapper/VolGroup-lv_root 12% /',
    'tmpfs 0% /dev/shm',
    '/dev/sda1 11% /boot',
    '/dev/drbd0 1% /data',
  ])
  expect(clients.flat().map(u => `${u.source} ${u.size} ${u.used}`)).toEqual([
    '192.168.0.219:/data 126G 1.1G',
    '192.168.0.219:/data 126G 60M',
  ])
})

const listings = () =>
  recordings('ls').map(({ host, text }) => {
    const [place = '', ...lines] = text.trim().split('\n')
    return { host, place, lines }
  })

test('ls /etc/ha.d: the files from the package and the author are those that the roles expect and write', () => {
  const [samples, haDir] = listings()
  expect(haDir?.place).toBe(centos6.paths.haDir)
  const probes = roles.flatMap(role => role.steps(contextOn(centos6)).map(resource => resource.probe.sh)).join('\n')
  // files named after this tool belong to the other stack
  const asked = new Set([...probes.matchAll(/\/etc\/ha\.d\/(?!nfsha)([\w.]+)/g)].map(m => m[1]))
  expect(asked).toEqual(new Set(['authkeys', 'ha.cf', 'haresources', 'resource.d']))
  for (const name of asked) expect(haDir?.lines.join().split(' ')).toContain(name)
  // ll | egrep: the sample files of the package, which the article copies there and edits
  expect(samples?.lines.map(line => line.split(' ').at(-1))).toEqual([...asked].filter(name => name !== 'resource.d').sort())
})

test('the samples are world-readable, which heartbeat refuses for authkeys: the role writes it with the mode of the article’s chmod', async () => {
  const [samples] = listings()
  expect(samples?.lines.map(line => line.split(' ', 1)[0])).toEqual(Array(3).fill('-rw-r--r--.'))
  const authkeys = heartbeat.steps(contextOn(centos6)).find(resource => resource.id === 'file /etc/ha.d/authkeys')
  const issued = authkeys ? await issuedBy(authkeys, ['M1', 'M2'], 'M1') : []
  expect(issued.flatMap(({ script, input }) => (input === undefined ? [] : [/chmod (\d+) /.exec(script)?.[1]]))).toEqual(['0600', '0600'])
})

test('ls /data: files written on M1 are on M2 and at the client, and files of the roles would not be listed', () => {
  const files = listings().filter(({ place }) => place === '/data')
  expect(files.map(({ host, lines }) => `${host}: ${lines.join()}`)).toEqual([
    'M2: lost+found test',
    'C1: lost+found test',
    'C1: lost+found nihao test',
  ])
  const { vars } = contextOn(centos6)
  const ours = [...writesAndReads(contextOn(centos6)).probe.sh.matchAll(/\/data\/([^/' ]+)/g)]
  expect(ours.map(m => m[1])).toEqual(['.nfsha-M1'])
  expect(stateDirectory).not.toContain(vars.nfs_export_path)
})

test('df -P and df -Pi', () => {
  const text = `Filesystem         1024-blocks      Used Available Capacity Mounted on
/dev/drbd0           131410692     60852 124674540       1% /data
`
  expect(parseDf(text)).toEqual([
    { source: '/dev/drbd0', size: '131410692', used: '60852', available: '124674540', percent: '1%', mountPoint: '/data' },
  ])
  expect(parseDf('Filesystem Inodes IUsed IFree IUse% Mounted on\ntmpfs 0 0 0 - /dev/shm\n')).toMatchObject([{ percent: '-' }])
})
