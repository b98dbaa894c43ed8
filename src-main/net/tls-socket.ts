/**
 * Node's TLS socket, made fit for a SocketConnection as StreamSocket is. Made by tls.ts once the handshake is done; knows no timer
 * and no policy.
 *
 * - What waits to be sent waits here, in order, and goes out a record at a time: so `queued` is exact to a record, small chunks
 *   share one, and a slow peer is seen to take something.
 * - A failed write does not destroy it: what the far side sent before can still be read.
 * - A reset is the wire's, a turn later: within a callback of the TLS layer it would take the ground from under it (Node 20
 *   then crashes).
 */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { CarriedSocket, StreamSocketOwner } from './stream-socket.ts'
import { SentLedger } from './sent-ledger.ts'
import { TCP_MANNERS } from './stream-manners.ts'

/** Plain bytes in one record (RFC 8446 §5.1). */
const RECORD_SIZE = 16 * 1024

/**
 * What a record has around them: header and tag; in TLS 1.3 the content type (RFC 8446 §5.2), in TLS 1.2 with AES-GCM its nonce (RFC 5288
 * §3), which ChaCha20 does without (RFC 7905). No other ciphers are in use.
 */
function recordOverhead(tls: TLSSocket): number {
  if (tls.getProtocol() === 'TLSv1.3') return 5 + 1 + 16
  return tls.getCipher().name.includes('GCM') ? 5 + 8 + 16 : 5 + 16
}

/** Chunks that are gone stay in the list until there are so many. */
const COMPACT_AT = 1024

export class TlsSocket implements CarriedSocket {
  readonly manners = TCP_MANNERS
  readonly wire: Socket
  owner: StreamSocketOwner | undefined
  readonly #tls: TLSSocket
  #waiting: Uint8Array[] = []
  #first = 0
  #waitingBytes = 0
  /** Bytes of the record that is under way. */
  #inFlight = 0
  readonly #overhead: number
  readonly #sent = new SentLedger()
  #writeError: Error | undefined
  #ending = false
  #resetting = false

  /** `wire`: the socket under `tls`, both connected and read by nobody else. */
  constructor(tls: TLSSocket, wire: Socket) {
    this.#tls = tls
    this.#overhead = recordOverhead(tls)
    this.wire = wire
    tls.pause()
    tls.on('data', (chunk: Uint8Array) => this.owner?.received(chunk))
    // The hooks below have them already; without a listener Node would end the process.
    tls.on('error', () => undefined)
    wire.on('error', () => undefined)
    const write = tls._write.bind(tls)
    tls._write = (chunk, encoding, done) => {
      write(chunk, encoding, (error) => {
        // The stream is never told of the error: it would destroy itself, with what waits to be read.
        this.#writeError ??= error ?? undefined
        done()
      })
    }
    const destroy = tls._destroy.bind(tls)
    tls._destroy = (error, done) => {
      const lostBytes = this.#lost(error !== null)
      destroy(error, done)
      this.#tellEnded(error, lostBytes)
    }
  }

  get queued(): number {
    return this.#waitingBytes + this.#inFlight
  }

  get unread(): number {
    // What the kernel holds is read on until a pause's worth waits here, so there is nothing behind less than that.
    return this.#tls.readableLength
  }

  send(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    this.#next()
  }

  pause(): void {
    this.#tls.pause()
  }

  resume(): void {
    this.#tls.resume()
  }

  end(): void {
    this.#ending = true
    this.#next()
  }

  destroy(error?: Error): void {
    this.#tls.destroy(error)
  }

  reset(): void {
    if (this.#resetting || this.#tls.destroyed) return
    this.#resetting = true
    // Node's reset fails on a socket whose FIN is out; there a plain close does.
    const finished = this.#tls.writableFinished
    const lostBytes = this.#lost(true)
    this.#tellEnded(null, lostBytes)
    setImmediate(() => {
      if (finished) this.#tls.destroy()
      else this.wire.resetAndDestroy()
    })
  }

  once(event: 'end' | 'finish', listener: () => void): this {
    this.#tls.once(event, listener)
    return this
  }

  #tellEnded(error: Error | null, lostBytes: number): void {
    const owner = this.owner
    this.owner = undefined
    owner?.ended(error, lostBytes)
  }

  /** `broken`: the kernel drops what the far side has not acknowledged, too. */
  #lost(broken: boolean): number {
    if (!broken || this.#tls.writableFinished) return this.queued
    const unacknowledged = this.manners.unacknowledgedBytes(this.wire)
    // A record that is under way counts as lost already.
    return this.queued + this.#sent.dataAmong(Math.max(0, unacknowledged - this.#takenOfRecord()))
  }

  /** Bytes on the wire that the kernel took of the record that is under way. */
  #takenOfRecord(): number {
    if (this.#inFlight === 0) return 0
    const handle = (this.wire as { _handle?: { writeQueueSize?: number } | null })._handle
    return Math.max(0, this.#inFlight + this.#overhead - (handle?.writeQueueSize ?? 0))
  }

  #next(): void {
    if (this.#inFlight > 0 || this.#tls.writableEnded) return
    if (this.#waitingBytes === 0) {
      if (this.#ending) this.#tls.end()
      return
    }
    const record = this.#takeRecord()
    this.#inFlight = record.length
    this.#tls.write(record, () => this.#wrote())
  }

  #wrote(): void {
    const error = this.#writeError
    if (!error) {
      this.#sent.add(this.#inFlight + this.#overhead, this.#inFlight)
      this.#inFlight = 0
      this.#next()
      this.owner?.written()
      return
    }
    const lostBytes = this.queued
    this.#inFlight = 0
    this.#waiting = []
    this.#first = 0
    this.#waitingBytes = 0
    this.owner?.sendFailed(error, lostBytes)
    if (this.#ending) this.#next()
  }

  /** The next bytes, as many as fit; without a copy where they stand in one chunk. */
  #takeRecord(): Uint8Array {
    const pieces: Uint8Array[] = []
    let room = RECORD_SIZE
    for (let chunk = this.#waiting[this.#first]; chunk && room > 0; chunk = this.#waiting[this.#first]) {
      const piece = chunk.length <= room ? chunk : chunk.subarray(0, room)
      pieces.push(piece)
      room -= piece.length
      if (piece === chunk) this.#first++
      else this.#waiting[this.#first] = chunk.subarray(piece.length)
    }
    if (this.#first === this.#waiting.length || this.#first >= COMPACT_AT) {
      this.#waiting = this.#waiting.slice(this.#first)
      this.#first = 0
    }
    this.#waitingBytes -= RECORD_SIZE - room
    const [only, ...others] = pieces
    return only && others.length === 0 ? only : Buffer.concat(pieces)
  }
}
