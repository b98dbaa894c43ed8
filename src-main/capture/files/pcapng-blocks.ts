/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng §3, §4), as we write them: little-endian, times in ns. Each block is whole by itself, so a
 * file that ends after any of them is one.
 *
 *     0        type (u32), length of all (u32)
 *     8 …      body, filled up to a multiple of 4; options: code (u16), length (u16), value, filled up
 *     … end    length of all (u32)
 */
import { ByteWriter } from './byte-writer.ts'

/** Block types, also of those that we only read. */
export const BLOCK = {
  section: 0x0a0d_0d0a,
  interface: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  statistics: 5,
  packet: 6
} as const

export const BYTE_ORDER = 0x1a2b_3c4d

/** Option codes; those above 1 mean another thing in each type of block. */
export const OPTION = {
  end: 0,
  comment: 1,
  section: { hardware: 2, os: 3, application: 4 },
  interface: { name: 2, description: 3, speed: 8, timeResolution: 9, timeOffset: 14 },
  packet: { flags: 2, queue: 6 },
  statistics: { received: 4, dropped: 5 }
} as const

/** Wireshark's numbers of link types. */
export const LINK_TYPE = { rtac: 250, upperPdu: 252, user0: 147, user15: 162 } as const

/** epb_flags, bits 0 and 1. */
export const INBOUND = 1
export const OUTBOUND = 2

/** A text option is cut there, in bytes. */
const MAX_TEXT = 32_000
const UTF8 = new TextEncoder()

export interface InterfaceFacts {
  readonly linkType: number
  readonly name: string
  readonly description?: string | undefined
  /** bit/s. */
  readonly speed?: number | undefined
  readonly comments?: readonly string[]
}

export interface PacketFacts {
  readonly interface: number
  /** Since 1970. */
  readonly wallNs: bigint
  /** What stands before the data. */
  readonly header: Uint8Array
  readonly data: Uint8Array
  /** INBOUND, OUTBOUND, 0. */
  readonly direction: number
  /** epb_queue; 0: none. */
  readonly queue: number
  readonly comments: readonly string[]
}

export class PcapngBlocks {
  readonly #out = new ByteWriter()

  take(): Uint8Array {
    return this.#out.take()
  }

  section(application: string | undefined): void {
    this.#block(BLOCK.section, () => {
      this.#out.u32(BYTE_ORDER)
      this.#out.u16(1)
      this.#out.u16(0)
      // The section's length is not known: it is still growing.
      this.#out.u64(0xffff_ffff_ffff_ffffn)
      if (application !== undefined) this.#text(OPTION.section.application, application)
      this.#endOfOptions()
    })
  }

  interface({ linkType, name, description, speed, comments = [] }: InterfaceFacts): void {
    this.#block(BLOCK.interface, () => {
      this.#out.u16(linkType)
      this.#out.u16(0)
      this.#out.u32(0)
      for (const comment of comments) this.#text(OPTION.comment, comment)
      this.#text(OPTION.interface.name, name)
      if (description !== undefined) this.#text(OPTION.interface.description, description)
      if (speed !== undefined) {
        this.#option(OPTION.interface.speed, 8)
        this.#out.u64(BigInt(speed))
      }
      this.#option(OPTION.interface.timeResolution, 1)
      this.#out.bytes(Uint8Array.of(9))
      this.#out.pad()
      this.#endOfOptions()
    })
  }

  packet({ interface: index, wallNs, header, data, direction, queue, comments }: PacketFacts): void {
    this.#block(BLOCK.packet, () => {
      const size = header.length + data.length
      this.#out.u32(index)
      this.#time(wallNs)
      this.#out.u32(size)
      this.#out.u32(size)
      this.#out.bytes(header)
      this.#out.bytes(data)
      this.#out.pad()
      for (const comment of comments) this.#text(OPTION.comment, comment)
      if (direction !== 0) {
        this.#option(OPTION.packet.flags, 4)
        this.#out.u32(direction)
      }
      if (queue !== 0) {
        this.#option(OPTION.packet.queue, 4)
        this.#out.u32(queue)
      }
      if (comments.length > 0 || direction !== 0 || queue !== 0) this.#endOfOptions()
    })
  }

  /** How many packets the interface had: the file was ended, and not broken off. */
  statistics(index: number, wallNs: bigint, packets: number): void {
    this.#block(BLOCK.statistics, () => {
      this.#out.u32(index)
      this.#time(wallNs)
      this.#option(OPTION.statistics.received, 8)
      this.#out.u64(BigInt(packets))
      this.#endOfOptions()
    })
  }

  #block(type: number, body: () => void): void {
    const start = this.#out.length
    this.#out.u32(type)
    this.#out.u32(0)
    body()
    const size = this.#out.length - start + 4
    this.#out.u32(size)
    this.#out.setU32(start + 4, size)
  }

  #time(wallNs: bigint): void {
    this.#out.u32(Number(wallNs >> 32n))
    this.#out.u32(Number(wallNs & 0xffff_ffffn))
  }

  #option(code: number, size: number): void {
    this.#out.u16(code)
    this.#out.u16(size)
  }

  #text(code: number, text: string): void {
    const bytes = UTF8.encode(text.length > MAX_TEXT / 4 ? text.slice(0, MAX_TEXT / 4) : text)
    this.#option(code, bytes.length)
    this.#out.bytes(bytes)
    this.#out.pad()
  }

  #endOfOptions(): void {
    this.#option(OPTION.end, 0)
  }
}
