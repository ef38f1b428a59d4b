/** Milliseconds of heartbeat's notation: `2` is 2000, `250ms` is 250. */
export const milliseconds = (time: string): number => (time.endsWith('ms') ? Number.parseInt(time, 10) : Number(time) * 1000)
