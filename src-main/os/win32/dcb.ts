import type { LineSettings, LineWish, Parity, StopBits } from '../../contract/line.ts'

/**
 * The DCB of Windows (winbase.h), 28 bytes, as line settings and back. Pure; called by comm-file.
 *
 *   0 length 28 · 4 baud rate u32 · 8 flags u32 · 14 XonLim u16 · 16 XoffLim u16 · 18 data bits · 19 parity · 20 stop bits
 *   21 XON · 22 XOFF · 23 error · 24 end · 25 event character
 */
export const DCB_BYTES = 28

const BAUD_RATE = 4
const FLAGS = 8
const DATA_BITS = 18
const PARITY = 19
const STOP_BITS = 20
const XON_CHARACTER = 21
const XOFF_CHARACTER = 22

/** Flags of one bit, and the two of two bits that say what becomes of DTR and RTS. */
const BINARY = 1 << 0
const CHECK_PARITY = 1 << 1
const OUT_CTS = 1 << 2
const OUT_DSR = 1 << 3
const DTR_SHIFT = 4
const DSR_SENSITIVE = 1 << 6
const CONTINUE_ON_XOFF = 1 << 7
const OUT_XON = 1 << 8
const IN_XON = 1 << 9
const REPLACE_ERRORS = 1 << 10
const DROP_NULL = 1 << 11
const RTS_SHIFT = 12
const ABORT_ON_ERROR = 1 << 14

const OFF = 0
const ON = 1
const HANDSHAKE = 2

const PARITY_BYTES: Readonly<Record<Parity, number>> = { none: 0, odd: 1, even: 2, mark: 3, space: 4 }
const STOP_BYTES: readonly StopBits[] = [1, 1.5, 2]

const DC1 = 0x11
const DC3 = 0x13

/** What a DCB says of the lines that the driver does not handle by itself. */
export interface DcbLines {
  readonly dtr: boolean
  readonly rts: boolean
}

export function decodeDcb(dcb: Buffer): LineSettings & DcbLines {
  const flags = dcb.readUInt32LE(FLAGS)
  const parity = dcb.readUInt8(PARITY)
  const dataBits = dcb.readUInt8(DATA_BITS)
  return {
    baudRate: dcb.readUInt32LE(BAUD_RATE),
    dataBits: dataBits === 5 || dataBits === 6 || dataBits === 7 ? dataBits : 8,
    parity: (Object.keys(PARITY_BYTES) as Parity[]).find((each) => PARITY_BYTES[each] === parity) ?? 'none',
    stopBits: STOP_BYTES[dcb.readUInt8(STOP_BITS)] ?? 1,
    flowControl: flags & OUT_CTS ? 'rtscts' : flags & (OUT_XON | IN_XON) ? 'xonxoff' : 'none',
    dtr: ((flags >>> DTR_SHIFT) & 3) !== OFF,
    rts: ((flags >>> RTS_SHIFT) & 3) !== OFF
  }
}

/**
 * The DCB with the wish, raw: no byte is dropped, replaced or waited for. `lines` are the levels now: SetCommState drives both
 * lines, and would undo what EscapeCommFunction did since.
 */
export function encodeDcb(dcb: Buffer, wish: LineWish, lines: DcbLines): Buffer {
  const now = { ...decodeDcb(dcb), ...wish }
  const next = Buffer.from(dcb)
  next.writeUInt32LE(DCB_BYTES)
  next.writeUInt32LE(now.baudRate, BAUD_RATE)
  next.writeUInt8(now.dataBits, DATA_BITS)
  next.writeUInt8(PARITY_BYTES[now.parity], PARITY)
  next.writeUInt8(STOP_BYTES.indexOf(now.stopBits), STOP_BITS)
  const twoBits = (3 << DTR_SHIFT) | (3 << RTS_SHIFT)
  const never = OUT_DSR | DSR_SENSITIVE | CONTINUE_ON_XOFF | REPLACE_ERRORS | DROP_NULL | ABORT_ON_ERROR
  const ours = CHECK_PARITY | OUT_CTS | OUT_XON | IN_XON | twoBits
  let flags = (next.readUInt32LE(FLAGS) & ~(never | ours)) | BINARY
  if (now.parity !== 'none') flags |= CHECK_PARITY
  if (now.flowControl === 'xonxoff') {
    flags |= OUT_XON | IN_XON
    next.writeUInt8(DC1, XON_CHARACTER)
    next.writeUInt8(DC3, XOFF_CHARACTER)
  }
  const rtscts = now.flowControl === 'rtscts'
  if (rtscts) flags |= OUT_CTS
  flags |= (lines.dtr ? ON : OFF) << DTR_SHIFT
  flags |= (rtscts ? HANDSHAKE : lines.rts ? ON : OFF) << RTS_SHIFT
  next.writeUInt32LE(flags >>> 0, FLAGS)
  return next
}

/** COMMTIMEOUTS: a read waits for its bytes, a write for the line, as long as it takes. */
export function endlessTimeouts(): Buffer {
  return Buffer.alloc(20)
}
