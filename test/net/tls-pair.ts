import { onTestFinished } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import type { DialOptions } from '../../src-main/net/carrier.ts'
import type { TlsIdentity } from '../../src-main/net/tls-identity.ts'
import type { TlsConnection, TlsListenOptions, TlsListener } from '../../src-main/net/tls.ts'
import { dialTls, listenTls } from '../../src-main/net/tls.ts'
import { newTlsIdentity } from './tls-identities.ts'

export const [alice, bob] = await Promise.all([newTlsIdentity(), newTlsIdentity()])

export async function listeningTls(options: TlsListenOptions = {}, identity = bob): Promise<TlsListener> {
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, identity, options)
  onTestFinished(() => listener.close(DONE))
  return listener
}

export const portOfTls = (listener: TlsListener): number => Number(new URL(listener.url).port)

export function dialled(
  listener: TlsListener,
  identity: TlsIdentity = alice,
  options: DialOptions = {}
): Promise<TlsConnection> {
  return dialTls({ host: '127.0.0.1', port: portOfTls(listener) }, identity, options)
}

/** Alice dials (near), Bob accepts (far). */
export async function tlsPair(
  listen?: TlsListenOptions,
  dial?: DialOptions
): Promise<{ near: TlsConnection; far: TlsConnection }> {
  const listener = await listeningTls(listen)
  const accepted = once(listener.onConnection)
  const near = await dialled(listener, alice, dial)
  const far = await accepted
  onTestFinished(() => {
    near.abort(DONE)
    far.abort(DONE)
  })
  return { near, far }
}
