/**
 * Escape sequences out of text, as terminals read them (ECMA-48 §5.4, DEC's state machine): any chunking gives the same.
 *
 *     ESC [ ? 2 5 h        CSI: a prefix, parameters, intermediates, final      ESC ( B     escape: intermediates, final
 *     ESC ] 0 ; t BEL      OSC, also ended by ESC \                             ESC P … ESC \   DCS; PM, APC and SOS likewise
 *
 * Bytes 80 to 9F are no C1 controls here: nearly all that speaks to a terminal today is UTF-8.
 */

import { latin1 } from './text.ts'

const ESC = 0x1b
const BEL = 0x07
const CAN = 0x18
const SUB = 0x1a

/** What stands behind ESC: `[`, `]`, and with it the others that begin a string: P, X, ^, _. */
const CSI = 0x5b
const OSC = 0x5d
const STRINGS: readonly number[] = [OSC, 0x50, 0x58, 0x5e, 0x5f]

/** Of one sequence; more is swallowed, and `long` says so. */
const MAX_SEQUENCE = 512

export interface Sequence {
  readonly kind: 'csi' | 'esc' | 'osc' | 'string'
  /** Everything behind ESC, in Latin-1. */
  readonly body: string
  /** Behind its last byte; its first may stand in a chunk before. */
  readonly from: number
  readonly to: number
  /** It ended as it should: no CAN, no new ESC within. */
  readonly whole: boolean
  readonly long: boolean
}

type State = 'text' | 'esc' | 'csi' | 'string' | 'string-esc'

export class AnsiParser {
  #state: State = 'text'
  readonly #body = new Uint8Array(MAX_SEQUENCE)
  #size = 0
  #long = false
  /** Bytes of the current sequence before this chunk. */
  #before = 0

  /** In the middle of a sequence. */
  get busy(): boolean {
    return this.#state !== 'text'
  }

  copy(): AnsiParser {
    const other = new AnsiParser()
    other.#state = this.#state
    other.#body.set(this.#body.subarray(0, this.#size))
    other.#size = this.#size
    other.#long = this.#long
    other.#before = this.#before
    return other
  }

  reset(): void {
    this.#state = 'text'
    this.#before = 0
  }

  /** `text`: the bytes that stand in no sequence, copied. */
  receive(bytes: Uint8Array): { readonly text: Uint8Array; readonly sequences: readonly Sequence[] } {
    const text = new Uint8Array(bytes.length)
    let size = 0
    const sequences: Sequence[] = []
    let from = -this.#before
    const end = (to: number, whole: boolean) => {
      sequences.push({
        kind: this.#kind(),
        body: latin1(this.#body.subarray(0, this.#size)),
        from,
        to,
        whole,
        long: this.#long
      })
      this.#state = 'text'
    }
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (this.#state === 'text') {
        if (byte !== ESC) {
          text[size++] = byte
          continue
        }
        this.#begin()
        from = at
      } else if (byte === CAN || byte === SUB) end(at + 1, false)
      else if (byte === ESC && this.#state !== 'string') {
        end(at, false)
        this.#begin()
        from = at
      } else if (!this.#take(byte)) {
        // A control character is carried out in the middle of a sequence.
        text[size++] = byte
      } else if (this.#ends(byte)) end(at + 1, true)
    }
    this.#before = this.busy ? bytes.length - from : 0
    return { text: text.subarray(0, size), sequences }
  }

  #begin(): void {
    this.#state = 'esc'
    this.#size = 0
    this.#long = false
  }

  /** False: it does not belong to the sequence. */
  #take(byte: number): boolean {
    const inString = this.#state === 'string' || this.#state === 'string-esc'
    if (byte < 0x20 && !inString) return false
    if (this.#size < MAX_SEQUENCE) this.#body[this.#size++] = byte
    else this.#long = true
    return true
  }

  #ends(byte: number): boolean {
    switch (this.#state) {
      case 'text':
        return true
      case 'esc':
        if (byte === CSI && this.#size === 1) this.#state = 'csi'
        else if (this.#size === 1 && STRINGS.includes(byte)) this.#state = 'string'
        else return byte >= 0x30
        return false
      case 'csi':
        return byte >= 0x40
      case 'string':
        if (byte === ESC) this.#state = 'string-esc'
        return byte === BEL
      case 'string-esc':
        return true
    }
  }

  #kind(): Sequence['kind'] {
    const first = this.#size === 0 ? 0 : (this.#body[0] ?? 0)
    if (first === CSI) return 'csi'
    if (first === OSC) return 'osc'
    return STRINGS.includes(first) ? 'string' : 'esc'
  }
}
