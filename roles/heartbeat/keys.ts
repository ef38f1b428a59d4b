/** An authkeys file: the keys that are accepted, by number, and the one that signs. authkeys(5). */
export interface Keys {
  auth: number
  /** `sha1 secret` by number, 1 to 15 */
  keys: ReadonlyMap<number, string>
}

const numbers = Array.from({ length: 15 }, (_, i) => i + 1)

/** Pure. A file that says nothing valid has no keys. */
export const parseKeys = (text: string): Keys => {
  const lines = text.split('\n').map(l => l.replace(/#.*/, '').trim())
  const keys = lines.flatMap(l => {
    const match = /^(\d+)\s+(\S.*)$/.exec(l)
    return match ? [[Number(match[1]), (match[2] ?? '').replace(/\s+/g, ' ')] as const] : []
  })
  return { auth: Number(/^auth\s+(\d+)$/m.exec(lines.join('\n'))?.[1] ?? 0), keys: new Map(keys) }
}

/** Pure. */
export const formatKeys = ({ auth, keys }: Keys): string =>
  `auth ${auth}\n${[...keys]
    .sort(([a], [b]) => a - b)
    .map(([number, key]) => `${number} ${key}\n`)
    .join('')}`

/** Pure: whether this key, and no other, is accepted and signs. Its number is of no matter. */
export const isOnly = ({ auth, keys }: Keys, key: string): boolean => keys.size === 1 && keys.get(auth) === key

/**
 * Pure: the way from what the nodes have to one new key without a packet that anybody refuses. First every node accepts the new key too, then every node
 * signs with it, then the old ones go; each step is in force on both nodes before the next. Each step: the files in the nodes' order.
 */
export const rotation = (nodes: Keys[], key: string): Keys[][] => {
  const known = nodes.flatMap(n => [...n.keys].filter(([, k]) => k === key).map(([number]) => number))[0]
  const taken = new Set(nodes.flatMap(n => [...n.keys.keys()]))
  const number = known ?? numbers.find(n => !taken.has(n)) ?? 1
  const old = new Map(nodes.flatMap(n => [...n.keys]).filter(([n]) => n !== number))
  const learnt = new Map([...old, [number, key]])
  const only: Keys = { auth: number, keys: new Map([[number, key]]) }
  return [
    nodes.map(n => ({ auth: n.auth || number, keys: learnt })),
    nodes.map(() => ({ auth: number, keys: learnt })),
    nodes.map(() => only),
  ]
}
