/**
 * One conversation over a Connection in one of the three modes: codec, option negotiation, and the two valves that RFC 2217 and
 * Duplex ask for. Called by sessions/remote (server) and ports/remote (client); knows neither role nor what a com
 * port option means, and starts no negotiation by itself.
 */
import type { CloseReason } from '../contract/close.ts'
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { HIGH_WATER, LOW_WATER } from '../base/duplex.ts'
import type { Codec, Violation } from '../protocol/codec.ts'
import { RawCodec } from '../protocol/raw.ts'
import { TelnetCodec } from '../protocol/telnet.ts'
import type { Negotiation, TelnetCommand, TelnetEvent, TelnetMessage } from '../protocol/telnet.ts'
import type { Agreeable, OptionChange, Side } from '../protocol/telnet-options.ts'
import { TelnetOptions } from '../protocol/telnet-options.ts'
import type { Connection } from './connection.ts'
import type { Protocol } from './endpoint.ts'
import { SentLedger } from './sent-ledger.ts'

/** What is spoken: `telnet` is telnet without RFC 2217; `raw` adds and takes nothing. */
export type RemoteMode = Protocol

/**
 * What a pause holds back. `all`: data and commands stay in their order, a command waits for the data before it (a server: a
 * setting must not overtake). `data`: commands go past waiting data (a client: the answers to its own
 * requests must arrive while nobody takes the data).
 */
export type Holding = 'all' | 'data'

/** How far a link reads ahead for commands while data waits. In bytes; bounds the memory of one link. */
export const READ_AHEAD = 1024 * 1024

/** What a small view costs beside its bytes: else a peer that sends single bytes would fill far more memory than READ_AHEAD. */
const CHUNK_COST = 128

/** Bytes of answers that the peer left unread, before we read no more requests of it. */
export const MAX_UNREAD_REPLIES = 64 * 1024

export interface TelnetLinkOptions {
  readonly mode: RemoteMode
  readonly holding: Holding
  readonly agreeable: Agreeable
}

export class TelnetLink {
  readonly #connection: Connection
  readonly #codec: Codec<TelnetEvent, TelnetMessage>
  readonly #options: TelnetOptions
  readonly #holding: Holding
  readonly #mode: RemoteMode

  readonly #data = new Emitter<Uint8Array>()
  readonly #commands = new Emitter<TelnetCommand>()
  readonly #optionChanges = new Emitter<OptionChange>()
  readonly #subnegotiations = new Emitter<{ readonly option: number; readonly bytes: Uint8Array }>()
  readonly #violations = new Emitter<Violation>()
  readonly #negotiations = new Emitter<void>()
  readonly #drain = new Emitter<void>()
  readonly #uncongested = new Emitter<void>()
  readonly #closed = new Emitter<CloseReason>()

  // From the peer.
  #inbox: TelnetEvent[] = []
  #inboxHead = 0
  #inboxBytes = 0
  #paused = true
  #heldBack = false
  #unreadReplies = 0
  #reading = false
  #delivering = false
  #leaving = false
  #ended = false

  // To the peer.
  #suspended = false
  #suspendedData: { readonly bytes: Uint8Array; readonly size: number }[] = []
  #suspendedBytes = 0
  /** The same before it was encoded. */
  #suspendedSize = 0
  /** Not kept in raw mode, where a byte is a byte. */
  readonly #ledger = new SentLedger()
  /** The connection said that it is full, and has not drained since: its drain will come. */
  #congested = false
  #owesDrain = false

  readonly onData: Event<Uint8Array> = this.#data.event
  readonly onCommand: Event<TelnetCommand> = this.#commands.event
  /** An option was settled, by us or by the peer. */
  readonly onOption: Event<OptionChange> = this.#optionChanges.event
  /** The peer negotiated something, whatever: it speaks telnet. */
  readonly onNegotiation: Event<void> = this.#negotiations.event
  readonly onSubnegotiation = this.#subnegotiations.event
  readonly onViolation: Event<Violation> = this.#violations.event
  readonly onDrain: Event<void> = this.#drain.event
  /** The connection takes more again, whether `write` or `sendBytes` had filled it. */
  readonly onUncongested: Event<void> = this.#uncongested.event
  readonly onClose: Event<CloseReason> = this.#closed.event

