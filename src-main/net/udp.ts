/**
 * UDP, IPv4 and IPv6: dialling. Called by dial.ts through its table of carriers; listening stands in udp-listener.ts.
 *
 * Without `local` the socket is connected: the kernel lets in datagrams of that address and port alone, and reports that nobody
 * is there. With `local` it takes every port of that address, as netconsole sends from another one than it is told of.
 */
import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import type { Clock } from '../base/clock.ts'
import { sleep, systemClock } from '../base/clock.ts'
import { AllowList, isLoopback, plainAddress } from './allow-list.ts'
import type { DialOptions } from './carrier.ts'
import { DIAL_TIMEOUT_MS } from './carrier.ts'
import type { Connection } from './connection.ts'
import { DatagramConnection } from './datagram-connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatAddress, formatEndpoint } from './endpoint.ts'
import { dialFault, dialTimeout, listenFault } from './network-faults.ts'

/** Rejects with a Fault of the kind `peer`, with `address-in-use` for the local port, or with the signal's reason. */
export async function dialUdp(endpoint: Endpoint, options: DialOptions = {}): Promise<Connection> {
  const { signal, clock = systemClock, warn = () => undefined } = options
  const place = formatEndpoint(endpoint)
  const { port, localPort } = endpoint
  signal?.throwIfAborted()
  const address = await resolve(endpoint, options, clock)
  const socket = socketFor(address)
  try {
    if (localPort === undefined) await connected(socket, port, address)
    else await bound(socket, localPort, anyAddressFor(address))
  } catch (error) {
    socket.close()
    throw localPort === undefined ? dialFault(error, place) : listenFault(error, place)
  }
  const from = new AllowList([plainAddress(address)])
  const connection = new DatagramConnection(
    {
      send: (datagram, done) => {
        if (localPort === undefined) socket.send(datagram, done)
        else socket.send(datagram, port, address, done)
      },
      unsent: () => socket.getSendQueueSize(),
      release: () => socket.close()
    },
    { remote: formatAddress(plainAddress(address), port), remoteAddress: plainAddress(address), clock, warn }
  )
  socket.on('message', (datagram, sender) => {
    if (from.allows(sender.address)) connection.received(datagram)
  })
  socket.on('error', (error) => connection.troubled(error))
  return connection
}

/** A socket of the address's kind, unbound. Every address that it is given is one already. */
export function socketFor(address: string): Socket {
  return createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    lookup: (host, _options, done) => done(null, host, host.includes(':') ? 6 : 4)
  })
}

/** Resolves once it is bound; rejects with the system's error. */
export function bound(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ port, address, exclusive: true }, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

function connected(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.connect(port, address, (error?: Error) => {
      socket.off('error', reject)
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Where answers of this address can come in. */
function anyAddressFor(address: string): string {
  const ipv6 = address.includes(':')
  if (isLoopback(plainAddress(address))) return ipv6 ? '::1' : '127.0.0.1'
  return ipv6 ? '::' : '0.0.0.0'
}

/** The first address of a host. Rejects with `peer-unknown-host`, `peer-timeout` or the signal's reason. */
async function resolve(endpoint: Endpoint, options: DialOptions, clock: Clock): Promise<string> {
  const place = formatEndpoint(endpoint)
  const settled = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, settled.signal]) : settled.signal
  const late = sleep(clock, options.timeoutMs ?? DIAL_TIMEOUT_MS, signal).then(() => {
    throw dialTimeout(place)
  })
  const found = lookup(endpoint.host).catch((error: unknown) => {
    throw dialFault(error, place)
  })
  // Whichever comes second is of no interest.
  late.catch(() => undefined)
  found.catch(() => undefined)
  try {
    return (await Promise.race([found, late])).address
  } finally {
    settled.abort()
  }
}
