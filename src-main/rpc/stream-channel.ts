/**
 * A Channel over a stream of bytes: a local socket, TLS, TCP, memory. Each message is a frame of protocol/frames with MessagePack
 * in it. Called by whoever has a Connection that speaks rpc from here on; knows neither addresses nor trust.
 */
import type { Duplex } from '../base/duplex.ts'
import type { Event } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import { encodeFrame, FrameReader } from '../protocol/frames.ts'
import type { Channel } from './channel.ts'
import { Inbox } from './inbox.ts'
import { BYTES_PER_VALUE, MAX_ANSWER_BYTES, MAX_QUEUED_BYTES, MAX_REQUEST_BYTES } from './limits.ts'
import { packed, unpacked } from './packed.ts'

/** How long what was posted may take at the end, in ms. */
const DRAIN_MS = 2000

/** A net Connection is one. */
type Stream = Duplex & {
  /** The far side sends no more, and may still read: who asks nothing any more has left. */
  readonly onInputEnd?: Event<void> | undefined
}

const LEFT: CloseReason = { code: 'done', message: 'the other side has left' }
const TOO_SLOW: CloseReason = { code: 'too-slow', message: 'the other side takes no messages' }

export interface StreamChannelOptions {
  /** Where the Duplex was read before: what has read it, with whatever came behind that. */
  readonly reader?: FrameReader
}

/** Owns the Duplex, which is paused until somebody subscribes to `onMessage`. `side`: which one this is. */
export function streamChannel(
  duplex: Stream,
  side: 'server' | 'client',
  options: StreamChannelOptions = {}
): Channel {
  return new StreamChannel(duplex, side, options)
}

class StreamChannel implements Channel {
  readonly #duplex: Duplex
  readonly #reader: FrameReader
  readonly #inbox = new Inbox()
  readonly #maxPosted: number
  readonly #maxValues: number
  #reading = false

  readonly onClose = this.#inbox.onClose

  constructor(duplex: Stream, side: 'server' | 'client', { reader }: StreamChannelOptions) {
    const isServer = side === 'server'
    const maxReceived = isServer ? MAX_REQUEST_BYTES : MAX_ANSWER_BYTES
    this.#duplex = duplex
    this.#reader = reader ?? new FrameReader(maxReceived)
    this.#reader.limit = maxReceived
    this.#maxPosted = isServer ? MAX_ANSWER_BYTES : MAX_REQUEST_BYTES
    this.#maxValues = maxReceived / BYTES_PER_VALUE
    duplex.onData((chunk) => this.#receive(chunk))
    duplex.onClose((reason) => this.#inbox.end(reason))
    duplex.onInputEnd?.(() => this.close(LEFT))
  }

  readonly onMessage: Channel['onMessage'] = (listener) => {
    const listening = this.#inbox.onMessage(listener)
    if (!this.#reading) {
      this.#reading = true
      this.#deliver()
      if (!this.#inbox.shut) this.#duplex.resume()
    }
    return listening
  }

  post(message: unknown): void {
    if (this.#inbox.shut) return
    const frame = encodeFrame(packed(message, this.#maxPosted))
    if (this.#duplex.queued > MAX_QUEUED_BYTES) this.#abort(TOO_SLOW)
    else this.#duplex.write(frame)
  }

  close(reason: CloseReason): void {
    if (this.#inbox.shut) return
    this.#inbox.shutOff()
    void this.#duplex.close(reason, DRAIN_MS)
  }

  #receive(chunk: Uint8Array): void {
    if (this.#inbox.shut) return
    this.#reader.push(chunk)
    this.#deliver()
  }

  #deliver(): void {
    while (!this.#inbox.shut) {
      const event = this.#reader.next()
      if (!event) return
      if (event.type === 'violation') this.#abort({ code: 'error', message: `it sent ${event.what}` })
      else this.#unpack(event.payload)
    }
  }

  #unpack(payload: Uint8Array): void {
    let message: unknown
    try {
      message = unpacked(payload, this.#maxValues)
    } catch (error) {
      const { message: text } = error instanceof Fault ? error : new Error(String(error))
      this.#abort({ code: 'error', message: text })
      return
    }
    this.#inbox.deliver(message)
  }

  /** The reason is ours before the Duplex says its own. */
  #abort(reason: CloseReason): void {
    this.#inbox.shutOff()
    this.#duplex.abort(reason)
  }
}
