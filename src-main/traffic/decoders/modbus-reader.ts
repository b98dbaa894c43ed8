/** Reads one PDU from its beginning to its end, and notes each field on the way. What is not there is told once, and read as 0. */
import type { DecodedField } from '../decoder.ts'
import { hexOf, hexWord } from './text.ts'

export class PduReader {
  /** Places are those within the PDU. */
  readonly fields: DecodedField[] = []
  /** What is wrong with it, in words; each at most once. */
  readonly faults: string[] = []
  readonly #pdu: Uint8Array
  #at: number

  constructor(pdu: Uint8Array, at = 0) {
    this.#pdu = pdu
    this.#at = at
  }

  get left(): number {
    return this.#pdu.length - this.#at
  }

  fault(what: string): void {
    if (!this.faults.includes(what)) this.faults.push(what)
  }

  byte(name: string, shown: (value: number) => string = String): number {
    return this.#number(name, 1, shown)
  }

  word(name: string, shown: (value: number) => string = String): number {
    return this.#number(name, 2, shown)
  }

  /** A 16-bit value, decimal and hexadecimal. */
  register(name: string): number {
    return this.word(name, registerText)
  }

  /** The count in front of data: told where it is not what the data needs. */
  count(name: string, needed?: number, size: 1 | 2 = 1): number {
    const count = this.#number(name, size, String)
    if (needed !== undefined && count !== needed)
      this.fault(`${name.toLowerCase()} ${count} instead of ${needed}`)
    return count
  }

  /** `most`: all that is left where it is absent. */
  bytes(
    name: string,
    most = this.left,
    shown: (bytes: Uint8Array) => string = (bytes) => hexOf(bytes)
  ): Uint8Array {
    const taken = this.#pdu.subarray(this.#at, this.#at + Math.max(0, most))
    if (taken.length < most) this.fault('bytes are missing')
    if (taken.length > 0) this.#field(name, taken.length, shown(taken))
    return taken
  }

  #number(name: string, size: 1 | 2, shown: (value: number) => string): number {
    if (this.left < size) {
      this.fault('bytes are missing')
      this.#at = this.#pdu.length
      return 0
    }
    const first = this.#pdu[this.#at] ?? 0
    const value = size === 1 ? first : first * 256 + (this.#pdu[this.#at + 1] ?? 0)
    this.#field(name, size, shown(value))
    return value
  }

  #field(name: string, size: number, value: string): void {
    this.fields.push({ name, value, from: this.#at, to: this.#at + size })
    this.#at += size
  }
}

export function registerText(value: number): string {
  return `${value} (${hexWord(value)})`
}
