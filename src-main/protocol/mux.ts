/**
 * gensio's mux: both sides of it are alike. Called by net, which carries its bytes and gives each channel a Connection.
 *
 *     each side                init                        →   once, before anything else
 *     who wants a channel      open {window, service}      →
 *                                                          ←   opened {window} | opened {error}
 *     both                     data {acknowledged, bytes}  ↔   at most `window` under way, 3 more counted for each message
 *     both                     close {error}               ↔   the second one when all data before the first were taken
 *
 * Behind its own `close` a side sends nothing more for that channel; behind the other's, nothing is delivered any more.
 * Known deviations: gensio does not acknowledge the service of the first channel, and does acknowledge those of others; it takes a
 * window of 128 bytes or less for an error; each of its messages has half a window at the most. Out-of-band data are dropped, as
 * ser2net's are. Source: gensio 2.6.2, lib/gensio_mux.c (`mux_child_read`, `chan_setup_send_data`, `chan_check_read`).
 *
 * Sans-IO. What is wrong is a violation, and the end of all channels: where the next message begins nobody can know.
 */
import type { Violation } from './codec.ts'
import type { MuxHeader, MuxKind } from './mux-messages.ts'
import {
  MAX_HEADER,
  MUX_ERRORS,
  OUT_OF_BAND,
  encodeClose,
  encodeDataHeader,
  encodeInit,
  encodeOpen,
  encodeOpened,
  readFirst,
  readHeader
} from './mux-messages.ts'

/** Bytes that may be under way to one of our channels: what a paused reader leaves here at the most. */
export const WINDOW = 64 * 1024

/** We acknowledge when so many were taken: who sends half a window at a time can always go on before that. */
const ACKNOWLEDGE_AT = WINDOW / 4

/** Each message of data counts for so much more, as its flags and its length do in gensio's buffers. */
export const MESSAGE_COST = 3

/** A window of this or less is an error to gensio. */
const SMALLEST_WINDOW = 128

/** Bytes of data in one message of ours: with its header, one TLS record. */
const MAX_DATA = 16 * 1024 - 10

/** Channels of one mux that are open at once; more are refused. */
export const MAX_CHANNELS = 8

/** What is kept of a service's name; the rest is skipped. */
export const MAX_SERVICE = 256

export type MuxEvent =
  /** The far side is there: channels may be opened. */
  | { readonly type: 'ready' }
  /** The far side wants a channel: `accept` or `refuse` it. `service`: at most 256 bytes of its name. */
  | { readonly type: 'asked'; readonly channel: number; readonly service: Uint8Array }
  /** Ours is open. */
  | { readonly type: 'opened'; readonly channel: number }
  /** Ours is not. `error`: gensio's number for why. */
  | { readonly type: 'refused'; readonly channel: number; readonly error: number }
  /** `cost`: for `taken`, once the bytes are, which are a view into the chunk. There are none where out-of-band data were dropped. */
  | { readonly type: 'data'; readonly channel: number; readonly bytes: Uint8Array; readonly cost: number }
  /** There is more room to send. */
  | { readonly type: 'room'; readonly channel: number }
  /** The far side has closed it. Answer with `close` once all its data are taken, where that was not said already. */
  | { readonly type: 'closed'; readonly channel: number; readonly error: number }
  /** An answer that needs no decision. */
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  | Violation

interface Channel {
  /** As the far side calls it. */
  far: number
  /** `asked`: by the far side. `closing`: we closed it. `left`: the far side did. */
  state: 'asking' | 'asked' | 'open' | 'closing' | 'left'
  sendWindow: number
  /** Sent and not acknowledged. */
  outstanding: number
  /** Received and not acknowledged … */
  unacknowledged: number
  /** … and of that, taken. */
  taken: number
  serviceSize: number
}

/** A message that has come in part. */
interface Incoming {
  readonly kind: MuxKind
  readonly header: MuxHeader
  /** Bytes of its length that came. */
  lengthBytes: number
  /** Behind the length, bytes that are still to come. */
  left: number
  service: number[]
  /** What the next piece of data costs on top of its bytes. */
  extra: number
}

export class Mux {
  readonly #channels = new Map<number, Channel>()
  readonly #head = new Uint8Array(MAX_HEADER)
  #headFilled = 0
  #incoming: Incoming | undefined
  #ready = false
  #firstAccepted = false
  #broken = false

  /** To be sent before anything else. */
  start(): Uint8Array {
    return encodeInit()
  }

  /** After `ready`. */
  open(service: Uint8Array = new Uint8Array(0)): { readonly channel: number; readonly bytes: Uint8Array } {
    const channel = this.#newChannel('asking', 0)
    this.#get(channel).outstanding = service.length
    return { channel, bytes: encodeOpen(channel, WINDOW, service) }
  }

