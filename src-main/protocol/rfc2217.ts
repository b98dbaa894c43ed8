/**
 * RFC 2217, the COM-PORT-OPTION of telnet: what stands inside a subnegotiation of option 44, for both roles. Called by
 * sessions/remote (server) and ports/remote (client); pure functions, no state.
 *
 *     FF FA 2C 01 00 01 C2 00 FF F0     client: set the baud rate to 115200
 *     │  │  │  │  └ value: u32, big-endian; every other command has one byte
 *     │  │  │  └ code; the server's answer has code + 100 and the value that is now in force
 *     │  │  └ option 44
 *     └──┴ IAC SB … IAC SE, with each FF in between doubled
 *
 * A value of 0 (for SET-CONTROL: 0, 4, 7, 10 or 13) asks for the current value.
 *
 * Known deviations of peers:
 * - Cisco IOS and clients made for it send the baud rate as one byte; gensio answers in the form it was asked in.
 * - sredird 2.2 sends four more zero bytes behind a baud rate, and answers every SET-CONTROL with 105 1.
 * - telnetcpcd sends its signature when asked by a subnegotiation without any code.
 * - pyserial takes (and some servers send) suspend and resume from the server as 8 and 9, without the + 100.
 * - pyserial's server answers neither masks nor queries of DTR, RTS and break; ser2net acknowledges a mask by 106 or 107.
 * - ser2net 4.3 says nothing where it refuses (1.5 stop bits), sends the query of DTR or RTS back where the device has none, and
 *   answers the query of the break with "on".
 * So longer values are read by their first bytes, missing or unknown values as queries; and what we send is exact.
 */
import { DATA_BITS, PARITIES, STOP_BITS } from '../contract/line.ts'
import type { DataBits, FlowControl, Parity, Purge, StopBits } from '../contract/line.ts'
import type { Violation } from './codec.ts'
import {
  CISCO_BAUD_RATE,
  CODE,
  CONTROL,
  DATA_SIZE,
  FOREIGN_INBOUND_FLOW,
  PARITY,
  PURGE,
  SERVER_OFFSET,
  STOP_SIZE,
  flowCode
} from './rfc2217-codes.ts'
import { OPTION } from './telnet.ts'
import type { TelnetMessage } from './telnet.ts'

/** Who sent the message. */
export type Role = 'client' | 'server'

/** One command or answer. An `undefined` value is a query, or a value that is not in the tables. */
export type ComPortMessage =
  | { readonly type: 'signature'; readonly text: string }
  /** 0 asks. `short`: the 1-byte form. */
  | { readonly type: 'baudRate'; readonly baudRate: number; readonly short: boolean }
  | { readonly type: 'dataSize'; readonly dataBits: DataBits | undefined }
  | { readonly type: 'parity'; readonly parity: Parity | undefined }
  | { readonly type: 'stopSize'; readonly stopBits: StopBits | undefined }
  | {
      readonly type: 'control'
      readonly about: 'flow' | 'inboundFlow'
      readonly flow: FlowControl | undefined
    }
  | {
      readonly type: 'control'
      readonly about: 'break' | 'dtr' | 'rts'
      readonly on: boolean | undefined
    }
  /** MODEM_BIT and LINE_BIT; `undefined`: a poll (no value), which pyserial sends. */
  | { readonly type: 'lineState' | 'modemState'; readonly bits: number | undefined }
  | { readonly type: 'suspend' | 'resume' }
  | { readonly type: 'lineStateMask' | 'modemStateMask'; readonly mask: number }
  | { readonly type: 'purge'; readonly which: Purge | undefined }

export type ComPortType = ComPortMessage['type']

/** RFC 2217 sets no limit; old clients have small buffers. In bytes. */
export const MAX_SIGNATURE = 24

const PURGES = ['receive', 'transmit', 'both'] as const

const TYPE_BY_CODE = new Map<number, ComPortType>(
  (Object.keys(CODE) as ComPortType[]).map((each) => [CODE[each], each])
)

