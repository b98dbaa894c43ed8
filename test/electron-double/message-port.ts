/** A MessagePortMain whose other end is in a page. */
import { EventEmitter } from 'node:events'

export type Encoded = { readonly bytes: string } | { readonly value: number | string }

export interface PortWire {
  readonly tell: (message: object) => void
  readonly gone: () => void
}

export class DoublePort extends EventEmitter {
  readonly #id: number
  readonly #wire: PortWire
  #isOpen = true

  constructor(id: number, wire: PortWire) {
    super()
    this.#id = id
    this.#wire = wire
  }

  start(): void {
    this.#wire.tell({ type: 'start', id: this.#id })
  }

  postMessage(value: unknown): void {
    if (this.#isOpen) this.#wire.tell({ type: 'data', id: this.#id, data: encoded(value) })
  }

  close(): void {
    if (!this.#isOpen) return
    this.#wire.tell({ type: 'close', id: this.#id })
    this.end()
  }

  /** From the page. */
  receive(data: Encoded): void {
    if (this.#isOpen) this.emit('message', { data: decoded(data), ports: [] })
  }

  /** The page, or its end of the port, is gone. */
  end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#wire.gone()
    this.emit('close')
  }
}

function encoded(value: unknown): Encoded {
  if (value instanceof ArrayBuffer) return { bytes: Buffer.from(value).toString('base64') }
  if (typeof value === 'number' || typeof value === 'string') return { value }
  throw new Error(`the double carries bytes, numbers and texts over ports, no ${typeof value}`)
}

function decoded(data: Encoded): unknown {
  if ('value' in data) return data.value
  const bytes = Buffer.from(data.bytes, 'base64')
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
}