  /** A channel that was `asked` for. */
  accept(channel: number): Uint8Array {
    const each = this.#get(channel)
    each.state = 'open'
    if (this.#firstAccepted) each.taken = each.unacknowledged = each.serviceSize
    this.#firstAccepted = true
    return encodeOpened(each.far, WINDOW, channel, MUX_ERRORS.none)
  }

  /** A channel that was `asked` for; it is none then. */
  refuse(channel: number, error: number): Uint8Array {
    const { far } = this.#get(channel)
    this.#channels.delete(channel)
    return encodeOpened(far, WINDOW, 0, error)
  }

  /** Bytes of data that may go now in one message; 0 where it is better to wait for `room`. `wanted`: so many there are. */
  room(channel: number, wanted: number): number {
    const each = this.#channels.get(channel)
    if (each?.state !== 'open') return 0
    const most = Math.min(wanted, MAX_DATA, (each.sendWindow >> 1) - MESSAGE_COST)
    return each.outstanding + most + MESSAGE_COST <= each.sendWindow ? most : 0
  }

  /** What stands before these bytes on the wire: as many as `room` answered. */
  send(channel: number, length: number): Uint8Array {
    const each = this.#get(channel)
    each.outstanding += length + MESSAGE_COST
    return encodeDataHeader(each.far, this.#acknowledge(each), length)
  }

  /** The reader took what cost so much; the acknowledgement to send, if one is due. */
  taken(channel: number, cost: number): Uint8Array | undefined {
    const each = this.#channels.get(channel)
    if (!each) return undefined
    each.taken += cost
    // Behind our own close nothing may follow, and behind the other's nobody waits for it.
    if (each.state !== 'open' || each.taken < ACKNOWLEDGE_AT) return undefined
    return encodeDataHeader(each.far, this.#acknowledge(each), 0)
  }

  /** The last thing we say of a channel; undefined where that was said. */
  close(channel: number, error: number = MUX_ERRORS.none): Uint8Array | undefined {
    const each = this.#channels.get(channel)
    if (!each || (each.state !== 'open' && each.state !== 'left')) return undefined
    if (each.state === 'left') this.#channels.delete(channel)
    else each.state = 'closing'
    return encodeClose(each.far, error)
  }

  /** Never throws. A violation once, and then nothing more. */
  receive(chunk: Uint8Array): MuxEvent[] {
    const events: MuxEvent[] = []
    for (let at = 0; at < chunk.length && !this.#broken;) {
      const used = this.#incoming
        ? this.#readBody(this.#incoming, chunk.subarray(at), events)
        : this.#readHead(chunk.subarray(at), events)
      if (typeof used === 'string') {
        this.#broken = true
        const bytes = chunk.slice(at, at + 16)
        events.push({ type: 'violation', what: used, section: 'gensio mux', bytes })
      } else at += used
    }
    return events
  }

  /** How many bytes it used of them; a text where they are wrong. */
  #readHead(bytes: Uint8Array, events: MuxEvent[]): number | string {
    this.#head[0] = this.#headFilled === 0 ? (bytes[0] ?? 0) : (this.#head[0] ?? 0)
    const first = readFirst(this.#head[0])
    if (typeof first === 'string') return first
    const { kind, length } = first
    const piece = bytes.subarray(0, length - this.#headFilled)
    this.#head.set(piece, this.#headFilled)
    this.#headFilled += piece.length
    if (this.#headFilled < length) return piece.length
    this.#headFilled = 0
    const wrong = this.#begin(kind, readHeader(kind, this.#head.subarray(0, length)), events)
    return wrong ?? piece.length
  }

  #begin(kind: MuxKind, header: MuxHeader, events: MuxEvent[]): string | undefined {
    if (kind === 'init') {
      if (this.#ready) return 'a second init'
      this.#ready = true
      events.push({ type: 'ready' })
      return undefined
    }
    if (!this.#ready) return `${kind} before init`
    if (kind === 'opened') return this.#opened(header, events)
    if (kind === 'close') return this.#closed(header, events)
    const wrong = kind === 'open' ? this.#checkAsked(header) : this.#acknowledged(header, events)
    this.#incoming = { kind, header, lengthBytes: 0, left: 0, service: [], extra: MESSAGE_COST }
    return wrong
  }

  #checkAsked({ channel, count }: MuxHeader): string | undefined {
    if (count <= SMALLEST_WINDOW) return `a window of ${count} bytes`
    return [...this.#channels.values()].some(({ far, state }) => far === channel && state !== 'asking')
      ? `a second channel ${channel}`
      : undefined
  }

  #acknowledged({ channel, count }: MuxHeader, events: MuxEvent[]): string | undefined {
    const each = this.#channels.get(channel)
    if (each?.state !== 'open' && each?.state !== 'closing')
      return `data for channel ${channel}, which is not open`
    if (count > each.outstanding) return `${count} bytes acknowledged, where ${each.outstanding} were sent`
    each.outstanding -= count
    if (count > 0 && each.state === 'open') events.push({ type: 'room', channel })
    return undefined
  }

  #opened({ channel, count, senderChannel, error }: MuxHeader, events: MuxEvent[]): string | undefined {
    const each = this.#channels.get(channel)
    if (each?.state !== 'asking') return `an answer for channel ${channel}, which was not asked for`
    if (error !== MUX_ERRORS.none) {
      this.#channels.delete(channel)
      events.push({ type: 'refused', channel, error })
      return undefined
    }
    if (count <= SMALLEST_WINDOW) return `a window of ${count} bytes`
    each.state = 'open'
    each.far = senderChannel
    each.sendWindow = count
    events.push({ type: 'opened', channel })
    return undefined
  }

  #closed({ channel, error }: MuxHeader, events: MuxEvent[]): string | undefined {
    const each = this.#channels.get(channel)
    if (each?.state !== 'open' && each?.state !== 'closing')
      return `close of channel ${channel}, which is not open`
    if (each.state === 'closing') this.#channels.delete(channel)
    else each.state = 'left'
    events.push({ type: 'closed', channel, error })
    return undefined
  }

  #readBody(incoming: Incoming, bytes: Uint8Array, events: MuxEvent[]): number | string {
    if (incoming.lengthBytes < 2) {
      incoming.left = (incoming.left << 8) | (bytes[0] ?? 0)
      incoming.lengthBytes++
      return incoming.lengthBytes < 2 ? 1 : (this.#beginBody(incoming, events) ?? 1)
    }
    const piece = bytes.subarray(0, incoming.left)
    incoming.left -= piece.length
    if (incoming.kind === 'open') {
      incoming.service.push(...piece.subarray(0, MAX_SERVICE - incoming.service.length))
    } else this.#data(incoming, piece, events)
    if (incoming.left === 0) this.#endBody(incoming, events)
    return piece.length
  }

  #beginBody(incoming: Incoming, events: MuxEvent[]): string | undefined {
    const { kind, header, left } = incoming
    if (left === 0) this.#endBody(incoming, events)
    else if (kind === 'data') {
      const each = this.#get(header.channel)
      each.unacknowledged += left + MESSAGE_COST
      if (each.unacknowledged > WINDOW)
        return `${each.unacknowledged} bytes under way, where ${WINDOW} are allowed`
    } else incoming.extra = left
    return undefined
  }

  #data(incoming: Incoming, bytes: Uint8Array, events: MuxEvent[]): void {
    const { channel, flags } = incoming.header
    const each = this.#get(channel)
    const cost = bytes.length + incoming.extra
    incoming.extra = 0
    if (each.state === 'closing') return
    const dropped = (flags & OUT_OF_BAND) !== 0
    events.push({ type: 'data', channel, bytes: dropped ? bytes.subarray(0, 0) : bytes, cost })
  }

  #endBody(incoming: Incoming, events: MuxEvent[]): void {
    this.#incoming = undefined
    const { kind, header, service, extra } = incoming
    if (kind === 'data') return
    if (this.#channels.size >= MAX_CHANNELS) {
      events.push({ type: 'send', bytes: encodeOpened(header.channel, WINDOW, 0, MUX_ERRORS.inUse) })
      return
    }
    const channel = this.#newChannel('asked', header.channel)
    const each = this.#get(channel)
    each.sendWindow = header.count
    each.serviceSize = service.length > 0 ? extra : 0
    events.push({ type: 'asked', channel, service: Uint8Array.from(service) })
  }

  /** What of a channel is to be acknowledged now, and then is. */
  #acknowledge(channel: Channel): number {
    const { taken } = channel
    channel.unacknowledged -= taken
    channel.taken = 0
    return taken
  }

  /** The lowest number that is free. */
  #newChannel(state: Channel['state'], far: number): number {
    let channel = 0
    while (this.#channels.has(channel)) channel++
    this.#channels.set(channel, {
      ...{ far, state, sendWindow: 0, outstanding: 0 },
      ...{ unacknowledged: 0, taken: 0, serviceSize: 0 }
    })
    return channel
  }

  #get(channel: number): Channel {
    const each = this.#channels.get(channel)
    if (!each) throw new RangeError(`there is no channel ${channel}`)
    return each
  }
}
