/** The other direction of com0com-insert.ts: a stream as the driver writes it. */
import type { InsertEvent } from '../../src-main/protocol/com0com-insert.ts'
import type { LineWish } from '../../src-main/contract/line.ts'

const PARITIES = ['none', 'odd', 'even', 'mark', 'space']
const STOP_BITS = [1, 1.5, 2]

/** Of a chunk of data, its FF doubled up. */
export function insertData(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(0xff)) return bytes
  return Uint8Array.from([...bytes].flatMap((byte) => (byte === 0xff ? [0xff, 0x00] : [byte])))
}

export function insertModem(register: number): Uint8Array {
  return Uint8Array.of(0xff, 0x03, register)
}

/** A break begins with a 0 behind it and ends without. */
export function insertBreak(on: boolean): Uint8Array {
  return on ? Uint8Array.of(0xff, 0x01, 0x91, 0x00) : Uint8Array.of(0xff, 0x02, 0x60)
}

export function insertBaudRate(baudRate: number): Uint8Array {
  const bytes = new Uint8Array(6)
  bytes.set([0xff, 0x10])
  new DataView(bytes.buffer).setUint32(2, baudRate, true)
  return bytes
}

export function insertLineControl({ dataBits = 8, parity = 'none', stopBits = 1 }: LineWish): Uint8Array {
  return Uint8Array.of(0xff, 0x11, dataBits, PARITIES.indexOf(parity), STOP_BITS.indexOf(stopBits))
}

/** Data that follow each other in one piece, as chunks have no meaning. */
export function inOne(events: readonly InsertEvent[]): InsertEvent[] {
  const all: InsertEvent[] = []
  for (const event of events) {
    const last = all.at(-1)
    if (event.type === 'data' && last?.type === 'data')
      all[all.length - 1] = { type: 'data', bytes: new Uint8Array(Buffer.concat([last.bytes, event.bytes])) }
    else all.push(event.type === 'data' ? { type: 'data', bytes: new Uint8Array(event.bytes) } : event)
  }
  return all
}
