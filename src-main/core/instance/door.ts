/**
 * What other Farports get of this one: a share's bytes, the contract, or a chance to pair, each as far as its owner allows. Called by
 * instance.ts, which hands it to the FarportListener; knows no settings and no core but through what it is given.
 *
 * A peer that is told nothing in the first answer any more (it was too slow, or had to go for another one) cannot be told why in the
 * bytes of RFC 2217: they are the device's. Its connection ends, and what became of its session is in the state over rpc.
 */
import type { Clock } from '../../base/clock.ts'
import { plainText } from '../../base/plain-text.ts'
import { Fault } from '../../contract/faults.ts'
import { permissionFor, type PeerEntry } from '../../contract/settings.ts'
import type { Refusal } from '../../net/carrier.ts'
import type { TlsConnection } from '../../net/tls.ts'
import type { FarportDoor } from '../../peers/farport-listener.ts'
import type { PairingDesk } from '../../peers/pairing-desk.ts'
import type { ShareWish } from '../../protocol/farport-hello.ts'
import type { Channel } from '../../rpc/channel.ts'
import { streamChannel } from '../../rpc/stream-channel.ts'
import { RemoteSession } from '../../sessions/remote.ts'
import type { Session, SessionIdentity, Terms } from '../../sessions/session.ts'
import { CallPace, type Pace } from './call-pace.ts'
import { reaches } from './permits.ts'
import { RefusalLog } from './refusal-log.ts'

/** A computer that starts connects all its links at once, and a script each time that it runs; each is a line or two in the log here. */
export const SHARE_PACE: Pace = {
  most: 600,
  periodMs: 60_000,
  // Not its own fault: a link tries again.
  tooOften: [
    'peer-full',
    'This computer connects to shares there too often: see why. Wait a minute and try again.'
  ]
}

/** Of a share, as it is told. */
const MAX_NAME = 64

/** A share, as far as somebody at the door can have it. */
export interface SharedPort {
  /** What permissions name it by. */
  readonly id: string
  readonly enabled: boolean
  /** As Junction. */
  admit(session: Session, terms: Terms): unknown
}

export interface PeerDoorOptions {
  /** By its id, or else its name. */
  readonly findShare: (idOrName: string) => SharedPort | undefined
  /** Serves the contract to a peer; the channel is its own from here on. */
  readonly rpc: (channel: Channel, peer: PeerEntry, connection: TlsConnection) => void
  readonly desk: Pick<PairingDesk, 'admit'>
  /** Whether who is not paired may ask to be. */
  readonly mayPair: () => boolean
  /** What people here call it now; undefined: nobody knows it any more. */
  readonly nameOf: (peer: string) => string | undefined
  /** One line for people about who was turned away; not more of them than they can read. */
  readonly log: (text: string) => void
  readonly clock: Clock
}

export class PeerDoor implements FarportDoor {
  readonly #options: PeerDoorOptions
  readonly #refusals: RefusalLog
  readonly #pace: CallPace

  constructor(options: PeerDoorOptions) {
    this.#options = options
    this.#refusals = new RefusalLog(options.clock, options.log)
    this.#pace = new CallPace(options.clock, SHARE_PACE)
  }

  rpc(connection: TlsConnection, peer: PeerEntry): void {
    this.#options.rpc(streamChannel(connection, 'server'), peer, connection)
  }

  share(wish: ShareWish, peer: PeerEntry): (connection: TlsConnection) => void {
    const share = this.#options.findShare(wish.share)
    // Told to it, and in the log here.
    const called = plainText(wish.share, MAX_NAME)
    const { level } = share ? permissionFor(peer, share.id) : { level: 'none' as const }
    // What it may not see and what there is not are the same to it.
    if (!share || !reaches(level, 'observe'))
      throw new Fault(
        'peer-permission',
        `No port "${called}" of that computer is shared with this one: see what it offers, or ask its owner to permit it.`
      )
    if (!share.enabled)
      throw new Fault('device-missing', `${called} is switched off there: ask its owner to switch it on.`)
    this.#pace.count(peer.id)
    const observe = !reaches(level, 'control')
    const terms = {
      ...(observe && { observe }),
      ...(wish.observe ? { watch: true } : wish.takeOver && { takeOver: true })
    }
    return (connection) => {
      const who = whoIs(peer, wish, connection, this.#options.nameOf)
      share.admit(new RemoteSession(connection, 'rfc2217', {}, who), terms)
    }
  }

  pair(peerId: string, remoteAddress: string | undefined): (connection: TlsConnection) => void {
    if (this.#options.mayPair()) return this.#options.desk.admit(peerId, remoteAddress)
    throw new Fault('peer-refused', 'That computer takes no requests to pair: its owner can switch them on.')
  }

  readonly refused = ({ remote, why }: Refusal): void => {
    this.#refusals.add(`refused ${remote}: ${why}`)
  }

  /** What was counted of refusals is told no more. */
  dispose(): void {
    this.#refusals.dispose()
  }
}

function whoIs(
  { id, name }: PeerEntry,
  { use }: ShareWish,
  { remoteAddress }: TlsConnection,
  nameOf: PeerDoorOptions['nameOf']
): SessionIdentity {
  return {
    kind: 'peer',
    // It may be renamed while it is here.
    get label() {
      return nameOf(id) ?? name
    },
    peer: id,
    ...(use !== undefined && { use }),
    ...(remoteAddress !== undefined && { address: remoteAddress })
  }
}