  /** Takes the connection over. `holding: 'data'` reads at once, `'all'` from `resume` on. */
  constructor(connection: Connection, { mode, holding, agreeable }: TelnetLinkOptions) {
    this.#connection = connection
    this.#codec = mode === 'raw' ? new RawCodec() : new TelnetCodec()
    this.#options = new TelnetOptions(agreeable)
    this.#holding = holding
    this.#mode = mode
    connection.onData((chunk) => {
      this.#receive(chunk)
    })
    connection.onDrain(() => {
      this.#congested = false
      this.#unreadReplies = 0
      this.#deliver()
      if (this.queued <= LOW_WATER) this.#fireDrain()
      this.#uncongested.fire()
    })
    connection.onClose((reason) => {
      this.#end(reason)
    })
    this.#updateReading()
  }

  // To the peer.

  /** As encoded, for that is what waits; but what was lost in the end is told in bytes of data. */
  get queued(): number {
    if (this.#ended) return this.#dataAmong(this.#connection.queued) + this.#suspendedSize
    return this.#connection.queued + this.#suspendedBytes
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended) return true
    const bytes = this.#codec.send({ type: 'data', bytes: chunk })
    if (this.#suspended) {
      this.#suspendedData.push({ bytes, size: chunk.length })
      this.#suspendedBytes += bytes.length
      this.#suspendedSize += chunk.length
      if (this.queued <= HIGH_WATER) return true
    } else if (this.#pass(bytes, chunk.length)) {
      return true
    }
    this.#owesDrain = true
    return false
  }

