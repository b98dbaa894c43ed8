/**
 * Pairing by six digits, both roles, inside TLS 1.3. Called by peers, which brings the randomness, the hash and the frames.
 *
 *     initiator                                responder
 *       commit {commitment, name}   →
 *                                   ←          commit {commitment, name}
 *       reveal {nonce}              →
 *                                   ←          reveal {nonce}
 *       both show the code; the persons compare
 *       accept | reject             ↔          accept | reject
 *
 *     commitment = SHA-256("farport/1 pairing commitment" 00, role, nonce)          role: 00 initiator, 01 responder
 *     code = SHA-256("farport/1 pairing code" 00, initiator id, responder id, initiator nonce, responder nonce, exporter)
 *            its first 8 bytes, u64 big endian, modulo 1,000,000
 *
 * Ids, nonces, hashes and the TLS exporter (`PAIRING_EXPORTER`, no context) have 32 bytes each, so nothing can be read two ways.
 * Who sits in between has two TLS connections, hence other exporters and ids, and must commit to his nonces before he sees ours: one
 * guess in a million, that the persons would have to accept.
 */
import * as v from 'valibot'
import { cleanText, decodeJson, encodeJson } from './ascii-json.ts'

export const PAIRING_EXPORTER = 'EXPORTER-farport-1-pairing'
export const NONCE_SIZE = 32

export type PairingRole = 'initiator' | 'responder'

export type PairingFailure =
  | 'rejected-here'
  | 'rejected-there'
  | 'timeout'
  | 'silent'
  | 'cancelled'
  | 'connection-lost'
  | 'malformed'
  | 'out-of-order'
  | 'replayed'
  | 'commitment-changed'
  | 'reflected'
  | 'reveal-mismatch'

export type PairingEvent =
  | { readonly type: 'send'; readonly payload: Uint8Array }
  /** For the person to compare. */
  | { readonly type: 'code'; readonly code: string; readonly name: string }
  | { readonly type: 'paired' }
  | { readonly type: 'failed'; readonly why: PairingFailure }

export interface PairingOptions {
  readonly role: PairingRole
  /** 32 bytes each: SHA-256 of the keys. */
  readonly ownId: Uint8Array
  readonly peerId: Uint8Array
  readonly exporter: Uint8Array
  /** 32 random bytes, never used before. */
  readonly nonce: Uint8Array
  /** What we call ourselves: a label. */
  readonly name: string
  readonly sha256: (bytes: Uint8Array) => Uint8Array
}

const hex32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const messageSchema = v.variant('type', [
  v.object({ type: v.literal('commit'), commitment: hex32, name: v.pipe(v.string(), v.maxLength(255)) }),
  v.object({ type: v.literal('reveal'), nonce: hex32 }),
  v.object({ type: v.literal('accept') }),
  v.object({ type: v.literal('reject') })
])
type Message = v.InferInput<typeof messageSchema>

export class Pairing {
  readonly #options: PairingOptions
  #theirCommitment: string | undefined
  #theirNonce: string | undefined
  #theirName = ''
  #acceptedHere = false
  #acceptedThere = false
  #code: string | undefined
  #ended = false

  constructor(options: PairingOptions) {
    this.#options = options
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Once, before anything else: what the initiator says first. */
  start(): PairingEvent[] {
    return this.#options.role === 'initiator' ? [this.#commit()] : []
  }

  /** What a frame brought. Never throws; after the end nothing has an effect. */
  receive(payload: Uint8Array): PairingEvent[] {
    if (this.#ended) return []
    const read = v.safeParse(messageSchema, decodeJson(payload))
    if (!read.success) return this.#fail('malformed')
    const message = read.output
    switch (message.type) {
      case 'commit':
        return this.#committed(message.commitment, message.name)
      case 'reveal':
        return this.#revealed(message.nonce)
      case 'accept':
        if (this.#code === undefined) return this.#fail('out-of-order')
        if (this.#acceptedThere) return this.#fail('replayed')
        this.#acceptedThere = true
        return this.#outcome()
      case 'reject':
        return this.#fail('rejected-there')
    }
  }

  /** The person saw the same digits there. Before there are digits it has no effect, nor when repeated. */
  accept(): PairingEvent[] {
    if (this.#ended || this.#code === undefined || this.#acceptedHere) return []
    this.#acceptedHere = true
    return [send({ type: 'accept' }), ...this.#outcome()]
  }

  /** Ends it; the far side is told. */
  end(why: PairingFailure): PairingEvent[] {
    return this.#ended ? [] : [send({ type: 'reject' }), ...this.#fail(why)]
  }

  #committed(commitment: string, name: string): PairingEvent[] {
    if (this.#theirCommitment !== undefined)
      return this.#fail(this.#theirCommitment === commitment ? 'replayed' : 'commitment-changed')
    const { role, nonce } = this.#options
    if (commitment === this.#commitmentOf(role, nonce)) return this.#fail('reflected')
    this.#theirCommitment = commitment
    this.#theirName = cleanText(name)
    return role === 'responder' ? [this.#commit()] : [this.#reveal()]
  }

  #revealed(nonce: string): PairingEvent[] {
    if (this.#theirCommitment === undefined) return this.#fail('out-of-order')
    if (this.#theirNonce !== undefined) return this.#fail('replayed')
    const { role } = this.#options
    if (this.#commitmentOf(otherRole(role), fromHex(nonce)) !== this.#theirCommitment)
      return this.#fail('reveal-mismatch')
    this.#theirNonce = nonce
    this.#code = this.#digits(fromHex(nonce))
    const shown: PairingEvent = { type: 'code', code: this.#code, name: this.#theirName }
    return role === 'responder' ? [this.#reveal(), shown] : [shown]
  }

  #outcome(): PairingEvent[] {
    if (!this.#acceptedHere || !this.#acceptedThere) return []
    this.#ended = true
    return [{ type: 'paired' }]
  }

  #fail(why: PairingFailure): PairingEvent[] {
    this.#ended = true
    return [{ type: 'failed', why }]
  }

  #commit(): PairingEvent {
    const { role, nonce, name } = this.#options
    return send({ type: 'commit', commitment: this.#commitmentOf(role, nonce), name: cleanText(name) })
  }

  #reveal(): PairingEvent {
    return send({ type: 'reveal', nonce: toHex(this.#options.nonce) })
  }

  #commitmentOf(role: PairingRole, nonce: Uint8Array): string {
    const parts = [label('farport/1 pairing commitment'), Uint8Array.of(role === 'initiator' ? 0 : 1), nonce]
    return toHex(this.#options.sha256(joined(parts)))
  }

  #digits(theirNonce: Uint8Array): string {
    const { role, ownId, peerId, nonce, exporter, sha256 } = this.#options
    const ours = role === 'initiator'
    const ids = ours ? [ownId, peerId] : [peerId, ownId]
    const nonces = ours ? [nonce, theirNonce] : [theirNonce, nonce]
    const hash = sha256(joined([label('farport/1 pairing code'), ...ids, ...nonces, exporter]))
    const number = BigInt(`0x${toHex(hash.subarray(0, 8))}`) % 1_000_000n
    return number.toString().padStart(6, '0')
  }
}

const otherRole = (role: PairingRole): PairingRole => (role === 'initiator' ? 'responder' : 'initiator')

const send = (message: Message): PairingEvent => ({ type: 'send', payload: encodeJson(message) })

/** A text in ASCII and a zero: no hash of one kind is one of another. */
const label = (text: string): Uint8Array => Uint8Array.from(`${text}\0`, (each) => each.charCodeAt(0))

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
