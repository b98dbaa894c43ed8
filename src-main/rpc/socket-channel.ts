/**
 * A Channel over a WebSocket: each message is one binary message with MessagePack in it. The same for a browser's WebSocket and for the
 * ones that a server makes (ws has a browser's interface too). Called by the page and by the host that serves it; knows neither
 * cookies nor addresses.
 */
import type { CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { Channel } from './channel.ts'
import { Inbox } from './inbox.ts'
import { BYTES_PER_VALUE, MAX_ANSWER_BYTES, MAX_QUEUED_BYTES, MAX_REQUEST_BYTES } from './limits.ts'
import { packed, unpacked } from './packed.ts'

/** What is used of a WebSocket; one that is open, or opens. */
export interface MessageSocket {
  binaryType: string
  readonly readyState: number
  /** Bytes that `send` took and the network did not yet. */
  readonly bufferedAmount: number
  send(bytes: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly reason: string }) => void): void
  addEventListener(type: 'error', listener: (event: unknown) => void): void
}

const OPEN = 1

/** Codes that are ours to choose (RFC 6455 §7.4.2), and what fits into the reason of a close frame (§5.5). */
const CLOSED_BY_US = 4000
const MAX_REASON = 123

const LEFT: CloseReason = { code: 'done', message: 'the other side has left' }
const TOO_SLOW: CloseReason = { code: 'too-slow', message: 'the other side takes no messages' }

/** Owns the socket, which must be open. `side`: which one this is. */
export function socketChannel(socket: MessageSocket, side: 'server' | 'client'): Channel {
  return new SocketChannel(socket, side)
}

class SocketChannel implements Channel {
  readonly #socket: MessageSocket
  readonly #inbox = new Inbox()
  readonly #maxPosted: number
  readonly #maxReceived: number
  #why: CloseReason | undefined

  readonly onMessage = this.#inbox.onMessage
  readonly onClose = this.#inbox.onClose

  constructor(socket: MessageSocket, side: 'server' | 'client') {
    const isServer = side === 'server'
    this.#socket = socket
    this.#maxPosted = isServer ? MAX_ANSWER_BYTES : MAX_REQUEST_BYTES
    this.#maxReceived = isServer ? MAX_REQUEST_BYTES : MAX_ANSWER_BYTES
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    // Its `close` follows, and says all that a browser tells.
    socket.addEventListener('error', () => undefined)
    socket.addEventListener('close', ({ reason }) =>
      this.#inbox.end(this.#why ?? (reason === '' ? LEFT : { code: 'done', message: reason }))
    )
  }

  post(message: unknown): void {
    if (this.#inbox.shut) return
    const bytes = packed(message, this.#maxPosted)
    if (this.#socket.readyState !== OPEN) return
    if (this.#socket.bufferedAmount > MAX_QUEUED_BYTES) this.close(TOO_SLOW)
    // The library's own, and shared with nobody.
    else this.#socket.send(bytes as Uint8Array<ArrayBuffer>)
  }

  close(reason: CloseReason): void {
    if (this.#inbox.shut) return
    this.#inbox.shutOff()
    this.#why = reason
    this.#socket.close(CLOSED_BY_US, fitting(reason.message))
  }

  #receive(data: unknown): void {
    if (this.#inbox.shut) return
    if (!(data instanceof ArrayBuffer)) this.#odd('text')
    else if (data.byteLength > this.#maxReceived) this.#odd('a message that is too large')
    else this.#unpack(new Uint8Array(data))
  }

  #unpack(payload: Uint8Array): void {
    let message: unknown
    try {
      message = unpacked(payload, this.#maxReceived / BYTES_PER_VALUE)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.close({ code: 'error', message: error.message })
      return
    }
    this.#inbox.deliver(message)
  }

  #odd(what: string): void {
    this.close({ code: 'error', message: `it sent ${what}` })
  }
}

/** The beginning of it that fits into a close frame, without half a character. */
function fitting(text: string): string {
  const encoder = new TextEncoder()
  let result = text
  while (encoder.encode(result).length > MAX_REASON) result = result.slice(0, -1)
  return result
}
