/**
 * Ports that are sent a string when they were opened, before anybody else's bytes, and another one before they are closed in good
 * order. They stand around a PortSource, so the hub knows nothing of them: these bytes are nobody's, in no trace, and what is
 * lost of them is no client's loss. Called by shares.ts.
 */
import type { CloseReason } from '../contract/close.ts'
import type { LineSettings, Purge } from '../contract/line.ts'
import type { Port, PortSource } from '../ports/port.ts'
import { ForwardedPort } from './forwarded-port.ts'

/** Each is made when it is needed, with the settings of that moment; empty: nothing is sent. */
export interface PortStrings {
  readonly open: (settings: LineSettings) => Uint8Array
  readonly close: (settings: LineSettings) => Uint8Array
  /** So many bytes of the close string did not go out. */
  readonly closeLost: (bytes: number) => void
}

/** Also when it is opened again after it broke; a port that breaks is sent nothing any more. */
export function withStrings(source: PortSource, strings: PortStrings): PortSource {
  return {
    label: source.label,
    ...(source.onAvailable && { onAvailable: source.onAvailable }),
    open: async (settings, signal) => new PortWithStrings(await source.open(settings, signal), strings)
  }
}

class PortWithStrings extends ForwardedPort {
  readonly #port: Port
  readonly #strings: PortStrings
  /** What may still be queued of the open string, and how many bytes of clients came behind it. */
  #opening: number
  #behind = 0
  /** Of the close string. */
  #closing = 0
  #closed: Promise<number> | undefined

  constructor(port: Port, strings: PortStrings) {
    super(port)
    this.#port = port
    this.#strings = strings
    const bytes = strings.open(port.settings)
    this.#opening = bytes.length
    if (bytes.length > 0) port.write(bytes)
  }

  /** Without what is ours. */
  override get queued(): number {
    const queued = this.#port.queued
    this.#opening = Math.max(0, Math.min(this.#opening, queued - this.#behind - this.#closing))
    return Math.max(0, queued - this.#opening - this.#closing)
  }

  override write(chunk: Uint8Array): boolean {
    if (this.#opening > 0) this.#behind += chunk.length
    return this.#port.write(chunk)
  }

  override purge(which: Purge): void {
    this.#port.purge(which)
    if (which !== 'receive') this.#opening = this.#behind = 0
  }

  override close(reason: CloseReason, timeoutMs: number): Promise<number> {
    this.#closed ??= this.#close(reason, timeoutMs)
    return this.#closed
  }

  async #close(reason: CloseReason, timeoutMs: number): Promise<number> {
    const bytes = this.#strings.close(this.#port.settings)
    this.#closing = bytes.length
    if (bytes.length > 0) this.#port.write(bytes)
    const lost = await this.#port.close(reason, timeoutMs)
    // It was the last to be written, so it is the first to be missing.
    const ours = Math.min(lost, bytes.length)
    if (ours > 0) this.#strings.closeLost(ours)
    return Math.max(0, lost - ours - this.#opening)
  }
}
