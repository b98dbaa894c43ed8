import { createConnection, createServer } from 'node:net'
import { eventually } from '../eventually.ts'

/** For programs that cannot tell which port they took: one of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => {
        resolve(port)
      })
    })
  })
}

/** Resolves once a program accepts connections there; it sees one come and go. */
export async function accepting(port: number): Promise<void> {
  const once = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = createConnection({ port, host: '127.0.0.1' })
      socket.on('connect', () => {
        socket.destroy()
        resolve()
      })
      socket.on('error', reject)
    })
  await eventually(once)
}
