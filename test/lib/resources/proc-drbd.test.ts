import { expect, test } from 'vitest'
import { describeDevice, isSyncing, parseProcDrbd } from '../../../lib/resources/proc-drbd.ts'

// The samples are the article's own recordings of DRBD 8.4.3.
const head = `version: 8.4.3 (api:1/proto:86-101)
GIT-hash: 89a294209144b68adb3ee85a73221f964d3ee515 build by root@M1.redhat.sx, 2014-11-11 16:20:26
`
const parse = (body: string) => parseProcDrbd(head + body)

test('loaded, with nothing configured', () => {
  expect(parse('')).toEqual({ version: '8.4.3', devices: [] })
})

test.each([
  [
    'fresh',
    ' 0: cs:Connected ro:Secondary/Secondary ds:Inconsistent/Inconsistent C r-----\n    ns:0 nr:0 oos:133615596\n',
    'Connected Secondary/Secondary Inconsistent/Inconsistent',
    133615596,
  ],
  [
    'peer gone',
    ' 0: cs:WFConnection ro:Secondary/Unknown ds:UpToDate/DUnknown C r-----\n    ns:0 oos:0\n',
    'WFConnection Secondary/Unknown UpToDate/DUnknown',
    0,
  ],
  [
    'serving alone',
    ' 0: cs:WFConnection ro:Primary/Unknown ds:UpToDate/DUnknown C r-----\n    al:3 oos:24\n',
    'WFConnection Primary/Unknown UpToDate/DUnknown',
    24,
  ],
  [
    'serving',
    ' 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----\n    ns:8803768 oos:0\n',
    'Connected Primary/Secondary UpToDate/UpToDate',
    0,
  ],
])('%s', (_name, body, text, oos) => {
  const [device] = parse(body).devices
  expect(device && describeDevice(device)).toBe(text)
  expect(device?.outOfSync).toBe(oos)
  expect(device && isSyncing(device)).toBe(false)
})

test('a running synchronisation has percent, speed in bytes per second and seconds left', () => {
  const [source] = parse(` 0: cs:SyncSource ro:Primary/Secondary ds:UpToDate/Inconsistent C r---n-
    ns:140132 nr:0 dw:0 dr:144024 al:0 bm:8 lo:0 pe:17 ua:26 ap:0 ep:1 wo:d oos:133477612
\t[>....................] sync'ed:  0.2% (130348/130480)M
\tfinish: 0:16:07 speed: 137,984 (137,984) K/sec
`).devices
  expect(source?.sync).toEqual({ percent: 0.2, speed: 137984 * 1024, remaining: 967 })
  expect(source && isSyncing(source)).toBe(true)
  const [target] = parse(` 0: cs:SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate C r-----
    ns:0 nr:461440 oos:133154284
\t[>....................] sync'ed:  0.4% (130032/130480)M
\tfinish: 0:19:13 speed: 115,328 (115,328) want: 102,400 K/sec
`).devices
  expect(target?.sync).toEqual({ percent: 0.4, speed: 115328 * 1024, remaining: 1153 })
})

test('unconfigured minors are omitted', () => {
  expect(
    parse(' 0: cs:Unconfigured\n 1: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----\n').devices.map(d => d.minor),
  ).toEqual([1])
})
