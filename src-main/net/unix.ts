/**
 * Unix sockets: a file of this computer as an address, whose rights say who may connect. Called by dial.ts through its table of
 * carriers; how a connection is made and ends stands in stream-carrier.ts. Allow lists know addresses and do not apply.
 */
import { randomBytes } from 'node:crypto'
import { linkSync, lstatSync, renameSync, statSync, unlinkSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { Fault } from '../contract/faults.ts'
import { setFileOwner } from '../os/file-owner.ts'
import { peerCredentials, peerProcess, socketFileState } from '../os/unix-socket.ts'
import type { DialOptions, ListenOptions } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatEndpoint } from './endpoint.ts'
import type { StreamPeer } from './stream-carrier.ts'
import { StreamListener, dialStream, startServer } from './stream-carrier.ts'
import { LOCAL_MANNERS } from './stream-manners.ts'
import { notASocket, unixDialFault, unixInUse, unixListenFault, unixRightsFault } from './unix-faults.ts'

/** Who may connect where nobody said it: the user of this process (and root). */
const OWN_MODE = 0o600

/** Rejects with a Fault of the kind `peer`, or with the signal's reason. `mode` and `group` are a listener's matter. */
export async function dialUnix(endpoint: Endpoint, options: DialOptions = {}): Promise<Connection> {
  const { path = '' } = endpoint
  const peer = (): StreamPeer => ({ remote: `unix:${path}`, remoteAddress: undefined })
  const fault = (error: Error): Fault => unixDialFault(error, path)
  const place = formatEndpoint(endpoint)
  return dialStream({ manners: LOCAL_MANNERS, to: { path }, place, peer, fault }, options)
}

/**
 * Makes the socket's file, in place of one that a dead listener left; closing removes it. Rejects with the Fault `address-in-use`
 * where somebody listens, `path-taken` where something else stands there, `address-not-permitted`, or with the signal's reason.
 */
export async function listenUnix(endpoint: Endpoint, options: ListenOptions = {}): Promise<Listener> {
  const { path = '', protocol, mode = OWN_MODE, group } = endpoint
  const server = await startServer(
    (starting) => {
      if (!isPipe(path)) clear(path)
      bind(starting, path)
    },
    (error) => unixListenFault(error, path),
    options.signal
  )
  const made = isPipe(path) ? undefined : statsOf(path)
  const closing = (close: () => void): void => {
    if (isPipe(path)) close()
    else closeOnlyOurs(path, made, close)
  }
  try {
    if (!isPipe(path)) giveRights(path, mode, group)
  } catch (error) {
    closing(() => server.close())
    throw error
  }
  const { admitUser } = options
  const admit = (accepted: Socket): { peer: StreamPeer; why?: string } => {
    const user = admitUser && peerCredentials(accepted)
    const why = user && admitUser(user)
    return { peer: clientOf(path, accepted), ...(why !== undefined && { why }) }
  }
  return new StreamListener(
    server,
    formatEndpoint(endpoint),
    { protocol, manners: LOCAL_MANNERS, admit, closing },
    options
  )
}

/** Windows has names for them instead of files: nothing is left of one whose maker is gone, and it has no mode. */
function isPipe(path: string): boolean {
  return process.platform === 'win32' && /^\\\\[.?]\\pipe\\/i.test(path)
}

/** The file has mode 0600 from its first moment on; libuv binds before `listen` returns. */
function bind(server: Server, path: string): void {
  const umask = process.umask(0o177)
  try {
    server.listen({ path })
  } finally {
    process.umask(umask)
  }
}

function clientOf(path: string, accepted: Socket): StreamPeer {
  const who = peerProcess(accepted)
  return { remote: who === undefined ? `unix:${path}` : `unix:${path} (${who})`, remoteAddress: undefined }
}

/** Makes way for a listener, or throws the Fault that says why not. At once, so that no other listener of ours gets in between. */
function clear(path: string): void {
  try {
    // libuv would call a directory that is missing one without permission.
    statSync(dirname(path))
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (!found) return
    if (!found.isSocket()) throw notASocket(path)
    if (socketFileState(path) !== 'dead') throw unixInUse(path)
    removeDead(path)
  } catch (error) {
    throw error instanceof Fault ? error : unixListenFault(error, path)
  }
}

/**
 * Removes a dead socket, and no other: since it was looked at, another program may have put its own there. What was moved aside is
 * nobody else's to move, so it can be looked at again, and goes back where somebody listens on it.
 */
function removeDead(path: string): void {
  // No longer than most names, as a socket's path has little room.
  const aside = join(dirname(path), `.${randomBytes(3).toString('hex')}`)
  renameSync(path, aside)
  const isServed = socketFileState(aside) === 'served'
  if (isServed) linkSync(aside, path)
  unlinkSync(aside)
  if (isServed) throw unixInUse(path)
}

/** libuv removes whatever stands at the path by now: another listener's file is put aside meanwhile. */
function closeOnlyOurs(path: string, made: BigIntStats | undefined, close: () => void): void {
  const found = statsOf(path)
  const foreign = found !== undefined && (found.ino !== made?.ino || found.dev !== made.dev)
  const aside = `${path}.${process.pid}`
  if (foreign) renameSync(path, aside)
  close()
  if (foreign) renameSync(aside, path)
}

function statsOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}

/** The file's own rights; a Fault where they cannot be given. */
function giveRights(path: string, mode: number, group: string | undefined): void {
  try {
    setFileOwner(path, { mode, group })
  } catch (error) {
    throw error instanceof Fault && error.code === 'usage' ? error : unixRightsFault(error, path, group)
  }
}
