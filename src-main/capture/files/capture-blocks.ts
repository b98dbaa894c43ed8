/**
 * Cuts a stream of bytes into the pieces of a capture file: blocks of pcapng, or the records of classic pcap, of either byte order. Called by
 * PacketReader; keeps at most one piece, and what is too large to be serial traffic passes unseen.
 *
 * pcap: magic (u32, with µs or ns), version, …, link type at 20; then for each packet seconds, fraction, captured and original length (u32 each), data.
 */
import { BLOCK, BYTE_ORDER } from './pcapng-blocks.ts'

/** A larger piece is passed over. Wireshark's own limit for a packet is 256 KiB. */
export const MAX_PIECE = 1024 * 1024

const PCAP_US = 0xa1b2_c3d4
const PCAP_NS = 0xa1b2_3c4d
const PCAP_HEADER = 24
const PCAP_RECORD = 16

export interface Piece {
  readonly type: 'block' | 'pcap-header' | 'pcap-record'
  /** Of a block. */
  readonly code: number
  /** What stands between the lengths of a block; a header or record of pcap as it is. Good until the next call. */
  readonly body: DataView
  readonly isLittle: boolean
  /** Of pcap: how many ticks a second has. */
  readonly ticks: number
}

/** `damaged`: nothing behind it can be read. `large`: a piece was passed over. */
export type CaptureTrouble =
  | { readonly is: 'not-a-capture' }
  | { readonly is: 'damaged'; readonly at: number }
  | { readonly is: 'large'; readonly bytes: number }
  | { readonly is: 'unfinished'; readonly bytes: number }

export interface BlockHandler {
  piece(piece: Piece): void
  trouble(trouble: CaptureTrouble): void
}

type Form = 'unknown' | 'pcapng' | 'pcap'

export class CaptureBlocks {
  readonly #handler: BlockHandler
  #form: Form = 'unknown'
  #isLittle = true
  #ticks = 1e6
  #buffer = new Uint8Array(64 * 1024)
  #start = 0
  #end = 0
  /** Of the piece that is passed over, so many bytes are still to come. */
  #skip = 0
  /** Bytes before the buffer's start. */
  #position = 0
  #isOver = false

  constructor(handler: BlockHandler) {
    this.#handler = handler
  }

  /** False: there is no use in more. */
  push(bytes: Uint8Array): boolean {
    const skipped = Math.min(this.#skip, bytes.length)
    this.#skip -= skipped
    this.#position += skipped
    this.#append(skipped === 0 ? bytes : bytes.subarray(skipped))
    while (this.#next());
    return !this.#isOver
  }

  /** No more bytes come. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const left = this.#end - this.#start
    if (this.#form === 'unknown') this.#handler.trouble({ is: 'not-a-capture' })
    else if (left > 0 || this.#skip > 0) this.#handler.trouble({ is: 'unfinished', bytes: left })
  }

  #append(bytes: Uint8Array): void {
    const left = this.#end - this.#start
    if (this.#end + bytes.length > this.#buffer.length) {
      const needed = left + bytes.length
      const larger = needed > this.#buffer.length ? new Uint8Array(needed * 2) : this.#buffer
      larger.set(this.#buffer.subarray(this.#start, this.#end))
      this.#buffer = larger
      this.#start = 0
      this.#end = left
    }
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** False: more bytes are needed. */
  #next(): boolean {
    if (this.#isOver || this.#end - this.#start < 4) return false
    if (this.#form === 'unknown') return this.#begin()
    return this.#form === 'pcap' ? this.#record() : this.#block()
  }

  #begin(): boolean {
    const view = this.#view(4)
    const [little, big] = [view.getUint32(0, true), view.getUint32(0)]
    if (big === BLOCK.section) {
      this.#form = 'pcapng'
      return true
    }
    this.#isLittle = little === PCAP_US || little === PCAP_NS
    const magic = this.#isLittle ? little : big
    if (magic !== PCAP_US && magic !== PCAP_NS) {
      this.#isOver = true
      this.#handler.trouble({ is: 'not-a-capture' })
      return false
    }
    if (this.#end - this.#start < PCAP_HEADER) return false
    this.#form = 'pcap'
    this.#ticks = magic === PCAP_NS ? 1e9 : 1e6
    this.#give('pcap-header', 0, this.#view(PCAP_HEADER), PCAP_HEADER)
    return true
  }

  #record(): boolean {
    if (this.#end - this.#start < PCAP_RECORD) return false
    const size = PCAP_RECORD + this.#view(PCAP_RECORD).getUint32(8, this.#isLittle)
    if (size > MAX_PIECE) return this.#pass(size)
    if (this.#end - this.#start < size) return false
    this.#give('pcap-record', 0, this.#view(size), size)
    return true
  }

  #block(): boolean {
    if (this.#end - this.#start < 12) return false
    const view = this.#view(12)
    const isSection = view.getUint32(0) === BLOCK.section
    // A section may be of the other byte order than the one before.
    if (isSection) {
      this.#isLittle = view.getUint32(8, true) === BYTE_ORDER
      if (!this.#isLittle && view.getUint32(8) !== BYTE_ORDER) return this.#damaged()
    }
    const code = view.getUint32(0, this.#isLittle)
    const size = view.getUint32(4, this.#isLittle)
    if (size < 12 || size % 4 !== 0) return this.#damaged()
    if (size > MAX_PIECE) return isSection ? this.#damaged() : this.#pass(size)
    if (this.#end - this.#start < size) return false
    const all = this.#view(size)
    if (all.getUint32(size - 4, this.#isLittle) !== size) return this.#damaged()
    const body = new DataView(all.buffer, all.byteOffset + 8, size - 12)
    this.#give('block', code, body, size)
    return true
  }

  #give(type: Piece['type'], code: number, body: DataView, size: number): void {
    this.#start += size
    this.#position += size
    this.#handler.piece({ type, code, body, isLittle: this.#isLittle, ticks: this.#ticks })
  }

  #pass(size: number): boolean {
    this.#handler.trouble({ is: 'large', bytes: size })
    const here = Math.min(size, this.#end - this.#start)
    this.#start += here
    this.#position += here
    this.#skip = size - here
    return this.#skip === 0
  }

  #damaged(): boolean {
    this.#isOver = true
    this.#handler.trouble({ is: 'damaged', at: this.#position })
    return false
  }

  #view(size: number): DataView {
    return new DataView(this.#buffer.buffer, this.#start, size)
  }
}
