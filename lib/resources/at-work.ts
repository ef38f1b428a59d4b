/** The names by which the drift report recognises a running play or an operator at work. */
export const atWork = { resource: 'who is at work', play: 'running play', maintenance: 'maintenance' } as const
