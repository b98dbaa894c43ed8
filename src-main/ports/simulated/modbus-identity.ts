/** What the simulated Modbus device says of itself: functions 17 and 43/14. Called by modbus-slave.ts; pure functions. */
import { EXCEPTION, FUNCTION, MEI_IDENTIFICATION } from '../../protocol/modbus.ts'
import type { Answer } from './modbus-tables.ts'

/** Vendor, product code and version: the basic objects 0 to 2 of §6.21, which every device must have. */
const OBJECTS = ['Farport', 'SIM-MODBUS', '1'].map((text) => new TextEncoder().encode(text))

const READ = { basic: 1, regular: 2, extended: 3, one: 4 } as const

/** Basic objects alone, as a stream and one by one. */
const CONFORMITY = 0x81

const RUNNING = 0xff

/** Function 17: number of bytes, id, whether it runs, its name. */
export function serverId(unit: number): Uint8Array {
  const name = new TextEncoder().encode('Farport SIM-MODBUS')
  return Uint8Array.of(FUNCTION.reportServerId, 2 + name.length, unit, RUNNING, ...name)
}

/**
 * Function 43/14: which objects, from which on → conformity, all in one answer, each object with its id and length.
 * Who asks for more than the basic ones gets these, and is told so by the conformity.
 */
export function identification(pdu: Uint8Array): Answer {
  const [, , what = 0, wanted = 0] = pdu
  if (pdu.length !== 4 || what < READ.basic || what > READ.one) return EXCEPTION.illegalValue
  const known = OBJECTS.length
  if (what === READ.one && wanted >= known) return EXCEPTION.illegalAddress
  // A stream that is asked for from an unknown object on starts anew (§6.21).
  const from = wanted < known ? wanted : 0
  const to = what === READ.one ? from + 1 : known
  const objects = OBJECTS.slice(from, to).flatMap((text, at) => [from + at, text.length, ...text])
  return Uint8Array.of(
    FUNCTION.encapsulated,
    MEI_IDENTIFICATION,
    what,
    CONFORMITY,
    0,
    0,
    to - from,
    ...objects
  )
}
