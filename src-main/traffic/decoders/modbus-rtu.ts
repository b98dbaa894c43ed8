/**
 * Modbus RTU: frames with their CRC, requests paired with answers. A row may have several frames, and a frame may stand in several rows: USB
 * and networks cut where they like. What may be the beginning of a frame waits for the next row of its direction, a second at most.
 */
import { crc16 } from '../../protocol/modbus-checks.ts'
import { MAX_RTU_FRAME } from '../../protocol/modbus-rtu.ts'
import type { Decoded, DecodedField, Decoder, DecoderKind } from '../decoder.ts'
import { FRAME_ROWS, type Row } from '../row.ts'
import { ModbusDialogue, type Heard } from './modbus-dialogue.ts'
import { functionName } from './modbus-functions.ts'
import { splitRtu, type RtuPart } from './modbus-split.ts'
import { frameWords } from './modbus-words.ts'
import { breaksOff, bytesRow, type BytesRow, copied, joined, perDirection } from './parts.ts'
import { saturation, streams } from './sample.ts'
import { hexOf, hexWord } from './text.ts'

/** What belongs together comes sooner, even over a slow network. */
const JOIN_NS = 1e9

/** The beginning of a frame, and where it stood. */
interface Begun {
  readonly bytes: Uint8Array
  readonly row: number
  readonly timeNs: number
  readonly endNs: number
}

class ModbusRtuDecoder implements Decoder {
  #dialogue = new ModbusDialogue()
  #begun = perDirection<{ is: Begun | undefined }>(() => ({ is: undefined }))

  copy(): ModbusRtuDecoder {
    const other = new ModbusRtuDecoder()
    other.#dialogue = this.#dialogue.copy()
    other.#begun = copied(this.#begun, (slot) => ({ ...slot }))
    return other
  }

  decode(row: Row): Decoded | undefined {
    if (row.content.type === 'event') {
      if (breaksOff(row.content.event)) this.#reset()
      return undefined
    }
    const found = bytesRow(row)
    if (!found || found.bytes.length === 0) return undefined
    const slot = this.#begun[found.direction]
    const begun = slot.is && found.timeNs - slot.is.endNs <= JOIN_NS ? slot.is : undefined
    slot.is = undefined
    return (begun && this.#goOn(found, begun)) ?? this.#read(found, found.bytes)
  }

  #reset(): void {
    this.#dialogue.reset()
    for (const slot of Object.values(this.#begun)) slot.is = undefined
  }

  /** Undefined: the row does not continue it. */
  #goOn(row: BytesRow, begun: Begun): Decoded | undefined {
    const all = new Uint8Array(begun.bytes.length + row.bytes.length)
    all.set(begun.bytes)
    all.set(row.bytes, begun.bytes.length)
    const [first] = splitRtu(all)
    const completes = first?.is === 'frame' && first.to > begun.bytes.length
    // Still too few; unless the row is something of its own.
    const grows = first?.is === 'rest' && splitRtu(row.bytes)[0]?.is !== 'frame'
    return completes || grows ? this.#read(row, all, begun) : undefined
  }

  #read(row: BytesRow, bytes: Uint8Array, begun?: Begun): Decoded | undefined {
    const before = begun?.bytes.length ?? 0
    const parts = splitRtu(bytes)
    const found = parts.map((part) => this.#part(row, bytes, part, before, begun))
    return joined(found, row.bytes.length)
  }

  #part(row: BytesRow, all: Uint8Array, part: RtuPart, before: number, begun: Begun | undefined): Decoded {
    const bytes = all.subarray(part.from, part.to)
    const from = part.from - before
    if (part.is === 'frame') {
      const timeNs = part.from === 0 && begun ? begun.timeNs : row.timeNs
      return this.#frame(row, bytes, from, timeNs)
    }
    if (part.is === 'junk') return broken(bytes, from)
    this.#begun[row.direction].is = {
      bytes: bytes.slice(),
      row: part.from === 0 && begun ? begun.row : row.number,
      timeNs: part.from === 0 && begun ? begun.timeNs : row.timeNs,
      endNs: row.endNs
    }
    return beginning(bytes, from)
  }

  #frame(row: BytesRow, bytes: Uint8Array, from: number, timeNs: number): Decoded {
    const { number, endNs, direction } = row
    const heard: Heard = {
      unit: bytes[0] ?? 0,
      pdu: bytes.subarray(1, -2),
      direction,
      row: number,
      timeNs,
      endNs
    }
    const role = this.#dialogue.take(heard)
    const end = from + bytes.length
    const check = { name: 'CRC', value: `${hexWord(crcOf(bytes))} ok`, from: end - 2, to: end }
    return frameWords(heard, role, (byte) => from + 1 + byte, [check])
  }
}

