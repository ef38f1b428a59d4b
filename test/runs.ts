/** How many cases a property is tried on: few in the fast suite, 10,000 when NFSHA_LONG is set. */
export const runs = (few: number): number => (process.env.NFSHA_LONG ? 10_000 : few)
