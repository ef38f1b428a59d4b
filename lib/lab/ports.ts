import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

/** Whether it is possible to listen on a port of the loopback. */
export const isPortFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

const lowest = 20_000

/**
 * Free TCP ports on the loopback, all different. They are below the range that the kernel uses for outgoing connections
 * (ip_local_port_range), so that a machine's port is still free when the machine is switched on again.
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const end = firstEphemeralPort()
  const found = new Set<number>()
  for (let tries = 0; found.size < count; tries++) {
    if (tries > 1000) throw new Error(`no ${count} free ports between ${lowest} and ${end}`)
    const port = randomInt(lowest, end)
    if (await isPortFree(port)) found.add(port)
  }
  return [...found]
}

/** The first port of ip_local_port_range (Documentation/networking/ip-sysctl.rst); 65 536 if it leaves no room below. */
const firstEphemeralPort = (): number => {
  const first = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0])
  return first > lowest + 1000 ? first : 65_536
}
