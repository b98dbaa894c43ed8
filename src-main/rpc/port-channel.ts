/**
 * A Channel over a message port, as the page in the window of the app has it: the same messages, limits and checks as over a WebSocket,
 * which a port is made to look like. Beside the messages (an ArrayBuffer each) a port carries how many bytes were taken (a number), for it
 * tells nobody what waits in it, and why it is closed (a text). Called by the page, and by the host that owns the window.
 */
import type { Channel } from './channel.ts'
import { socketChannel, type MessageSocket } from './socket-channel.ts'

/** What is used of a port: a browser's, a worker's of Node, and with an adapter Electron's. */
export interface EventPort {
  postMessage(value: unknown): void
  /** From now on messages come; those that waited first. */
  start(): void
  /** What was posted before still arrives. */
  close(): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: () => void): void
}

const OPEN = 1
const CLOSED = 3

/** Owns the port, which nobody has started. `side`: which one this is. */
export function portChannel(port: EventPort, side: 'server' | 'client'): Channel {
  return socketChannel(new PortSocket(port), side)
}

class PortSocket implements MessageSocket {
  readonly #port: EventPort
  readonly #messages: ((event: { readonly data: unknown }) => void)[] = []
  readonly #closes: ((event: { readonly reason: string }) => void)[] = []
  binaryType = 'arraybuffer'
  readyState = OPEN
  bufferedAmount = 0

  constructor(port: EventPort) {
    this.#port = port
    port.addEventListener('message', ({ data }) => this.#receive(data))
    port.addEventListener('close', () => this.#end(''))
    port.start()
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.bufferedAmount += bytes.length
    // A view would take all of its buffer along.
    this.#port.postMessage(bytes.slice().buffer)
  }

  close(_code?: number, reason = ''): void {
    if (this.readyState === CLOSED) return
    this.#port.postMessage(reason)
    this.#end(reason)
  }

  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly reason: string }) => void): void
  addEventListener(type: 'error', listener: (event: unknown) => void): void
  addEventListener(
    type: string,
    listener: (event: { readonly data: unknown; readonly reason: string }) => void
  ): void {
    if (type === 'message') this.#messages.push(listener as (event: { readonly data: unknown }) => void)
    if (type === 'close') this.#closes.push(listener as (event: { readonly reason: string }) => void)
  }

  #receive(data: unknown): void {
    if (this.readyState === CLOSED) return
    if (typeof data === 'string') this.#end(data)
    else if (typeof data === 'number') this.bufferedAmount -= taken(data, this.bufferedAmount)
    else {
      if (data instanceof ArrayBuffer) this.#port.postMessage(data.byteLength)
      for (const listener of this.#messages) listener({ data })
    }
  }

  #end(reason: string): void {
    if (this.readyState === CLOSED) return
    this.readyState = CLOSED
    this.#port.close()
    // Whoever closes hears of it later, as with a socket.
    void Promise.resolve().then(() => {
      for (const listener of this.#closes) listener({ reason })
    })
  }
}

/** The other side may say anything. */
function taken(count: number, sent: number): number {
  return count >= 0 ? Math.min(count, sent) : 0
}
