/**
 * A recording as a pcapng file that Wireshark opens, and that opens here again exactly as it was recorded. Written block by block, so it is a
 * file whenever it ends.
 */
import type { Page } from '../../traffic/page.ts'
import type { CaptureFormat, CaptureMeta } from '../format.ts'
import { ModbusPackets } from './modbus-packets.ts'
import { PcapngBlocks } from './pcapng-blocks.ts'
import { RecordPackets } from './record-packets.ts'

export interface PcapngOptions {
  /** With a second interface that has the frames, which Wireshark decodes by itself. */
  readonly decode?: 'modbus-rtu' | undefined
}

export class PcapngWriter implements CaptureFormat {
  readonly #options: PcapngOptions
  readonly #blocks = new PcapngBlocks()
  readonly #packets = new RecordPackets(this.#blocks, 0)
  #modbus: ModbusPackets | undefined

  constructor(options: PcapngOptions = {}) {
    this.#options = options
  }

  start(meta: CaptureMeta): Uint8Array {
    this.#blocks.section(meta.program ?? 'Farport')
    this.#packets.start(meta)
    if (this.#options.decode === 'modbus-rtu') this.#modbus = new ModbusPackets(this.#blocks, 1, meta)
    return this.#blocks.take()
  }

  page(page: Page, from: number, to: number): Uint8Array {
    for (let record = from; record < to; record++) this.#packets.record(page, record)
    this.#modbus?.page(page, from, to)
    return this.#blocks.take()
  }

  end(): Uint8Array {
    this.#packets.end()
    this.#modbus?.end()
    return this.#blocks.take()
  }

  whole(piece: Uint8Array, length: number): number {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length)
    let end = 0
    while (end < piece.length) {
      const next = end + view.getUint32(end + 4, true)
      if (next > length) break
      end = next
    }
    return end
  }
}
