import { expect, test } from 'vitest'
import { parseProcDrbd } from '../../lib/resources/proc-drbd.ts'
import type { NamedState } from '../../roles/integrate/service-state.ts'
import { serviceProblems } from '../../roles/integrate/service-state.ts'

const device = (text: string) => parseProcDrbd(` 0: cs:${text} C r-----\n    oos:0\n`).devices[0]
const holder: NamedState = {
  host: 'M1',
  heartbeat: true,
  stable: true,
  vip: true,
  mounted: true,
  nfsd: 8,
  exported: true,
  served: 'full',
  links: [],
  space: undefined,
  device: device('Connected ro:Primary/Secondary ds:UpToDate/UpToDate'),
}
const standby: NamedState = {
  ...holder,
  host: 'M2',
  vip: false,
  mounted: false,
  nfsd: 0,
  exported: false,
  device: device('Connected ro:Secondary/Primary ds:UpToDate/UpToDate'),
}

test.each<[string, Partial<NamedState>, Partial<NamedState>, RegExp[]]>([
  ['one serves, the other stands by', {}, {}, []],
  ['virtual IP on both', {}, { vip: true, nfsd: 8, mounted: false }, [/virtual IP is on M1 and M2/]],
  [
    'virtual IP nowhere',
    { vip: false },
    {},
    [/virtual IP is on no node/, /DRBD is Primary on M1/, /mounted on M1/, /exported on M1/, /nfsd runs on M1/],
  ],
  ['heartbeat stopped on the standby', {}, { heartbeat: false }, [/heartbeat does not run on M2/]],
  [
    'split',
    { device: device('StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown') },
    { device: device('StandAlone ro:Secondary/Unknown ds:UpToDate/DUnknown') },
    [/M1 has no connection/, /M2 has no connection/],
  ],
  ['nfsd died', { nfsd: 0, exported: false }, {}, [/exported on no node/, /nfsd does not run on M1/]],
  ['resync is no problem', {}, { device: device('SyncTarget ro:Secondary/Primary ds:Inconsistent/UpToDate') }, []],
  ['disk lost', {}, { device: device('Connected ro:Secondary/Primary ds:Diskless/UpToDate') }, [/Diskless on M2/]],
])('%s', (_name, one, two, problems) => {
  const found = serviceProblems(
    [
      { ...holder, ...one },
      { ...standby, ...two },
    ],
    'full',
  )
  expect(found).toHaveLength(problems.length)
  for (const [i, p] of problems.entries()) expect(found[i]).toMatch(p)
})
