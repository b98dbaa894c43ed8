/**
 * The Modbus RTU frames of a recording as packets of an interface of their own, which Wireshark decodes without being told: whole frames with a right
 * CRC, whatever pieces they came in. The bytes as they came stand beside, in the recording's own interface. Called by the pcapng writer.
 */
import type { Direction } from '../../contract/traffic.ts'
import { ModbusDialogue } from '../../traffic/decoders/modbus-dialogue.ts'
import { splitRtu } from '../../traffic/decoders/modbus-split.ts'
import { breaksOff } from '../../traffic/decoders/parts.ts'
import type { Page } from '../../traffic/page.ts'
import { FRAME_ROWS, type Row } from '../../traffic/row.ts'
import type { CaptureMeta } from '../format.ts'
import { DERIVED_NOTE } from './notes.ts'
import { INBOUND, LINK_TYPE, OUTBOUND, type PcapngBlocks } from './pcapng-blocks.ts'
import { wallNsOf } from './record-packets.ts'
import { RowStream } from './row-stream.ts'
import { modbusTags } from './upper-pdu.ts'

/** The rest of a frame comes sooner. */
const JOIN_NS = 1e9

interface Begun {
  readonly bytes: Uint8Array
  readonly timeNs: number
  readonly endNs: number
}

export class ModbusPackets {
  readonly #blocks: PcapngBlocks
  readonly #interface: number
  readonly #rows: RowStream
  readonly #dialogue = new ModbusDialogue()
  readonly #begun: Partial<Record<Direction, Begun>> = {}
  #packets = 0
  #lastWallNs = 0n

  constructor(blocks: PcapngBlocks, index: number, meta: CaptureMeta) {
    this.#blocks = blocks
    this.#interface = index
    this.#rows = new RowStream(FRAME_ROWS, meta.settings)
    const comments = ['Modbus RTU frames, put together from the bytes of the other interface', DERIVED_NOTE]
    blocks.interface({ linkType: LINK_TYPE.upperPdu, name: `${meta.name}: Modbus RTU`, comments })
  }

  page(page: Page, from: number, to: number): void {
    for (const row of this.#rows.push(page, from, to)) this.#row(row)
  }

  end(): void {
    for (const row of this.#rows.rest()) this.#row(row)
    this.#blocks.statistics(this.#interface, this.#lastWallNs, this.#packets)
  }

  #row(row: Row): void {
    const { content } = row
    if (content.type === 'event') {
      if (!breaksOff(content.event)) return
      this.#dialogue.reset()
      this.#begun['to-device'] = this.#begun['from-device'] = undefined
      return
    }
    const { direction, bytes } = content
    const begun = this.#begun[direction]
    this.#begun[direction] = undefined
    const goesOn = begun && row.timeNs - begun.endNs <= JOIN_NS
    const all = goesOn ? Uint8Array.of(...begun.bytes, ...bytes) : bytes
    for (const part of splitRtu(all)) {
      const timeNs = goesOn && part.from < begun.bytes.length ? begun.timeNs : row.timeNs
      const piece = all.subarray(part.from, part.to)
      if (part.is === 'frame') this.#frame(row, piece, direction, timeNs)
      else if (part.is === 'rest') this.#begun[direction] = { bytes: piece.slice(), timeNs, endNs: row.endNs }
    }
  }

  #frame(row: Row, frame: Uint8Array, direction: Direction, timeNs: number): void {
    const [unit = 0] = frame
    const heard = { unit, pdu: frame.subarray(1, -2), direction, row: row.number, timeNs, endNs: row.endNs }
    const role = this.#dialogue.take(heard).is === 'answer' ? 'answer' : 'request'
    const wallNs = wallNsOf(timeNs, row.wallOffsetMs)
    this.#packets++
    this.#lastWallNs = wallNs
    this.#blocks.packet({
      interface: this.#interface,
      wallNs,
      header: modbusTags(role, direction),
      data: frame,
      direction: direction === 'to-device' ? OUTBOUND : INBOUND,
      queue: 0,
      comments: []
    })
  }
}
