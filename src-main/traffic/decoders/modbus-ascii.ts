/** Modbus ASCII: frames between a colon and CR LF with their LRC, requests paired with answers. Framing is that of protocol/modbus-ascii.ts. */
import { AsciiReceiver } from '../../protocol/modbus-ascii.ts'
import { lrc } from '../../protocol/modbus-checks.ts'
import type { ModbusFrame } from '../../protocol/modbus.ts'
import type { Decoded, Decoder, DecoderKind } from '../decoder.ts'
import type { Row } from '../row.ts'
import { ModbusDialogue, type Heard } from './modbus-dialogue.ts'
import { frameWords } from './modbus-words.ts'
import { breaksOff, bytesRow, type BytesRow, copied, joined, perDirection } from './parts.ts'
import { saturation, streams } from './sample.ts'
import { hexByte, latin1, shown } from './text.ts'

const COLON = 0x3a

/** One direction: the receiver, and where the frame that it is in began. */
class Side {
  receiver = new AsciiReceiver()
  /** Bytes before the row that belong to it. */
  before = 0
  timeNs = 0

  copy(): Side {
    const other = new Side()
    other.receiver = this.receiver.copy()
    other.before = this.before
    other.timeNs = this.timeNs
    return other
  }

  reset(): void {
    this.receiver = new AsciiReceiver()
    this.before = 0
  }
}

class ModbusAsciiDecoder implements Decoder {
  #dialogue = new ModbusDialogue()
  #sides = perDirection(() => new Side())

  copy(): ModbusAsciiDecoder {
    const other = new ModbusAsciiDecoder()
    other.#dialogue = this.#dialogue.copy()
    other.#sides = copied(this.#sides, (side) => side.copy())
    return other
  }

  decode(row: Row): Decoded | undefined {
    if (row.content.type === 'event') {
      if (!breaksOff(row.content.event)) return undefined
      this.#dialogue.reset()
      for (const side of Object.values(this.#sides)) side.reset()
      return undefined
    }
    const found = bytesRow(row)
    if (!found || found.bytes.length === 0) return undefined
    return joined(this.#parts(found), found.bytes.length)
  }

  #parts(row: BytesRow): Decoded[] {
    const side = this.#sides[row.direction]
    const parts: Decoded[] = []
    let from = -side.before
    let outside = 0
    for (const [at, byte] of row.bytes.entries()) {
      const wasIdle = side.receiver.idle
      const [event] = side.receiver.receive(row.bytes.subarray(at, at + 1))
      if (event?.type === 'violation')
        parts.push(violation(event.what, row.bytes, from, byte === COLON ? at : at + 1))
      if (event?.type === 'frame') parts.push(this.#frame(row, event, from, at + 1, side.timeNs))
      if (byte === COLON) {
        from = at
        side.timeNs = row.timeNs
      } else if (wasIdle) outside++
    }
    if (outside > 0) parts.push(stray(outside))
    side.before = side.receiver.idle ? 0 : row.bytes.length - from
    if (side.before > 0) {
      const text = `${side.before} characters of a frame, not complete`
      parts.push({ text, verdict: 'note', fields: [], keys: { type: 'part' } })
    }
    return parts
  }

  #frame(row: BytesRow, { unit, pdu }: ModbusFrame, from: number, to: number, timeNs: number): Decoded {
    const { number, endNs, direction } = row
    const heard: Heard = { unit, pdu, direction, row: number, timeNs, endNs }
    const check = hexByte(lrc(Uint8Array.of(unit, ...pdu)))
    const role = this.#dialogue.take(heard)
    const field = { name: 'LRC', value: `0x${check} ok`, from: to - 4, to: to - 2 }
    return frameWords(heard, role, (byte) => from + 3 + 2 * byte, [field])
  }
}

function violation(what: string, bytes: Uint8Array, from: number, to: number): Decoded {
  const text = shown(latin1(bytes.subarray(Math.max(0, from), to)))
  return {
    text: `${what}: ${text}`,
    verdict: 'bad',
    fields: [{ name: 'Broken frame', value: `${text} (${what})`, from, to }],
    keys: { crc: 'bad' }
  }
}

function stray(count: number): Decoded {
  return { text: `${count} bytes outside of frames`, verdict: 'note', fields: [], keys: { type: 'none' } }
}

/** Intel HEX has the same form and the same sum; there the first byte counts the data and the fourth is a type below 6. */
function isIntelHex({ unit, pdu }: ModbusFrame): boolean {
  return unit === pdu.length - 3 && (pdu[2] ?? 255) <= 5
}

function likeness(rows: readonly Row[]): number {
  let [frames, framed, total, hexRecords] = [0, 0, 0, 0]
  for (const { bytes } of streams(rows)) {
    const receiver = new AsciiReceiver()
    // What stands before the first colon may be the end of a frame.
    const from = Math.max(0, bytes.indexOf(COLON))
    const last = Math.max(from, bytes.lastIndexOf(COLON))
    for (const event of receiver.receive(bytes.subarray(from))) {
      if (event.type !== 'frame') continue
      frames++
      framed += 2 * (event.pdu.length + 2) + 3
      if (isIntelHex(event)) hexRecords++
    }
    total += (receiver.idle ? bytes.length : last) - from
  }
  if (total === 0 || hexRecords > 0.8 * frames) return 0
  return saturation(framed, 0.85 * total) * saturation(frames, 4)
}

export const modbusAscii: DecoderKind = {
  id: 'modbus-ascii',
  name: 'Modbus ASCII',
  // Serial §2.5.2.1: up to a second between two characters.
  rows: { newline: true, start: Uint8Array.of(COLON), gapMs: 1000 },
  keys: ['fc', 'unit', 'crc', 'type', 'exception'],
  likeness,
  make: () => new ModbusAsciiDecoder()
}
