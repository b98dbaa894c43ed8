import { connect, type Socket } from 'node:net'
import { UsbHost } from '../protocol/usb-host.ts'

export interface TcpHost {
  readonly host: UsbHost
  readonly socket: Socket
  /** The far side ended the connection. */
  readonly over: Promise<void>
}

/** A system's USB/IP driver that came to 127.0.0.1 by real TCP. Whoever asked destroys its socket. */
export async function tcpHost(port: number): Promise<TcpHost> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  const host = new UsbHost((bytes) => socket.write(bytes))
  socket.on('data', (bytes) => host.receive(bytes))
  return { host, socket, over }
}
