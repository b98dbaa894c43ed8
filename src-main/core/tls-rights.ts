/**
 * Who may come and who may answer over TLS with a certificate, as the installation's settings say it: the words behind the hooks that net
 * asks (net/tls-trust.ts). Called by an instance and by commands that run by themselves, each with its own key and trust store.
 */
import { LEVELS, permissionFor, type PeerEntry } from '../contract/settings.ts'
import { Fault } from '../contract/faults.ts'
import type { TlsIdentity } from '../net/tls-identity.ts'
import type { DialTrust, KeyVerdict, ListenTrust } from '../net/tls-trust.ts'
import { formatId } from '../peers/identity.ts'
import type { TrustStore } from '../peers/trust.ts'
import type { NamedShare, TlsRights } from './context.ts'
import { handleOf } from './instance/pairing-words.ts'

export interface TlsHouse {
  readonly identity: TlsIdentity
  readonly trust: TrustStore
  /** The id by which permissions name a share of this process. */
  readonly permissionId: (share: NamedShare) => string
}

/** `load`: when the first TLS endpoint is used, and for each again. */
export function tlsRights(load: () => Promise<TlsHouse>): TlsRights {
  return {
    dialling: async () => dialTrust(await load()),
    listening: async (shares, name) => listenTrust(await load(), shares, name)
  }
}

function dialTrust({ identity, trust }: TlsHouse): DialTrust {
  return {
    identity: () => Promise.resolve(identity),
    onRevoked: trust.onRevoked,
    standing: (id) => trust.standing(id),
    refusal: (id, place) => notTrusted(trust, id, place)
  }
}

/** Throws nothing: it is the Fault. */
function notTrusted(trust: TrustStore, id: string, place: string): Fault {
  const known = trust.get(id)
  if (known?.trust === 'blocked')
    return new Fault(
      'peer-not-paired',
      `${place} is ${known.name}, who is blocked here: farport pair remove ${handleOf(known)}`
    )
  try {
    trust.checkKey(id, '', place)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  return new Fault(
    'peer-not-paired',
    `The certificate of ${place} is not trusted here (id ${formatId(id)}). If that is the right one: farport pair import ${place}`
  )
}

function listenTrust(house: TlsHouse, shares: readonly NamedShare[], name: string): ListenTrust {
  const { identity, trust } = house
  return {
    identity: () => Promise.resolve(identity),
    onRevoked: trust.onRevoked,
    isKnownAddress: (address) => trust.isKnownAddress(address),
    judge: (id) => {
      const peer = trust.get(id)
      if (!peer) return { type: 'unknown', why: strange(id) }
      return verdict(house, peer, shares, name)
    }
  }
}

function verdict(
  { permissionId }: TlsHouse,
  peer: PeerEntry,
  shares: readonly NamedShare[],
  name: string
): KeyVerdict {
  const handle = handleOf(peer)
  if (peer.trust === 'blocked')
    return { type: 'refused', why: `${peer.name} is blocked here: farport pair remove ${handle}` }
  // Of a pool it may get any: what it may with the one that it may least.
  const levels = shares.map((share) => LEVELS.indexOf(permissionFor(peer, permissionId(share)).level))
  const level = LEVELS[Math.min(...levels)] ?? 'none'
  if (level !== 'none') return { type: 'admitted', name: peer.name, observe: level === 'observe' }
  const [only, ...others] = shares
  const which = only && others.length === 0 ? ` ${quoted(only.name)}` : ''
  return {
    type: 'refused',
    why: `${peer.name} may not use ${name}: farport permit ${handle}${which} control`
  }
}

function strange(id: string): string {
  return `its certificate is not trusted here: farport pair import ${id} --name NAME --permit control`
}

/** As a shell takes it. */
function quoted(name: string): string {
  return /^[\w./:@%+-]+$/.test(name) ? name : `'${name.replaceAll("'", String.raw`'\''`)}'`
}
