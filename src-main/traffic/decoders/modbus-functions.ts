/**
 * The functions of Modbus by name, and how long their requests and answers are, which is what tells where a frame ends in bytes without
 * pauses. Source: MODBUS Application Protocol Specification V1.1b3 (App), §5 to §7. Plain values and pure functions.
 */
import { MEI_IDENTIFICATION, REFUSED } from '../../protocol/modbus.ts'

/**
 * The length of the PDU that begins with these bytes: a number; `more`: too few bytes to tell; `free`: nothing in it tells.
 */
export type PduLength = number | 'more' | 'free'

export interface ModbusFunction {
  readonly name: string
  readonly request: (pdu: Uint8Array) => PduLength
  readonly answer: (pdu: Uint8Array) => PduLength
}

const fixed = (length: number) => () => length

/** So many bytes, the last of them counts those behind it. */
const counted = (head: number) => (pdu: Uint8Array) => {
  const count = pdu[head - 1]
  return count === undefined ? 'more' : head + count
}

const readBits = { request: fixed(5), answer: counted(2) }
const writeOne = { request: fixed(5), answer: fixed(5) }
const writeMany = { request: counted(6), answer: fixed(5) }
const bare = { request: fixed(1) }
const fileRecords = { request: counted(2), answer: counted(2) }

/** Only "Return Query Data" carries any number of bytes (§6.8). */
const diagnostics = (pdu: Uint8Array): PduLength => {
  const [, high, low] = pdu
  if (high === undefined || low === undefined) return 'more'
  return high === 0 && low === 0 ? 'free' : 5
}

const fifo = (pdu: Uint8Array): PduLength => {
  const [, high, low] = pdu
  return high === undefined || low === undefined ? 'more' : 3 + high * 256 + low
}

const encapsulatedRequest = (pdu: Uint8Array): PduLength => {
  const mei = pdu[1]
  if (mei === undefined) return 'more'
  return mei === MEI_IDENTIFICATION ? 4 : 'free'
}

/** Objects stand behind each other, each with its length (§6.21). */
const encapsulatedAnswer = (pdu: Uint8Array): PduLength => {
  const mei = pdu[1]
  if (mei === undefined) return 'more'
  if (mei !== MEI_IDENTIFICATION) return 'free'
  const objects = pdu[6]
  if (objects === undefined) return 'more'
  let at = 7
  for (let object = 0; object < objects; object++) {
    const size = pdu[at + 1]
    if (size === undefined) return 'more'
    at += 2 + size
  }
  return at
}

export const MODBUS_FUNCTIONS: ReadonlyMap<number, ModbusFunction> = new Map([
  [1, { name: 'Read Coils', ...readBits }],
  [2, { name: 'Read Discrete Inputs', ...readBits }],
  [3, { name: 'Read Holding Registers', ...readBits }],
  [4, { name: 'Read Input Registers', ...readBits }],
  [5, { name: 'Write Single Coil', ...writeOne }],
  [6, { name: 'Write Single Register', ...writeOne }],
  [7, { name: 'Read Exception Status', ...bare, answer: fixed(2) }],
  [8, { name: 'Diagnostics', request: diagnostics, answer: diagnostics }],
  [11, { name: 'Get Comm Event Counter', ...bare, answer: fixed(5) }],
  [12, { name: 'Get Comm Event Log', ...bare, answer: counted(2) }],
  [15, { name: 'Write Multiple Coils', ...writeMany }],
  [16, { name: 'Write Multiple Registers', ...writeMany }],
  [17, { name: 'Report Server ID', ...bare, answer: counted(2) }],
  [20, { name: 'Read File Record', ...fileRecords }],
  [21, { name: 'Write File Record', ...fileRecords }],
  [22, { name: 'Mask Write Register', request: fixed(7), answer: fixed(7) }],
  [23, { name: 'Read/Write Multiple Registers', request: counted(10), answer: counted(2) }],
  [24, { name: 'Read FIFO Queue', request: fixed(3), answer: fifo }],
  [43, { name: 'Encapsulated Interface', request: encapsulatedRequest, answer: encapsulatedAnswer }]
])