/** Reads the bytes behind the option. Never throws; what cannot be a command of `sender` is a violation. */
export function decodeComPort(sender: Role, bytes: Uint8Array): ComPortMessage | Violation {
  const code = bytes[0]
  if (code === undefined) return { type: 'signature', text: '' }
  const type = TYPE_BY_CODE.get(sender === 'server' ? ownCode(code) : code)
  const value = bytes[1]
  switch (type) {
    case undefined:
      return { type: 'violation', what: 'an unknown com port command', section: 'RFC 2217', bytes }
    case 'signature':
      return { type, text: readSignature(bytes.subarray(1)) }
    case 'baudRate':
      return decodeBaudRate(bytes.subarray(1))
    case 'dataSize':
      return { type, dataBits: DATA_BITS.find((each) => DATA_SIZE[each] === value) }
    case 'parity':
      return { type, parity: PARITIES.find((each) => PARITY[each] === value) }
    case 'stopSize':
      return { type, stopBits: STOP_BITS.find((each) => STOP_SIZE[each] === value) }
    case 'control':
      return decodeControl(value ?? CONTROL.flow.query)
    case 'lineState':
    case 'modemState':
      return { type, bits: value }
    case 'suspend':
    case 'resume':
      return { type }
    case 'lineStateMask':
    case 'modemStateMask':
      return { type, mask: value ?? 0 }
    case 'purge':
      return { type, which: PURGES.find((each) => PURGE[each] === value) }
  }
}

/** The whole subnegotiation as a telnet message. */
export function comPort(sender: Role, message: ComPortMessage): TelnetMessage {
  const code = CODE[message.type] + (sender === 'server' ? SERVER_OFFSET : 0)
  const bytes = Uint8Array.of(code, ...encodeValue(message))
  return { type: 'subnegotiation', option: OPTION.comPort, bytes }
}

function encodeValue(message: ComPortMessage): readonly number[] {
  switch (message.type) {
    case 'signature':
      return Array.from(message.text.slice(0, MAX_SIGNATURE), (each) => each.charCodeAt(0) & 0x7f)
    case 'baudRate':
      return encodeBaudRate(message.baudRate, message.short)
    case 'dataSize':
      return [message.dataBits === undefined ? 0 : DATA_SIZE[message.dataBits]]
    case 'parity':
      return [message.parity === undefined ? 0 : PARITY[message.parity]]
    case 'stopSize':
      return [message.stopBits === undefined ? 0 : STOP_SIZE[message.stopBits]]
    case 'control':
      return [encodeControl(message)]
    case 'lineState':
    case 'modemState':
      return message.bits === undefined ? [] : [message.bits]
    case 'suspend':
    case 'resume':
      return []
    case 'lineStateMask':
    case 'modemStateMask':
      return [message.mask]
    case 'purge':
      return [message.which === undefined ? 0 : PURGE[message.which]]
  }
}

/** A server's code as the client's; 8 and 9 come without the offset from some servers. */
function ownCode(code: number): number {
  return code === CODE.suspend || code === CODE.resume ? code : code - SERVER_OFFSET
}

function decodeBaudRate(value: Uint8Array): ComPortMessage {
  if (value.length === 1) {
    const known = CISCO_BAUD_RATE.find(([, code]) => code === value[0])
    return { type: 'baudRate', baudRate: known?.[0] ?? 0, short: true }
  }
  const baudRate =
    value.length < 4 ? 0 : new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(0)
  return { type: 'baudRate', baudRate, short: false }
}

/** A rate that the 1-byte form cannot say is 0 there. */
function encodeBaudRate(baudRate: number, short: boolean): readonly number[] {
  if (short) return [CISCO_BAUD_RATE.find(([rate]) => rate === baudRate)?.[1] ?? 0]
  return [baudRate >>> 24, (baudRate >>> 16) & 0xff, (baudRate >>> 8) & 0xff, baudRate & 0xff]
}

/** An unknown value becomes a query of the flow control it is most likely about: who asked gets an answer. */
function decodeControl(value: number): ComPortMessage {
  const type = 'control'
  for (const about of ['break', 'dtr', 'rts'] as const) {
    const { query, on, off } = CONTROL[about]
    if (value === query) return { type, about, on: undefined }
    if (value === on || value === off) return { type, about, on: value === on }
  }
  const inbound = CONTROL.inboundFlow
  const isInbound = (value >= inbound.query && value <= inbound.rtscts) || value === FOREIGN_INBOUND_FLOW
  const about = isInbound ? 'inboundFlow' : 'flow'
  const flow = (['none', 'xonxoff', 'rtscts'] as const).find((each) => CONTROL[about][each] === value)
  return { type, about, flow }
}

function encodeControl(message: ComPortMessage & { readonly type: 'control' }): number {
  switch (message.about) {
    case 'flow':
    case 'inboundFlow':
      return flowCode(message.about, message.flow)
    case 'break':
    case 'dtr':
    case 'rts': {
      const { query, on, off } = CONTROL[message.about]
      return message.on === undefined ? query : message.on ? on : off
    }
  }
}

/** Printable ASCII alone: the text goes to people. */
function readSignature(bytes: Uint8Array): string {
  const printable = Array.from(bytes.subarray(0, MAX_SIGNATURE)).filter((each) => each >= 32 && each < 127)
  return String.fromCharCode(...printable)
}
