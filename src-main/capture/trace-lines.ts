/**
 * The text of a trace file, in ser2net's layout so that tools that read those go on reading (seen with ser2net 4.3.11):
 *
 *   2026/11/21 10:32:53 OPEN (192.0.2.7:50112)
 *   2026/11/21 10:32:54 tcp  68 65 6c 6c 6f 20 00 ff  |hello ..|
 *   2026/11/21 10:32:54 term 0d 0a                    |..|
 *   2026/11/21 10:32:55 CLOSE netcon (192.0.2.7:50112: closed by the client)
 *   2026/11/21 10:32:55 CLOSE port (closed)
 *
 * ser2net names the client of a CLOSE nowhere, and writes an address as `ipv4,192.0.2.7,50112`. Pure.
 */
import type { Direction } from '../contract/traffic.ts'

const BYTES_PER_LINE = 8
const HEX = Array.from({ length: 256 }, (_, byte) => `${byte.toString(16).padStart(2, '0')} `)
const WAY: Readonly<Record<Direction, string>> = { 'from-device': 'term ', 'to-device': 'tcp  ' }

/** Local time, with a space behind it. */
export function timestamp(time: Date): string {
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()]
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
  return `${date.map(twoDigits).join('/')} ${clock.map(twoDigits).join(':')} `
}

/** One line for each 8 bytes; a new chunk begins a new line. `stamp` stands before each line. */
export function hexdump(chunk: Uint8Array, direction: Direction, stamp: string): Uint8Array {
  const lines: string[] = []
  for (let at = 0; at < chunk.length; at += BYTES_PER_LINE) {
    let hex = ''
    let shown = ''
    for (const byte of chunk.subarray(at, at + BYTES_PER_LINE)) {
      hex += HEX[byte] ?? ''
      shown += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
    }
    lines.push(`${stamp}${WAY[direction]}${hex.padEnd(BYTES_PER_LINE * 3)} |${shown}|\n`)
  }
  return Buffer.from(lines.join(''), 'latin1')
}

export const openLine = (time: Date, client: string): Uint8Array => line(time, `OPEN (${client})`)

export const clientLeftLine = (time: Date, client: string, why = 'closed'): Uint8Array =>
  line(time, `CLOSE netcon (${client}: ${why})`)

export const portClosedLine = (time: Date, why = 'closed'): Uint8Array => line(time, `CLOSE port (${why})`)

/** Of our own: what the file lacks at this place. */
export const gapLine = (time: Date, bytes: number): Uint8Array =>
  line(time, `LOST (${bytes} bytes not traced)`)

function line(time: Date, text: string): Uint8Array {
  return Buffer.from(`${timestamp(time)}${text.replaceAll(/\p{Cc}/gu, '?')}\n`)
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