/** Left to vendors (App §5). */
export function isUserDefined(code: number): boolean {
  return (code >= 65 && code <= 72) || (code >= 100 && code <= 110)
}

export function functionName(code: number): string {
  const plain = code & ~REFUSED
  const kind = isUserDefined(plain) ? 'User-defined function' : 'Function'
  return MODBUS_FUNCTIONS.get(plain)?.name ?? `${kind} ${plain}`
}

export function requestLength(pdu: Uint8Array): PduLength {
  const [code] = pdu
  if (code === undefined) return 'more'
  return MODBUS_FUNCTIONS.get(code)?.request(pdu) ?? 'free'
}

export function answerLength(pdu: Uint8Array): PduLength {
  const [code] = pdu
  if (code === undefined) return 'more'
  if (code & REFUSED) return 2
  return MODBUS_FUNCTIONS.get(code)?.answer(pdu) ?? 'free'
}

/** A code that a frame may begin with: a public or a vendor's one, or the refusal of such. */
export function isKnownFunction(code: number): boolean {
  const plain = code & ~REFUSED
  return MODBUS_FUNCTIONS.has(plain) || isUserDefined(plain)
}

const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'Illegal Function',
  2: 'Illegal Data Address',
  3: 'Illegal Data Value',
  4: 'Server Device Failure',
  5: 'Acknowledge',
  6: 'Server Device Busy',
  // Of older editions: programming functions.
  7: 'Negative Acknowledge',
  8: 'Memory Parity Error',
  10: 'Gateway Path Unavailable',
  11: 'Gateway Target Device Failed to Respond'
}

/** App §7. */
export function exceptionName(code: number): string {
  return EXCEPTIONS[code] ?? `exception ${code}`
}

const DIAGNOSTICS: Readonly<Record<number, readonly [name: string, data: string]>> = {
  0: ['Return Query Data', 'Data'],
  1: ['Restart Communications Option', 'Clear event log'],
  2: ['Return Diagnostic Register', 'Diagnostic register'],
  3: ['Change ASCII Input Delimiter', 'Delimiter'],
  4: ['Force Listen Only Mode', 'Data'],
  10: ['Clear Counters and Diagnostic Register', 'Data'],
  11: ['Return Bus Message Count', 'Bus messages'],
  12: ['Return Bus Communication Error Count', 'Bus communication errors'],
  13: ['Return Bus Exception Error Count', 'Bus exception errors'],
  14: ['Return Server Message Count', 'Server messages'],
  15: ['Return Server No Response Count', 'Messages without response'],
  16: ['Return Server NAK Count', 'NAKs'],
  17: ['Return Server Busy Count', 'Busy answers'],
  18: ['Return Bus Character Overrun Count', 'Character overruns'],
  20: ['Clear Overrun Counter and Flag', 'Data']
}

export const LISTEN_ONLY = 4

/** The name of a sub-function of Diagnostics, and what its answer's data is (App §6.8.1). */
export function diagnosticWords(sub: number): { readonly name: string; readonly data: string } {
  const [name, data] = DIAGNOSTICS[sub] ?? [`sub-function ${sub}`, 'Data']
  return { name, data }
}

/** Objects of the device identification (App §6.21); 0 to 2 are basic, 3 to 6 regular, from 128 on private. */
const OBJECTS = [
  'Vendor name',
  'Product code',
  'Revision',
  'Vendor URL',
  'Product name',
  'Model name',
  'User application name'
]

export function objectName(id: number): string {
  return OBJECTS[id] ?? (id >= 0x80 ? `Private object ${id}` : `Object ${id}`)
}

export const READ_DEVICE_ID: Readonly<Record<number, string>> = {
  1: 'basic',
  2: 'regular',
  3: 'extended',
  4: 'one object'
}
