/**
 * Modbus ASCII framing (Serial §2.5.2): bytes in, frames out. Called by the simulated device and by decoders.
 *
 *     3A 30 31 30 33 30 30 30 30 30 30 30 41 46 32 0D 0A     :01030000000AF2 CR LF
 *     :  unit  function, data …               LRC   end
 *
 * A colon starts a frame anew wherever it stands. What comes between a frame's end and the next colon is nobody's.
 * Known deviations of peers: lower-case hex digits are read; upper-case ones are sent.
 */
import type { Violation } from './codec.ts'
import { lrc } from './modbus-checks.ts'
import { MAX_PDU, type ModbusEvent } from './modbus.ts'

const COLON = 0x3a
const CR = 0x0d
const LF = 0x0a

/** Unit, PDU and LRC, in bytes; with the colon and CR LF that makes 513 characters. */
const MAX_BYTES = 1 + MAX_PDU + 1
const MIN_BYTES = 3

/** How much of an offending frame a violation shows. */
const SHOWN = 16

const SECTION = 'Modbus Serial Line 2.5.2'

/** The characters on the line. `pdu`: 1 to MAX_PDU bytes. */
export function encodeAscii(unit: number, pdu: Uint8Array): Uint8Array {
  const bytes = Uint8Array.of(unit, ...pdu)
  const digits = Array.from([...bytes, lrc(bytes)], (byte) => byte.toString(16).padStart(2, '0')).join('')
  const text = `:${digits.toUpperCase()}\r\n`
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export class AsciiReceiver {
  /** `idle`: nothing of interest until a colon comes. `cr`: only LF may follow. */
  #state: 'idle' | 'digits' | 'cr' = 'idle'
  readonly #digits = new Uint8Array(2 * MAX_BYTES)
  #size = 0

  /** Between two frames. */
  get idle(): boolean {
    return this.#state === 'idle'
  }

  /** Another one that goes on from here by itself. */
  copy(): AsciiReceiver {
    const other = new AsciiReceiver()
    other.#state = this.#state
    other.#digits.set(this.#digits.subarray(0, this.#size))
    other.#size = this.#size
    return other
  }

  /** The PDUs are copies of their own. Any chunking gives the same events. */
  receive(chunk: Uint8Array): ModbusEvent[] {
    const events: ModbusEvent[] = []
    for (const byte of chunk) {
      const event = this.#take(byte)
      if (event) events.push(event)
    }
    return events
  }

  #take(byte: number): ModbusEvent | undefined {
    if (byte === COLON) {
      const broken = this.#state === 'idle' ? undefined : this.#drop('a frame that was not ended')
      this.#state = 'digits'
      this.#size = 0
      return broken
    }
    switch (this.#state) {
      case 'idle':
        return undefined
      case 'digits':
        return this.#takeDigit(byte)
      case 'cr':
        return byte === LF ? this.#end() : this.#drop('a CR without LF')
    }
  }

  #takeDigit(byte: number): Violation | undefined {
    if (byte === CR) {
      this.#state = 'cr'
      return undefined
    }
    if (digitOf(byte) === undefined) return this.#drop('a character that is no hex digit')
    if (this.#size === this.#digits.length) return this.#drop(`a frame of more than ${MAX_BYTES} bytes`)
    this.#digits[this.#size++] = byte
    return undefined
  }

  #end(): ModbusEvent {
    if (this.#size % 2 !== 0) return this.#drop('half a byte')
    if (this.#size < 2 * MIN_BYTES) return this.#drop('a frame that is too short')
    const bytes = Uint8Array.from({ length: this.#size / 2 }, (_, at) => this.#byteAt(at))
    if (lrc(bytes) !== 0) return this.#drop('a wrong LRC')
    this.#state = 'idle'
    return { type: 'frame', unit: bytes[0] ?? 0, pdu: bytes.slice(1, -1) }
  }

  #byteAt(at: number): number {
    const [high, low] = [this.#digits[2 * at] ?? 0, this.#digits[2 * at + 1] ?? 0]
    return ((digitOf(high) ?? 0) << 4) | (digitOf(low) ?? 0)
  }

  #drop(what: string): Violation {
    this.#state = 'idle'
    const bytes = Uint8Array.of(COLON, ...this.#digits.subarray(0, Math.min(this.#size, SHOWN - 1)))
    return { type: 'violation', what, section: SECTION, bytes }
  }
}

/** The value of a hex digit; undefined for any other character. */
function digitOf(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte & ~0x20
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x41 + 10 : undefined
}
