/** TCP, IPv4 and IPv6. Called by dial.ts through its table of carriers; how a connection is made and ends stands in stream-carrier.ts. */
import type { AddressInfo, Socket } from 'node:net'
import { AllowList, plainAddress } from './allow-list.ts'
import type { DialOptions, ListenOptions } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import type { Endpoint } from './endpoint.ts'
import { formatAddress, formatEndpoint } from './endpoint.ts'
import { dialFault, listenFault } from './network-faults.ts'
import type { StreamListen } from './stream-carrier.ts'
import { StreamListener, dialStream, startServer } from './stream-carrier.ts'
import { TCP_MANNERS } from './stream-manners.ts'

/**
 * For each address of a name but the last: Node tries them one after the other, and gives one up for good. Its own 250 ms is too
 * short for a VPN over a satellite.
 */
const ADDRESS_TIMEOUT_MS = 1000

/** Rejects with a Fault of the kind `peer`, or with the signal's reason. */
export async function dialTcp(endpoint: Endpoint, options: DialOptions = {}): Promise<Connection> {
  const { host, port } = endpoint
  const place = formatEndpoint(endpoint)
  const peer = (socket: Socket): { remote: string; remoteAddress: string } => {
    const remoteAddress = plainAddress(socket.remoteAddress ?? host)
    return { remote: formatAddress(remoteAddress, port), remoteAddress }
  }
  const to = {
    host,
    port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS
  }
  const fault = (error: Error): ReturnType<typeof dialFault> => dialFault(error, place)
  return dialStream({ manners: TCP_MANNERS, to, place, peer, fault }, options)
}

/** Rejects with the Fault `address-in-use` or `address-not-permitted`, or with the signal's reason. */
export async function listenTcp(endpoint: Endpoint, options: ListenOptions = {}): Promise<Listener> {
  const { protocol, host, port } = endpoint
  const server = await startServer(
    (starting) => starting.listen({ host, port }),
    (error) => listenFault(error, formatEndpoint(endpoint)),
    options.signal
  )
  const url = formatEndpoint({ ...endpoint, port: (server.address() as AddressInfo).port })
  const admit = admission(options.allowList ?? new AllowList())
  return new StreamListener(server, url, { protocol, manners: TCP_MANNERS, admit }, options)
}

function admission(allowList: AllowList): StreamListen['admit'] {
  return (accepted) => {
    // Both are undefined when it has gone again already.
    if (accepted.remoteAddress === undefined) return undefined
    const remoteAddress = plainAddress(accepted.remoteAddress)
    const peer = { remote: formatAddress(remoteAddress, accepted.remotePort ?? 0), remoteAddress }
    return allowList.allows(remoteAddress) ? { peer } : { peer, why: notAllowed(allowList) }
  }
}

/** Why an address is turned away, for people. */
export function notAllowed(allowList: AllowList): string {
  return `its address is not allowed here (allowed: ${allowList.entries.join(', ')})`
}
