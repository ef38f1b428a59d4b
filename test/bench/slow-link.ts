import { connect, createServer, type Socket } from 'node:net'

/** A port that forwards to another one, with a delay of `delay` ms in each direction. */
export const slowLink = async (port: number, delay: number): Promise<{ port: number; stop(): Promise<void> }> => {
  const sockets = new Set<Socket>()
  const hold = (socket: Socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const carry = (from: Socket, to: Socket) => {
    from.on('data', piece => setTimeout(() => to.write(piece), delay))
    from.on('end', () => setTimeout(() => to.end(), delay))
    from.on('close', () => setTimeout(() => to.destroy(), delay))
  }
  const server = createServer({ allowHalfOpen: true }, near => {
    const far = hold(connect({ port, host: '127.0.0.1', allowHalfOpen: true }))
    carry(hold(near), far)
    carry(far, near)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
