/**
 * The way to a Connection: `dial` and `listen` for any endpoint. Called by ports, sessions and core; knows the carriers and
 * nothing of what they carry.
 */
import { Fault } from '../contract/faults.ts'
import { AllowList, checkExposure } from './allow-list.ts'
import type { Carrier, DialOptions, ListenOptions } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import type { Endpoint, Transport } from './endpoint.ts'
import { formatEndpoint } from './endpoint.ts'
import { guarded } from './guarded.ts'
import { dialTcp, listenTcp } from './tcp.ts'

/** A further carrier is one line here and its file. */
const CARRIERS: Partial<Record<Transport, Carrier>> = {
  tcp: { dial: dialTcp, listen: listenTcp, browsersReach: true },
  // Loaded when it is used: most never are.
  unix: {
    dial: async (...args) => (await import('./unix.ts')).dialUnix(...args),
    listen: async (...args) => (await import('./unix.ts')).listenUnix(...args),
    browsersReach: false
  },
  udp: {
    dial: async (...args) => (await import('./udp.ts')).dialUdp(...args),
    listen: async (...args) => (await import('./udp-listener.ts')).listenUdp(...args),
    browsersReach: false
  },
  tls: {
    dial: async (...args) => (await import('./foreign-tls-dial.ts')).dialForeignTls(...args),
    listen: async (...args) => (await import('./foreign-tls-listener.ts')).listenForeignTls(...args),
    browsersReach: true
  },
  // What speaks inside its TLS is no browser: it has logged in.
  certauth: {
    dial: async (...args) => (await import('./certauth-dial.ts')).dialCertauth(...args),
    listen: async (...args) => (await import('./certauth-listener.ts')).listenCertauth(...args),
    browsersReach: false
  }
}

/** Rejects with a Fault of the kind `peer`, with `unsupported`, or with the signal's reason. */
export async function dial(endpoint: Endpoint, options: DialOptions = {}): Promise<Connection> {
  return carrier(endpoint).dial(endpoint, options)
}

/**
 * Rejects with the Fault `address-in-use`, `address-not-permitted`, `path-taken`, `allow-missing` or `unsupported`, or
 * with the signal's reason.
 */
export async function listen(endpoint: Endpoint, options: ListenOptions = {}): Promise<Listener> {
  const served = carrier(endpoint)
  checkExposure(endpoint, options.allowList ?? new AllowList())
  const listener = await served.listen(endpoint, options)
  const isGuarded = served.browsersReach && options.httpGuard !== false
  return isGuarded ? guarded(listener, options) : listener
}

/** Throws the Fault `unsupported` where nothing here carries it. */
export function checkServed(endpoint: Endpoint): void {
  carrier(endpoint)
}

function carrier(endpoint: Endpoint): Carrier {
  const found = CARRIERS[endpoint.transport]
  if (found) return found
  throw new Fault(
    'unsupported',
    `${formatEndpoint(endpoint)} goes over ${endpoint.transport}, which is not served yet: use ${endpoint.protocol}://HOST:PORT.`
  )
}
