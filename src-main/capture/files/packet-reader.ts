/**
 * Interfaces and packets out of a capture file, whatever program wrote it. Called by recording-reader.ts with the file's bytes in any portions; knows
 * nothing of what the packets mean.
 */
import type { CaptureTrouble, Piece } from './capture-blocks.ts'
import { CaptureBlocks } from './capture-blocks.ts'
import { BLOCK, OPTION } from './pcapng-blocks.ts'

/** Of all sections together; a file has one or two in each. */
export const MAX_INTERFACES = 4096
/** Values of one option in a block. */
const MAX_VALUES = 64

export interface FoundInterface {
  readonly linkType: number
  readonly name: string
  readonly speed: number | undefined
  readonly comments: readonly string[]
  /** What wrote the file, as it says. */
  readonly program: string | undefined
}

export interface FoundPacket {
  /** Counted through the whole file, from 0. */
  readonly interface: number
  /** Since 1970. */
  readonly wallNs: bigint
  /** Good until the next call. */
  readonly data: Uint8Array
  /** epb_flags. */
  readonly flags: number
  readonly queue: number
  readonly comments: readonly string[]
  /** So many bytes of it were not written to the file. */
  readonly cutOff: number
}

export interface PacketHandler {
  interface(index: number, found: FoundInterface): void
  packet(packet: FoundPacket): void
  trouble(trouble: CaptureTrouble | { readonly is: 'strange'; readonly what: string }): void
  /** The statistics of an interface: the file was ended. */
  ended(): void
}

interface KnownInterface {
  readonly index: number
  readonly nsOf: (ticks: bigint) => bigint
}

const UTF8 = new TextDecoder('utf-8')

export class PacketReader {
  readonly #handler: PacketHandler
  readonly #blocks: CaptureBlocks
  /** Of this section. */
  #known: KnownInterface[] = []
  #count = 0
  #program: string | undefined
  #lastNs = 0n