  /** Sends a command, an answer, a request: past data that waits for the peer's RESUME. */
  send(message: TelnetMessage): void {
    this.sendBytes(this.#codec.send(message))
  }

  /** The encoded bytes of a message; what `sendBytes` takes. */
  encode(message: TelnetMessage): Uint8Array {
    return this.#codec.send(message)
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.#ended || this.#pass(bytes, 0)) return
    this.#unreadReplies += bytes.length
    this.#updateReading()
  }

  /**
   * Wants options on or off and says other things as they are, all in one write. Nothing is said of an option that is so already,
   * or on its way. Silent in raw mode.
   */
  negotiate(...steps: readonly (readonly [side: Side, option: number, on: boolean] | Negotiation)[]): void {
    if (this.#mode === 'raw') return
    const said = steps.map((step) => ('type' in step ? step : this.#options.ask(...step)))
    const bytes = said.flatMap((each) => (each ? [...this.#codec.send(each)] : []))
    if (bytes.length > 0) this.sendBytes(Uint8Array.from(bytes))
  }

  enabled(side: Side, option: number): boolean {
    return this.#options.enabled(side, option)
  }

  /** The peer asked us to hold our data, and has not taken that back. */
  get suspended(): boolean {
    return this.#suspended
  }

  /** The peer takes no data for now (FLOWCONTROL-SUSPEND): data waits here, `write` answers false above HIGH_WATER. */
  suspend(): void {
    this.#suspended = true
  }

  /** The peer takes data again: what waited goes first. */
  release(): void {
    if (!this.#suspended || this.#ended) return
    this.#suspended = false
    const waiting = this.#suspendedData
    this.#suspendedData = []
    this.#suspendedBytes = this.#suspendedSize = 0
    for (const { bytes, size } of waiting) this.#pass(bytes, size)
    this.#suspensionEased()
  }

  /** Drops the data that wait for the peer's RESUME. */
  dropSuspended(): void {
    this.#suspendedData = []
    this.#suspendedBytes = this.#suspendedSize = 0
    this.#suspensionEased()
  }

  // From the peer.

  pause(): void {
    this.#paused = true
    this.#updateReading()
  }

  resume(): void {
    this.#paused = false
    this.#deliver()
  }

  /** Stops everything from the peer until it is called with false: the owner has as many open requests as it keeps. */
  holdBack(on: boolean): void {
    if (this.#heldBack === on) return
    this.#heldBack = on
    if (on) this.#updateReading()
    else this.#deliver()
  }

  /** Drops the data that wait for `resume`; commands among them stay. */
  dropReceived(): void {
    const kept = this.#inbox.slice(this.#inboxHead).filter((each) => each.type !== 'data')
    this.#inbox = kept
    this.#inboxHead = 0
    this.#inboxBytes = kept.reduce((sum, each) => sum + costOf(each), 0)
    this.#updateReading()
  }

  // The end.

  /** Data that wait for RESUME are sent all the same: a loss would be worse than a full buffer over there. */
  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    this.release()
    this.#leave()
    return this.#connection.close(reason, timeoutMs).then((lost) => this.#dataAmong(lost))
  }

  abort(reason: CloseReason): void {
    this.#leave()
    this.#connection.abort(reason)
  }

  /** We end it: nothing of the peer is of interest any more. */
  #leave(): void {
    this.#leaving = true
    this.#inbox = []
    this.#inboxHead = 0
    this.#inboxBytes = 0
  }

  #receive(chunk: Uint8Array): void {
    // The hot path: nothing to decode, nothing in front of it, nobody to stop it.
    if (this.#mode === 'raw' && this.#inbox.length === 0 && !this.#delivering && !this.#stopped) {
      this.#data.fire(chunk)
      return
    }
    for (const event of this.#codec.receive(chunk)) {
      if (this.#ended || this.#leaving) return
      if (this.#holding === 'data' && event.type !== 'data') {
        this.#dispatch(event)
      } else {
        this.#inbox.push(event)
        this.#inboxBytes += costOf(event)
      }
    }
    this.#deliver()
  }

  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      while (!this.#stopped && this.#inboxHead < this.#inbox.length) this.#dispatchNext()
    } finally {
      this.#delivering = false
      this.#updateReading()
    }
  }

  #dispatchNext(): void {
    const event = this.#inbox[this.#inboxHead++]
    if (!event) return
    this.#inboxBytes -= costOf(event)
    if (this.#inboxHead === this.#inbox.length) {
      this.#inbox = []
      this.#inboxHead = 0
    }
    this.#dispatch(event)
  }

  get #stopped(): boolean {
    return (
      this.#paused ||
      this.#heldBack ||
      this.#leaving ||
      this.#ended ||
      this.#unreadReplies > MAX_UNREAD_REPLIES
    )
  }

  #updateReading(): void {
    if (this.#ended || this.#leaving || this.#delivering) return
    const wanted =
      this.#holding === 'all'
        ? !this.#stopped
        : !this.#heldBack && this.#unreadReplies <= MAX_UNREAD_REPLIES && this.#inboxBytes < READ_AHEAD
    if (wanted === this.#reading) return
    this.#reading = wanted
    if (wanted) this.#connection.resume()
    else this.#connection.pause()
  }

  #dispatch(event: TelnetEvent): void {
    switch (event.type) {
      case 'data':
        this.#data.fire(event.bytes)
        break
      case 'command':
        this.#commands.fire(event.command)
        break
      case 'negotiation': {
        const { reply, change } = this.#options.receive(event.verb, event.option)
        if (reply) this.send(reply)
        if (change) this.#optionChanges.fire(change)
        this.#negotiations.fire()
        break
      }
      case 'subnegotiation':
        this.#subnegotiations.fire(event)
        break
      case 'violation':
        this.#violations.fire(event)
        break
    }
  }

  /** `size`: of the data in it. */
  #pass(bytes: Uint8Array, size: number): boolean {
    if (this.#mode !== 'raw') this.#ledger.add(bytes.length, size)
    if (this.#connection.write(bytes)) return true
    this.#congested = true
    return false
  }

  /** Nothing waits for RESUME any more. Where the connection is not full, no drain of its own will follow. */
  #suspensionEased(): void {
    if (this.#congested) return
    this.#fireDrain()
    this.#uncongested.fire()
  }

  #fireDrain(): void {
    if (!this.#owesDrain || this.#ended) return
    this.#owesDrain = false
    this.#drain.fire()
  }

  #dataAmong(bytes: number): number {
    return this.#mode === 'raw' ? bytes : this.#ledger.dataAmong(bytes)
  }

  #end(reason: CloseReason): void {
    if (this.#ended) return
    // What the peer sent before it left goes out even though the owner paused: nobody can ask for it later.
    while (this.#inboxHead < this.#inbox.length) this.#dispatchNext()
    this.#ended = true
    this.#suspendedData = []
    this.#closed.fire(reason)
  }
}

/** What an event keeps in memory, in bytes. */
function costOf(event: TelnetEvent): number {
  return CHUNK_COST + ('bytes' in event ? event.bytes.length : 0)
}
