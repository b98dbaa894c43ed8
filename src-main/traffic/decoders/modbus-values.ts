/** Coils and registers as fields, and as a short list for the line beside the bytes. */
import { registerText, type PduReader } from './modbus-reader.ts'

/** Of the values of one frame, so many stand in the line. */
const SHOWN = 16

/** Eight coils a field. `quantity`: undefined where nobody said how many of the bits count. Answers `1 0 1 …`. */
export function bitsInto(
  reader: PduReader,
  name: string,
  address: number | undefined,
  quantity = Infinity
): string {
  const bits: number[] = []
  const many = Math.min(quantity, 8 * reader.left)
  for (let first = 0; first < many && reader.left > 0; first += 8) {
    const count = Math.min(8, many - first)
    const from = (address ?? 0) + first
    const place = count > 1 ? `${from}-${from + count - 1}` : String(from)
    reader.bytes(
      address === undefined ? `Bits ${place}` : `${name}${count > 1 ? 's' : ''} ${place}`,
      1,
      ([byte = 0]) => {
        const eight = Array.from({ length: count }, (_, bit) => (byte >> bit) & 1)
        bits.push(...eight)
        return eight.join(' ')
      }
    )
  }
  return listed(bits)
}

/** A field each. `address`: of the first one; undefined where nobody said. Answers `215 450 …`. */
export function registersInto(reader: PduReader, address: number | undefined, quantity: number): string {
  const values: number[] = []
  for (let at = 0; at < quantity && reader.left >= 2; at++) {
    const name = address === undefined ? `Value ${at + 1}` : `Register ${address + at}`
    values.push(reader.word(name, registerText))
  }
  return listed(values)
}

function listed(values: readonly number[]): string {
  const shown = values.slice(0, SHOWN).join(' ')
  return values.length > SHOWN ? `${shown} … (${values.length})` : shown
}