  constructor(handler: PacketHandler) {
    this.#handler = handler
    this.#blocks = new CaptureBlocks({
      piece: (piece) => this.#piece(piece),
      trouble: (trouble) => handler.trouble(trouble)
    })
  }

  /** False: there is no use in more. */
  push(bytes: Uint8Array): boolean {
    return this.#blocks.push(bytes)
  }

  end(): void {
    this.#blocks.end()
  }

  #piece(piece: Piece): void {
    const { type, code, body, isLittle } = piece
    if (type === 'pcap-header') {
      // Its upper bits tell the size of check sums.
      this.#interface(body.getUint32(20, isLittle) & 0xffff, new Map(), BigInt(piece.ticks))
    } else if (type === 'pcap-record') this.#record(piece)
    else if (code === BLOCK.section) this.#section(body, isLittle)
    else if (code === BLOCK.interface && body.byteLength >= 8)
      this.#describe(body.getUint16(0, isLittle), options(body, 8, isLittle), isLittle)
    else if (code === BLOCK.packet && body.byteLength >= 20) this.#packet(body, isLittle, false)
    else if (code === BLOCK.obsoletePacket && body.byteLength >= 20) this.#packet(body, isLittle, true)
    else if (code === BLOCK.simplePacket && body.byteLength >= 4) this.#simple(body, isLittle)
    else if (code === BLOCK.statistics) this.#handler.ended()
  }

  #section(body: DataView, isLittle: boolean): void {
    this.#known = []
    const major = body.byteLength >= 16 ? body.getUint16(4, isLittle) : 0
    if (major !== 1) this.#handler.trouble({ is: 'strange', what: `a section of version ${major}` })
    const found = options(body, 16, isLittle)
    this.#program = text(found.get(OPTION.section.application)?.[0])
  }

  #describe(linkType: number, found: Options, isLittle: boolean): void {
    const resolution = found.get(OPTION.interface.timeResolution)?.[0]?.[0] ?? 6
    const exponent = BigInt(Math.min(resolution & 0x7f, 63))
    const ticks = resolution & 0x80 ? 2n ** exponent : 10n ** exponent
    const offset = found.get(OPTION.interface.timeOffset)?.[0]
    const offsetNs = offset?.length === 8 ? viewOf(offset).getBigInt64(0, isLittle) * 1_000_000_000n : 0n
    this.#interface(linkType, found, ticks, offsetNs, isLittle)
  }

  #interface(linkType: number, found: Options, ticks: bigint, offsetNs = 0n, isLittle = true): void {
    if (this.#count >= MAX_INTERFACES) {
      this.#strange(`one of more than ${MAX_INTERFACES} interfaces`)
      return
    }
    const nsOf = (time: bigint): bigint => (time * 1_000_000_000n) / ticks + offsetNs
    const index = this.#count++
    this.#known.push({ index, nsOf })
    const speed = found.get(OPTION.interface.speed)?.[0]
    this.#handler.interface(index, {
      linkType,
      name: text(found.get(OPTION.interface.name)?.[0]) ?? '',
      speed: speed?.length === 8 ? Number(viewOf(speed).getBigUint64(0, isLittle)) : undefined,
      comments: comments(found),
      program: this.#program
    })
  }

  #packet(body: DataView, isLittle: boolean, isObsolete: boolean): void {
    const id = isObsolete ? body.getUint16(0, isLittle) : body.getUint32(0, isLittle)
    const time = (BigInt(body.getUint32(4, isLittle)) << 32n) | BigInt(body.getUint32(8, isLittle))
    const size = body.getUint32(12, isLittle)
    const original = body.getUint32(16, isLittle)
    if (size > body.byteLength - 20) {
      this.#strange('a packet that is longer than its block')
      return
    }
    const found = options(body, 20 + size + (-size & 3), isLittle)
    const flags = found.get(OPTION.packet.flags)?.[0]
    const queue = isObsolete ? undefined : found.get(OPTION.packet.queue)?.[0]
    this.#give(id, (known) => known.nsOf(time), bytesOf(body, 20, size), original - size, {
      flags: flags?.length === 4 ? viewOf(flags).getUint32(0, isLittle) : 0,
      queue: queue?.length === 4 ? viewOf(queue).getUint32(0, isLittle) : 0,
      comments: comments(found)
    })
  }

  /** It has no time of its own: that of the packet before. */
  #simple(body: DataView, isLittle: boolean): void {
    const original = body.getUint32(0, isLittle)
    const size = Math.min(original, body.byteLength - 4)
    this.#give(0, () => this.#lastNs, bytesOf(body, 4, size), original - size)
  }

  #record({ body, isLittle, ticks }: Piece): void {
    const seconds = BigInt(body.getUint32(0, isLittle))
    const time = seconds * BigInt(ticks) + BigInt(body.getUint32(4, isLittle))
    const size = body.getUint32(8, isLittle)
    const original = body.getUint32(12, isLittle)
    this.#give(0, (known) => known.nsOf(time), bytesOf(body, 16, size), original - size)
  }

  #give(
    id: number,
    time: (known: KnownInterface) => bigint,
    data: Uint8Array,
    cutOff: number,
    more: Pick<FoundPacket, 'flags' | 'queue' | 'comments'> = { flags: 0, queue: 0, comments: [] }
  ): void {
    const known = this.#known[id]
    if (!known) {
      this.#strange('a packet of an interface that is not described')
      return
    }
    this.#lastNs = time(known)
    const wallNs = this.#lastNs
    this.#handler.packet({ interface: known.index, wallNs, data, cutOff: Math.max(0, cutOff), ...more })
  }

  #strange(what: string): void {
    this.#handler.trouble({ is: 'strange', what })
  }
}

/** The values of each option, as they stand. */
type Options = ReadonlyMap<number, readonly Uint8Array[]>

function options(body: DataView, from: number, isLittle: boolean): Options {
  const found = new Map<number, Uint8Array[]>()
  for (let at = from; at + 4 <= body.byteLength;) {
    const code = body.getUint16(at, isLittle)
    const size = body.getUint16(at + 2, isLittle)
    at += 4
    if (code === OPTION.end || at + size > body.byteLength) break
    const values = found.get(code)
    const value = bytesOf(body, at, size)
    if (!values) found.set(code, [value])
    else if (values.length < MAX_VALUES) values.push(value)
    at += size + (-size & 3)
  }
  return found
}

function comments(found: Options): string[] {
  return (found.get(OPTION.comment) ?? []).map((each) => UTF8.decode(each))
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && UTF8.decode(bytes)
}

function bytesOf(view: DataView, at: number, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, size)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
