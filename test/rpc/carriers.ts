/** Pairs of Channels over each carrier, for suites/rpc.ts and the tests of one carrier. */
import { once as emitted } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { systemClock } from '../../src-main/base/clock.ts'
import type { Duplex } from '../../src-main/base/duplex.ts'
import { once } from '../../src-main/base/event.ts'
import { MemoryDuplex } from '../../src-main/base/memory-duplex.ts'
import { DONE } from '../../src-main/contract/close.ts'
import type { Connection } from '../../src-main/net/connection.ts'
import { dial, listen } from '../../src-main/net/dial.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { PageSockets } from '../../src-main/hosts/headless/page-sockets.ts'
import type { Channel } from '../../src-main/rpc/channel.ts'
import { memoryChannels } from '../../src-main/rpc/memory-channel.ts'
import { portChannel, type EventPort } from '../../src-main/rpc/port-channel.ts'
import { socketChannel } from '../../src-main/rpc/socket-channel.ts'
import { streamChannel } from '../../src-main/rpc/stream-channel.ts'
import { eventually } from '../eventually.ts'
import { tcpPair } from '../net/tcp-pair.ts'
import type { RpcPair } from '../suites/rpc.ts'
import { house } from '../trust/house.ts'

export function memoryPair(): RpcPair {
  const [client, server] = memoryChannels()
  return closedAtEnd({ client, server })
}

/** As the window of the app has it. */
export function portPair(): RpcPair {
  const { port1, port2 } = new MessageChannel()
  // Node's have a browser's events too; its types do not say so.
  const [client, server] = [port1, port2].map((port) => port as unknown as EventPort)
  if (!client || !server) throw new Error('a channel has two ports')
  return closedAtEnd({ client: portChannel(client, 'client'), server: portChannel(server, 'server') })
}

export interface DuplexPair {
  readonly near: MemoryDuplex
  readonly far: MemoryDuplex
}

/** Two memory Duplexes, each the far side of the other. */
export function joinedDuplexes(): DuplexPair {
  const [near, far] = [new MemoryDuplex(), new MemoryDuplex()]
  near.onReceived((chunk) => far.send(chunk))
  far.onReceived((chunk) => near.send(chunk))
  near.onClose((reason) => far.end(reason))
  far.onClose((reason) => near.end(reason))
  return { near, far }
}

export function streamPair(): RpcPair {
  const { near, far } = joinedDuplexes()
  return overStream(near, far)
}

export async function tcpChannels(): Promise<RpcPair> {
  const { near, far } = await tcpPair()
  return overStream(near, far)
}

export async function unixChannels(): Promise<RpcPair> {
  const { near, far } = await unixConnections()
  return overStream(near, far)
}

/** Behind the first words of farport/1, between two computers that are paired. */
export async function farportChannels(): Promise<RpcPair> {
  const [near, far] = await Promise.all([house('near'), house('far')])
  await near.trust.trust(far.id, 'far', 0)
  await far.trust.trust(near.id, 'near', 0)
  const client = await near.dial(far.place, { want: 'rpc' }, far.id)
  await eventually(() => expect(far.came).toHaveLength(1))
  const [came] = far.came
  if (!came) throw new Error('nobody came')
  return overStream(client, came.connection)
}

/** As the page has it: a WebSocket that a server of HTTP became. */
export async function socketChannels(): Promise<RpcPair> {
  const server = createServer()
  const came = new Promise<Channel>((resolve) => {
    const sockets = new PageSockets(systemClock, resolve)
    server.on('upgrade', (request, socket, head) => sockets.take(request, socket, head, 'browser'))
    onTestFinished(() => sockets.close())
  })
  server.listen(0, '127.0.0.1')
  await emitted(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  onTestFinished(() => client.terminate())
  // From the first moment on: what the server says may come with the answer to the handshake.
  const opened = new Promise<Channel>((resolve) =>
    client.on('open', () => resolve(socketChannel(client, 'client')))
  )
  return closedAtEnd({ client: await opened, server: await came })
}

async function unixConnections(): Promise<{ near: Connection; far: Connection }> {
  const folder = mkdtempSync(join(tmpdir(), 'farport-rpc-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const listener = await listen(parseEndpoint(`raw+unix://${join(folder, 'x.sock')}`, 'listen'))
  onTestFinished(() => listener.close(DONE))
  const accepted = once(listener.onConnection)
  const near = await dial(parseEndpoint(listener.url))
  return { near, far: await accepted }
}

function overStream(near: Duplex, far: Duplex): RpcPair {
  onTestFinished(() => {
    near.abort(DONE)
    far.abort(DONE)
  })
  return { client: streamChannel(near, 'client'), server: streamChannel(far, 'server') }
}

function closedAtEnd(pair: RpcPair): RpcPair {
  onTestFinished(() => {
    pair.client.close(DONE)
    pair.server.close(DONE)
  })
  return pair
}
