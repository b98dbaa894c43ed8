/** The two check sums of Modbus over a serial line. Called by modbus-rtu.ts and modbus-ascii.ts; pure functions. */

/** x^16 + x^15 + x^2 + 1, lowest bit first. */
const POLYNOMIAL = 0xa001

/** Made at the first use: its loops wake the optimizing compiler, 3 MB in processes that never see a Modbus frame. */
let crcTable: Uint16Array | undefined

function makeTable(): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    return crc
  })
}

/** CRC-16/MODBUS, 0 to 0xFFFF; sent low byte first. A frame together with its own CRC gives 0. Serial §6.2.2. */
export function crc16(bytes: Uint8Array): number {
  const table = (crcTable ??= makeTable())
  let crc = 0xffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return crc
}

/** The two's complement of the sum of all bytes, 0 to 0xFF. Bytes together with their own LRC give 0. Serial §6.2.1. */
export function lrc(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum += byte
  return -sum & 0xff
}
