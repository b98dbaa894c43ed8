/**
 * LINKTYPE_RTAC_SERIAL: what stands before the bytes of a serial line. Big-endian, whoever wrote the file.
 *
 *     0   seconds since 1970 (u32), microseconds (u32)
 *     8   event (u8), lines (u8): CTS 1, DCD 2, DSR 4, RTS 8, DTR 0x10, RI 0x20
 *     10  0 (u16), then the bytes
 */
import { NO_LINE_ERRORS, UNKNOWN_MODEM_STATE } from '../../contract/line.ts'
import type { Direction, TrafficEvent } from '../../contract/traffic.ts'
import type { InForce } from '../../traffic/event-words.ts'

export const RTAC_HEADER = 12

export const RTAC = {
  status: 0,
  transmit: 1,
  receive: 2,
  transmitEnd: 3,
  receiveEnd: 4,
  lost: 5,
  complete: 6,
  framing: 7,
  parity: 8,
  break: 9,
  overflow: 10
} as const

const LINES = { cts: 1, dcd: 2, dsr: 4, rts: 8, dtr: 0x10, ri: 0x20 } as const

export function rtacHeader(wallNs: bigint, event: number, lines: number): Uint8Array {
  const header = new Uint8Array(RTAC_HEADER)
  const view = new DataView(header.buffer)
  view.setUint32(0, Number(BigInt.asUintN(32, wallNs / 1_000_000_000n)))
  view.setUint32(4, Number((wallNs / 1000n) % 1_000_000n))
  header[8] = event
  header[9] = lines
  return header
}

/** What is not known counts as off: the form has no third level. */
export function rtacLines({ lines, modem }: InForce): number {
  let bits = 0
  if (lines?.dtr) bits |= LINES.dtr
  if (lines?.rts) bits |= LINES.rts
  for (const name of ['cts', 'dcd', 'dsr', 'ri'] as const) if (modem?.[name] === true) bits |= LINES[name]
  return bits
}

/** The code that says the most of our event. */
export function rtacCode(event: TrafficEvent): number {
  if (event.type === 'lost' || event.type === 'missed') return RTAC.lost
  if (event.type === 'break') return RTAC.break
  if (event.type !== 'line') return RTAC.status
  const { framing, parity, overrun } = event.line
  if (framing > 0) return RTAC.framing
  if (parity > 0) return RTAC.parity
  return overrun > 0 ? RTAC.overflow : RTAC.break
}

/** The way of the bytes behind a header; undefined: such a packet has none that passed. */
export function rtacDirection(code: number): Direction | undefined {
  if (code === RTAC.transmit || code === RTAC.transmitEnd) return 'to-device'
  return code === RTAC.receive || code === RTAC.receiveEnd ? 'from-device' : undefined
}

/** What another program's packet tells; `before`: what is known of the lines. */
export function rtacEvents(code: number, bits: number, before: InForce): TrafficEvent[] {
  const wrong = (what: Partial<typeof NO_LINE_ERRORS>): TrafficEvent[] => [
    { type: 'line', line: { ...NO_LINE_ERRORS, ...what } }
  ]
  switch (code) {
    case RTAC.lost:
      return [{ type: 'missed', records: 0, bytes: 0, why: 'the file says that something is missing here' }]
    case RTAC.framing:
      return wrong({ framing: 1 })
    case RTAC.parity:
      return wrong({ parity: 1 })
    case RTAC.break:
      return wrong({ break: 1 })
    case RTAC.overflow:
      return wrong({ overrun: 1 })
    case RTAC.status:
      return lineEvents(bits, before)
    default:
      return []
  }
}

function lineEvents(bits: number, before: InForce): TrafficEvent[] {
  const is = (bit: number): boolean => (bits & bit) !== 0
  const lines = { dtr: is(LINES.dtr), rts: is(LINES.rts), break: false }
  const modem = { cts: is(LINES.cts), dsr: is(LINES.dsr), dcd: is(LINES.dcd), ri: is(LINES.ri) }
  const was = before.modem ?? UNKNOWN_MODEM_STATE
  const events: TrafficEvent[] = []
  if (lines.dtr !== before.lines?.dtr || lines.rts !== before.lines.rts)
    events.push({ type: 'lines', session: 0, lines })
  if (modem.cts !== was.cts || modem.dsr !== was.dsr || modem.dcd !== was.dcd || modem.ri !== was.ri)
    events.push({ type: 'modem', modem })
  return events
}
