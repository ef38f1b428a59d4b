/** The words by which the drift report knows that a play runs or an operator is at work. */
export const atWork = { resource: 'who is at work', play: 'running play', maintenance: 'maintenance' } as const
