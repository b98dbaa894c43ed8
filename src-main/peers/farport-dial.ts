/** The way to another Farport: dials, checks whose key answers, says what it wants. Called by core; pairing by pairing-desk.ts. */
import { systemClock } from '../base/clock.ts'
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import { Fault, faultOf } from '../contract/faults.ts'
import type { DialOptions } from '../net/carrier.ts'
import type { TlsIdentity } from '../net/tls-identity.ts'
import type { TlsConnection, TlsPlace } from '../net/tls.ts'
import { dialTls } from '../net/tls.ts'
import type { Wish } from '../protocol/farport-hello.ts'
import { encodeHello, readHelloAnswer } from '../protocol/farport-hello.ts'
import { encodeFrame } from '../protocol/frames.ts'
import { firstFrame } from './first-words.ts'
import { UNPAIRED } from './farport-listener.ts'
import { formatPlace } from './places.ts'
import { keyChanged, type TrustStore } from './trust.ts'

const REFUSED: CloseReason = { code: 'refused', message: 'refused' }

export interface FarportDial {
  readonly to: TlsPlace
  readonly identity: TlsIdentity
  readonly trust: TrustStore
  readonly wish: Wish
  /** The id that the peer must have; absent: whoever of the trusted ones answers there (for `pair`: anybody). */
  readonly peerId?: string
}

/**
 * A connection behind the answer, paused: rpc, a share's bytes, or pairing. It ends when the peer is trusted no more. Rejects as dialTls does,
 * with `peer-key-changed` or `peer-not-paired`, or with the Fault that the peer told.
 */
export async function dialFarport(dial: FarportDial, options: DialOptions = {}): Promise<TlsConnection> {
  return sayWish(await reachFarport(dial, options), dial.wish, options)
}

/**
 * The first half of `dialFarport`: the right key answers there, and nothing was said yet. It ends when the peer is trusted no more. Rejects as
 * dialTls does, or with `peer-key-changed` or `peer-not-paired`.
 */
export async function reachFarport(dial: FarportDial, options: DialOptions = {}): Promise<TlsConnection> {
  const { to, identity, trust } = dial
  const connection = await dialTls(to, identity, options)
  const revoked = trust.onRevoked((id) => {
    if (id === connection.peerId) connection.abort(UNPAIRED)
  })
  connection.onClose(() => revoked.dispose())
  try {
    checkPeer(dial, connection)
    return connection
  } catch (error) {
    connection.abort(REFUSED)
    throw error
  }
}

/** The second half: a connection behind the answer. Rejects with the Fault that the peer told, or where it told nothing. */
export async function sayWish(
  connection: TlsConnection,
  wish: Wish,
  options: DialOptions = {}
): Promise<TlsConnection> {
  const stop = (): void => connection.abort(DONE)
  options.signal?.addEventListener('abort', stop, { once: true })
  try {
    connection.write(encodeFrame(encodeHello(wish)))
    const { payload, after } = await firstFrame(connection, options.clock ?? systemClock)
    const answer = readHelloAnswer(payload)
    if (!answer)
      throw new Fault(
        'peer-protocol',
        `${connection.remote} does not speak farport/1 as we do: update both sides.`
      )
    if ('fault' in answer) throw olderThanWatching(wish, faultOf(answer.fault), connection.remote)
    return after
  } catch (error) {
    connection.abort(REFUSED)
    options.signal?.throwIfAborted()
    throw error
  } finally {
    options.signal?.removeEventListener('abort', stop)
  }
}

/** Who knows no `watch` takes such a request for no first words at all. */
function olderThanWatching(wish: Wish, fault: Fault, remote: string): Fault {
  if (wish.want !== 'share' || !wish.observe || fault.code !== 'peer-protocol') return fault
  return new Fault(
    'unsupported',
    `The Farport at ${remote} is an older one: it lets nobody only watch a port that is free, but gives him the control. Update it, or connect without watching only.`,
    fault
  )
}

function checkPeer({ trust, wish, peerId, to }: FarportDial, connection: TlsConnection): void {
  const expected = peerId === undefined ? undefined : trust.get(peerId)
  if (peerId !== undefined && connection.peerId !== peerId) {
    if (expected) throw keyChanged(expected, connection.peerId)
    throw new Fault('peer-key-changed', `Somebody else answers at ${formatPlace(to)}: check the address.`)
  }
  trust.checkKey(connection.peerId, '', formatPlace(to))
  if (trust.standing(connection.peerId) === 'blocked')
    throw new Fault(
      'peer-not-paired',
      `${connection.remote} is blocked here: unblock it with farport pair remove.`
    )
  if (wish.want !== 'pair' && trust.standing(connection.peerId) !== 'trusted')
    throw new Fault(
      'peer-not-paired',
      `${connection.remote} is not paired with this computer: farport pair ${formatPlace(to)}`
    )
}
