/** A Connection over a connected stream socket that was made elsewhere. Called by core for wires that have no address. */
import { Socket } from 'node:net'
import { systemClock } from '../base/clock.ts'
import type { Connection } from './connection.ts'
import { SocketConnection } from './socket-connection.ts'
import { LOCAL_MANNERS } from './stream-manners.ts'
import { StreamSocket } from './stream-socket.ts'

/** The descriptor is the Connection's from now on, which closes it. `remote`: for people. */
export function connectionOver(fd: number, remote: string): Connection {
  // Node makes the handle of a descriptor in its own class alone, and asks for `onread` at its making.
  const shell = new Socket({ fd, readable: true, writable: true, manualStart: true } as ConstructorParameters<
    typeof Socket
  >[0])
  const holder = shell as unknown as { _handle: unknown }
  const handle = holder._handle
  holder._handle = null
  shell.destroy()
  return new SocketConnection(new StreamSocket(LOCAL_MANNERS, handle), {
    remote,
    remoteAddress: undefined,
    clock: systemClock,
    stallTimeoutMs: 0,
    halfCloseMs: 0
  })
}
