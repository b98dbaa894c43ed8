import { onTestFinished } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import type { DialOptions, ListenOptions } from '../../src-main/net/carrier.ts'
import type { Listener } from '../../src-main/net/connection.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { dialTcp, listenTcp } from '../../src-main/net/tcp.ts'
import type { Pair } from '../suites/connection.ts'

export async function listening(url = 'raw://127.0.0.1:0', options: ListenOptions = {}): Promise<Listener> {
  const listener = await listenTcp(parseEndpoint(url, 'listen'), options)
  onTestFinished(() => listener.close(DONE))
  return listener
}

/** A dialled (near) and an accepted (far) connection over the kernel's TCP. */
export async function tcpPair(url?: string, listen?: ListenOptions, dial?: DialOptions): Promise<Pair> {
  const listener = await listening(url, listen)
  const accepted = once(listener.onConnection)
  const near = await dialTcp(parseEndpoint(listener.url), dial)
  const far = await accepted
  onTestFinished(() => {
    near.abort(DONE)
    far.abort(DONE)
  })
  return { near, far }
}

export function portOf(listener: Listener): number {
  return parseEndpoint(listener.url).port
}