/** As it stands behind the frame. */
function crcOf(bytes: Uint8Array): number {
  return (bytes.at(-2) ?? 0) | ((bytes.at(-1) ?? 0) << 8)
}

function beginning(bytes: Uint8Array, from: number): Decoded {
  const to = from + bytes.length
  const fields: DecodedField[] = [{ name: 'Beginning of a frame', value: hexOf(bytes), from, to }]
  const [unit = 0, code] = bytes
  const what = code === undefined ? '' : `: unit ${unit}, ${functionName(code)}`
  return {
    text: `${bytes.length} bytes of a frame, not complete${what}`,
    verdict: 'note',
    fields,
    keys: { type: 'part' }
  }
}

/** Bytes that are no frame; what they would be, if only the CRC is wrong. */
function broken(bytes: Uint8Array, from: number): Decoded {
  const to = from + bytes.length
  if (bytes.length < 4 || bytes.length > MAX_RTU_FRAME)
    return {
      text:
        bytes.length < 4 ? `too short for a frame: ${hexOf(bytes)}` : `${bytes.length} bytes without a frame`,
      verdict: 'bad',
      fields: [{ name: 'No frame', value: hexOf(bytes), from, to }],
      keys: { crc: 'bad' }
    }
  const [unit = 0, code = 0] = bytes
  const expected = hexWord(crc16(bytes.subarray(0, -2)))
  const is = hexWord(crcOf(bytes))
  return {
    text: `wrong CRC: ${is} instead of ${expected} (as if unit ${unit}, ${functionName(code)})`,
    verdict: 'bad',
    fields: [
      { name: 'Unit', value: String(unit), from, to: from + 1 },
      { name: 'Function', value: `${code} ${functionName(code)}`, from: from + 1, to: from + 2 },
      { name: 'Data', value: hexOf(bytes.subarray(2, -2)), from: from + 2, to: to - 2 },
      { name: 'CRC', value: `${is} wrong, should be ${expected}`, from: to - 2, to }
    ],
    keys: { fc: String(code & 0x7f), unit: String(unit), crc: 'bad' }
  }
}

/** The share of all bytes that stand in frames with a right CRC: near to none by chance. */
function likeness(rows: readonly Row[]): number {
  let [frames, framed, total] = [0, 0, 0]
  for (const { bytes } of streams(rows)) {
    total += bytes.length
    for (const part of splitRtu(bytes)) {
      // The last piece may only be cut off.
      if (part.is === 'rest') total -= part.to - part.from
      if (part.is !== 'frame') continue
      frames++
      framed += part.to - part.from
    }
  }
  if (total === 0) return 0
  return saturation(framed, 0.85 * total) * saturation(frames, 4)
}

export const modbusRtu: DecoderKind = {
  id: 'modbus-rtu',
  name: 'Modbus RTU',
  rows: FRAME_ROWS,
  keys: ['fc', 'unit', 'crc', 'type', 'exception'],
  likeness,
  make: () => new ModbusRtuDecoder()
}
