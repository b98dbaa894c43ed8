/**
 * Tells a web browser from a serial program by its first bytes. A web page can make the visitor's browser POST to any address
 * of his computer, and the body would reach the device; but a browser always begins with a request line (RFC 9112 §3):
 *
 *     METHOD SP request-target SP HTTP/1.x CRLF       POST /fwlink HTTP/1.1
 *     A-Z    20 21-7E,80-FF   20            0D 0A
 *
 * Sans-IO and without a clock: whoever feeds it lets held bytes go with `release` when they waited too long.
 */

/** No method in use is longer (the longest registered is UPDATEREDIRECTREF, RFC 4437). */
const MAX_METHOD_LENGTH = 24

/** Bytes held at the most: what servers take as a request line (RFC 9112 §3 asks for 8000). */
export const MAX_REQUEST_LINE = 8192

/**
 * `holding`: could still be a request line, nothing to hand on; `pass`: it is none, hand on `bytes` and ask no more;
 * `http`: it is one, drop the client.
 */
export interface GuardVerdict {
  readonly state: 'holding' | 'pass' | 'http'
  readonly bytes: Uint8Array
}

const NOTHING = new Uint8Array(0)
const SPACE = 0x20
const SLASH = 0x2f
const VERSION = Uint8Array.of(0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e) // HTTP/1.

type Part = 'method' | 'target' | 'version' | 'minor' | 'cr' | 'lf'

export class HttpGuard {
  #state: 'holding' | 'pass' | 'http' = 'holding'
  #held: Uint8Array[] = []
  #part: Part = 'method'
  /** Bytes seen, and where in the line the current part began. */
  #length = 0
  #partStart = 0
  #targetIsPath = false

  /** The first bytes of a connection, in any chunking. Once it said `pass`, the very same chunk comes back. */
  receive(chunk: Uint8Array): GuardVerdict {
    if (this.#state === 'pass') return { state: 'pass', bytes: chunk }
    if (this.#state === 'http') return { state: 'http', bytes: NOTHING }
    for (const byte of chunk) {
      this.#state = this.#step(byte)
      this.#length++
      if (this.#state !== 'holding') break
    }
    this.#held.push(chunk)
    if (this.#state === 'http') this.#held = []
    return { state: this.#state, bytes: this.#state === 'pass' ? this.#takeHeld() : NOTHING }
  }

  /** Nothing more came in time: answers what was held, and passes everything from now on. */
  release(): Uint8Array {
    if (this.#state === 'holding') this.#state = 'pass'
    return this.#takeHeld()
  }

  /** What the line is after this byte. */
  #step(byte: number): 'holding' | 'pass' | 'http' {
    // A line that fills the bound is judged by its beginning: a page chooses the length of its own URL.
    if (this.#length === MAX_REQUEST_LINE) return this.#targetIsPath ? 'http' : 'pass'
    const at = this.#length - this.#partStart
    switch (this.#part) {
      case 'method':
        if (byte >= 0x41 && byte <= 0x5a) return at < MAX_METHOD_LENGTH ? 'holding' : 'pass'
        return byte === SPACE && at > 0 ? this.#begin('target') : 'pass'
      case 'target':
        if (at === 0) this.#targetIsPath = byte === SLASH
        if (byte === SPACE && at > 0) return this.#begin('version')
        return byte > SPACE && byte !== 0x7f ? 'holding' : 'pass'
      case 'version':
        if (byte !== VERSION[at]) return 'pass'
        return at + 1 === VERSION.length ? this.#begin('minor') : 'holding'
      case 'minor':
        return byte >= 0x30 && byte <= 0x39 ? this.#begin('cr') : 'pass'
      case 'cr':
        return byte === 0x0d ? this.#begin('lf') : 'pass'
      case 'lf':
        return byte === 0x0a ? 'http' : 'pass'
    }
  }

  #begin(part: Part): 'holding' {
    this.#part = part
    this.#partStart = this.#length + 1
    return 'holding'
  }

  #takeHeld(): Uint8Array {
    const [first, ...others] = this.#held
    this.#held = []
    if (!first || others.length === 0) return first ?? NOTHING
    const bytes = new Uint8Array(others.reduce((sum, each) => sum + each.length, first.length))
    let offset = 0
    for (const each of [first, ...others]) {
      bytes.set(each, offset)
      offset += each.length
    }
    return bytes
  }
}
