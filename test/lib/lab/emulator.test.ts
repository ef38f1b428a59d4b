import { expect, test } from 'vitest'
import { emulatorArguments, type MachineLaunch } from '../../../lib/lab/emulator.ts'

const launch: MachineLaunch = {
  machine: 'M1',
  marker: 'nfsha-lab-abc-M1',
  accelerator: 'tcg',
  memoryMiB: 512,
  sshPort: 2201,
  segments: { group: '239.192.1.2', ports: { em1: 20001, em2: 20002, em3: 20003 } },
  kernel: '/k',
  initrd: '/i',
  rootDisk: '/lab/M1/root.qcow2',
  dataDisks: ['/lab/M1/vdb.qcow2', '/lab/M1/vdc.qcow2'],
  qmpSocket: '/lab/M1/qmp',
  serialLog: '/lab/M1/serial.log',
}

const valuesOf = (args: string[], option: string) => args.filter((_, index) => args[index - 1] === option)

test('a node has its disks in the order of their names and one network card per segment', () => {
  const args = emulatorArguments(launch)
  expect(valuesOf(args, '-drive').map(value => /file=([^,]+),.*id=(\w+)/.exec(value)?.slice(1))).toEqual([
    ['/lab/M1/root.qcow2', 'vda'],
    ['/lab/M1/vdb.qcow2', 'vdb'],
    ['/lab/M1/vdc.qcow2', 'vdc'],
  ])
  expect(valuesOf(args, '-netdev')).toEqual([
    'user,ipv6=off,hostfwd=tcp:127.0.0.1:2201-:22,id=em0',
    'socket,mcast=239.192.1.2:20001,localaddr=127.0.0.1,id=em1',
    'socket,mcast=239.192.1.2:20002,localaddr=127.0.0.1,id=em2',
    'socket,mcast=239.192.1.2:20003,localaddr=127.0.0.1,id=em3',
  ])
})

test('the client has only em0 and em1', () => {
  const args = emulatorArguments({ ...launch, machine: 'C1', dataDisks: [] })
  expect(valuesOf(args, '-netdev').map(value => /id=(\w+)/.exec(value)?.[1])).toEqual(['em0', 'em1'])
  expect(valuesOf(args, '-drive')).toHaveLength(1)
})

test('no segment leaves the loopback, and no port is open to others', () => {
  for (const value of valuesOf(emulatorArguments(launch), '-netdev')) expect(value).toMatch(/127\.0\.0\.1/)
})

test.each([
  ['kvm', 'kvm', 'host'],
  ['tcg', 'tcg,thread=multi', 'max,la57=off,erms=off,fsrm=off'],
] as const)('%s', (accelerator, accel, cpu) => {
  const args = emulatorArguments({ ...launch, accelerator })
  expect(valuesOf(args, '-accel')).toEqual([accel])
  expect(valuesOf(args, '-cpu')[0]).toBe(cpu)
})

test('a comma in a path is doubled, as qemu requires', () => {
  const args = emulatorArguments({ ...launch, rootDisk: '/a,b/root.qcow2' })
  expect(valuesOf(args, '-drive')[0]).toContain('file=/a,,b/root.qcow2,if=none')
})
