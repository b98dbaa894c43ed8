/**
 * LINKTYPE_WIRESHARK_UPPER_PDU: tags that say which dissector reads the bytes behind them. Big-endian: tag (u16), length (u16), value, filled up to a
 * multiple of 4; tag 0 is the last one.
 */
import type { Direction } from '../../contract/traffic.ts'

const TAG = {
  end: 0,
  dissector: 12,
  portType: 24,
  sourcePort: 25,
  destinationPort: 26,
  pointToPoint: 35
} as const

const TCP = 2
/** Wireshark tells Modbus requests from answers by the ports. */
const MODBUS_PORT = 502
const OTHER_PORT = 49_152
const SENT = 0
const RECEIVED = 1

/** The tags before a Modbus RTU frame. */
export function modbusTags(role: 'request' | 'answer', direction: Direction): Uint8Array {
  const tags: number[] = []
  const add = (tag: number, value: readonly number[]): void => {
    const filled = [...value, ...Array<number>(-value.length & 3).fill(0)]
    tags.push(0, tag, 0, filled.length, ...filled)
  }
  const asks = role === 'request'
  add(
    TAG.dissector,
    Array.from('mbrtu', (each) => each.charCodeAt(0))
  )
  add(TAG.portType, word(TCP))
  add(TAG.sourcePort, word(asks ? OTHER_PORT : MODBUS_PORT))
  add(TAG.destinationPort, word(asks ? MODBUS_PORT : OTHER_PORT))
  add(TAG.pointToPoint, word(direction === 'to-device' ? SENT : RECEIVED))
  add(TAG.end, [])
  return Uint8Array.from(tags)
}

/** The bytes behind the tags, and their way where it is told; undefined: the tags are broken. */
export function readUpperPdu(packet: Uint8Array): { bytes: Uint8Array; direction?: Direction } | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength)
  let direction: Direction | undefined
  for (let at = 0; at + 4 <= packet.length;) {
    const tag = view.getUint16(at)
    const size = view.getUint16(at + 2)
    at += 4
    if (tag === TAG.end) return { bytes: packet.subarray(at + size), ...(direction && { direction }) }
    if (at + size > packet.length) return undefined
    if (size === 4 && tag === TAG.pointToPoint)
      direction = view.getUint32(at) === RECEIVED ? 'from-device' : 'to-device'
    if (size === 4 && tag === TAG.destinationPort && !direction && view.getUint32(at) === MODBUS_PORT)
      direction = 'to-device'
    at += size
  }
  return undefined
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
