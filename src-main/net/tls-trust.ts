/**
 * What core hands net for TLS with programs that are no Farports: who we are, and whom this installation trusts. Made by core for each
 * endpoint (core/tls-rights.ts), asked by the carriers tls and certauth; net itself keeps no list and reads no settings. Files that a
 * URL names are read in here (tls-files.ts).
 */
import type { Event } from '../base/event.ts'
import type { Fault } from '../contract/faults.ts'
import type { TlsIdentity } from './tls-identity.ts'

interface TlsTrust {
  /** The installation's, where the URL names no other certificate. Rejects with `identity-broken`. */
  identity(): Promise<TlsIdentity>
  /** The id of a key that is trusted no more: its connections end. */
  readonly onRevoked: Event<string>
}

/** For one address that is dialled. */
export interface DialTrust extends TlsTrust {
  /** Of the key that a server proved to have. */
  standing(id: string): 'trusted' | 'blocked' | 'unknown'
  /** Why a key that is not trusted is not, and what makes it so; `place`: where it answered. */
  refusal(id: string, place: string): Fault
}

/** What somebody may have here who proved to have a key. */
export type KeyVerdict =
  | {
      readonly type: 'admitted'
      /** What its owner is called here. */
      readonly name: string
      /** It may only watch. */
      readonly observe: boolean
    }
  /** `unknown`: an authority may vouch for it. `why`: for people here, with the command that lets it in. */
  | { readonly type: 'unknown' | 'refused'; readonly why: string }

/** For one listener. */
export interface ListenTrust extends TlsTrust {
  /** Asked for each connection, when its key is proved. */
  judge(id: string): KeyVerdict
  /** Whether a trusted one was seen at an address: it is let in while too many others are at their handshakes. */
  isKnownAddress(address: string): boolean
}

/** Whose key is at the far end of a connection. */
export interface ProvenKey {
  /** SHA-256 of its SPKI, 64 hex digits (tls-identity.ts). */
  readonly id: string
  /** What its owner is called here; of one for whom an authority vouched, what the certificate says. Sanitised. */
  readonly name: string
  /** `known`: this installation trusts it by its id; else an authority vouched for it. */
  readonly by: 'known' | 'authority'
  /** It may only watch. */
  readonly observe: boolean
}
