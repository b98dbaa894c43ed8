/**
 * Modbus RTU frames out of bytes without pauses: adapters and networks put frames into one piece, and tear one into several. The CRC decides;
 * where a frame could end, its function code and byte count say (modbus-functions.ts). Pure functions.
 */
import { crc16 } from '../../protocol/modbus-checks.ts'
import { MAX_RTU_FRAME } from '../../protocol/modbus-rtu.ts'
import { answerLength, isKnownFunction, requestLength, type PduLength } from './modbus-functions.ts'

const MIN_FRAME = 4
/** Unit and CRC. */
const AROUND_PDU = 3
const MAX_UNIT = 247

/** `frame`: its CRC is right. `junk`: none begins in it. `rest`: the bytes at the end may be the beginning of one. */
export interface RtuPart {
  readonly is: 'frame' | 'junk' | 'rest'
  readonly from: number
  readonly to: number
}

/** Cuts up all of it. `asks`: which of the two forms is expected, for a beginning that could be either. */
export function splitRtu(bytes: Uint8Array, asks?: boolean): RtuPart[] {
  const parts: RtuPart[] = []
  for (let at = 0; at < bytes.length;) {
    const length = frameLength(bytes, at, true)
    if (length > 0) {
      parts.push({ is: 'frame', from: at, to: at + length })
      at += length
      continue
    }
    const next = nextFrame(bytes, at + 1)
    if (next === bytes.length && mayBegin(bytes, at, asks)) parts.push({ is: 'rest', from: at, to: next })
    else parts.push({ is: 'junk', from: at, to: next })
    at = next
  }
  return parts
}

/**
 * The length of the frame there, its CRC looked at; 0: none. `boundary`: the place is a likely beginning, so functions that do not tell
 * their length may go to the end of all bytes.
 */
function frameLength(bytes: Uint8Array, at: number, boundary: boolean): number {
  const left = bytes.length - at
  if (left < MIN_FRAME) return 0
  const pdu = bytes.subarray(at + 1)
  if (!boundary && ((bytes[at] ?? 0) > MAX_UNIT || !isKnownFunction(pdu[0] ?? 0))) return 0
  const lengths = [requestLength(pdu), answerLength(pdu), boundary ? left - AROUND_PDU : 0]
  for (const length of lengths) {
    if (typeof length !== 'number') continue
    const size = length + AROUND_PDU
    if (size < MIN_FRAME || size > left || size > MAX_RTU_FRAME) continue
    if (crc16(bytes.subarray(at, at + size)) === 0) return size
  }
  return 0
}

function nextFrame(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) if (frameLength(bytes, at, false) > 0) return at
  return bytes.length
}

/** More bytes could make a frame of what stands there. */
export function mayBegin(bytes: Uint8Array, at: number, asks?: boolean): boolean {
  const left = bytes.length - at
  if (left >= MAX_RTU_FRAME || (bytes[at] ?? 0) > MAX_UNIT) return false
  const pdu = bytes.subarray(at + 1)
  if (pdu.length > 0 && !isKnownFunction(pdu[0] ?? 0)) return false
  const open = (length: PduLength) => length === 'more' || length === 'free' || length + AROUND_PDU > left
  const longEnough = (length: PduLength) => typeof length !== 'number' || length + AROUND_PDU <= MAX_RTU_FRAME
  const [request, answer] = [requestLength(pdu), answerLength(pdu)]
  const mayAsk = open(request) && longEnough(request)
  const mayAnswer = open(answer) && longEnough(answer)
  return asks === undefined ? mayAsk || mayAnswer : asks ? mayAsk : mayAnswer
}
