/** Pure: an IPv4 address as a number. */
export const numberOf = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const textOf = (value: number): string => [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.')

export interface Network {
  address: string
  prefix: number
  /** The first and the last address: of the network itself, and broadcast. */
  first: string
  last: string
}

/** Pure: parses `192.168.0.219/24` into address and network. */
export const networkOf = (cidr: string): Network => {
  const [address = '', length = '32'] = cidr.split('/')
  const prefix = Number(length)
  const size = 2 ** (32 - prefix)
  const first = Math.floor(numberOf(address) / size) * size
  return { address, prefix, first: textOf(first), last: textOf(first + size - 1) }
}

export const isWithin = (ip: string, { first, last }: Network): boolean => numberOf(first) <= numberOf(ip) && numberOf(ip) <= numberOf(last)

/** How many leading bits two addresses have in common. */
export const commonPrefix = (one: string, two: string): number => Math.clz32((numberOf(one) ^ numberOf(two)) >>> 0)

/** Pure: why no machine can have this address (RFC 6890, RFC 5771); undefined when one can. */
export const notAHost = (ip: string): string | undefined => {
  const [first = 0] = ip.split('.').map(Number)
  if (first === 0) return 'is not a valid host address'
  if (first === 127) return 'is a loopback address'
  if (first >= 224 && first < 240) return 'is a multicast address'
  return first >= 240 ? 'is not a valid host address' : undefined
}
