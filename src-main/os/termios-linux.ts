/**
 * Linux's `struct termios2` (asm-generic, 44 bytes; x86, ARM and RISC-V share it), which carries any baud rate:
 *
 *     0 c_iflag   4 c_oflag   8 c_cflag   12 c_lflag   16 c_line   17 c_cc[19]   36 c_ispeed   40 c_ospeed
 *
 * Pure encode and decode, and the two calls that move the structure. Called by termios.ts and by who reads a PTY's master.
 */
import type { DataBits, FlowControl, Parity, StopBits } from '../contract/line.ts'
import { ioctl } from './libc.ts'
import type { TermiosFormat, TtySettings, TtyWish } from './termios-format.ts'

const SIZE = 44
const IFLAG = 0
const OFLAG = 4
const CFLAG = 8
const LFLAG = 12
const CC = 17
const ISPEED = 36
const OSPEED = 40

const TCGETS2 = 0x802c542a
/** The plain one: TCSETSW2 and TCSETSF2 wait for output, which a blocked device never lets go. */
const TCSETS2 = 0x402c542b

const IXON = 0o2000
const IXOFF = 0o10000

const CBAUD = 0o10017
const BOTHER = 0o10000
/** Where a second code for the input rate stands; all 0: the same as the output's. */
const CIBAUD = 0o2003600000
const CSIZE = 0o60
const CSTOPB = 0o100
const CREAD = 0o200
const PARENB = 0o400
const PARODD = 0o1000
const HUPCL = 0o2000
const CLOCAL = 0o4000
const CMSPAR = 0o10000000000
const CRTSCTS = 0o20000000000

const VTIME = 5
const VMIN = 6
const VSTART = 8
const VSTOP = 9
const XON = 0x11
const XOFF = 0x13

/** Rates with a code of their own. Programs that read the old `struct termios` (stty, minicom) understand only these. */
const BAUD_CODES: ReadonlyMap<number, number> = new Map([
  [50, 0o1],
  [75, 0o2],
  [110, 0o3],
  [150, 0o5],
  [200, 0o6],
  [300, 0o7],
  [600, 0o10],
  [1200, 0o11],
  [1800, 0o12],
  [2400, 0o13],
  [4800, 0o14],
  [9600, 0o15],
  [19200, 0o16],
  [38400, 0o17],
  [57600, 0o10001],
  [115200, 0o10002],
  [230400, 0o10003],
  [460800, 0o10004],
  [500000, 0o10005],
  [576000, 0o10006],
  [921600, 0o10007],
  [1000000, 0o10010],
  [1152000, 0o10011],
  [1500000, 0o10012],
  [2000000, 0o10013],
  [2500000, 0o10014],
  [3000000, 0o10015],
  [3500000, 0o10016],
  [4000000, 0o10017]
])

const PARITY_BITS: Readonly<Record<Parity, number>> = {
  none: 0,
  odd: PARENB | PARODD,
  even: PARENB,
  mark: PARENB | PARODD | CMSPAR,
  space: PARENB | CMSPAR
}

const SIZES: readonly DataBits[] = [5, 6, 7, 8]

/** What the structure says. */
export function decodeTermios2(termios: Buffer): TtySettings {
  const cflag = termios.readUInt32LE(CFLAG)
  const dataBits = SIZES[(cflag & CSIZE) >>> 4] ?? 8
  return {
    baudRate: termios.readUInt32LE(OSPEED),
    dataBits,
    parity: parityOf(cflag),
    stopBits: stopBitsOf(cflag, dataBits),
    flowControl: flowControlOf(cflag, termios.readUInt32LE(IFLAG)),
    ignoreCarrier: (cflag & CLOCAL) !== 0,
    hangUpOnClose: (cflag & HUPCL) !== 0
  }
}

/** A copy in raw mode, with the wish; what the wish leaves out stays. */
export function encodeTermios2(termios: Buffer, wish: TtyWish): Buffer {
  const now = decodeTermios2(termios)
  const dataBits = wish.dataBits ?? now.dataBits
  const flowControl = wish.flowControl ?? now.flowControl
  const raw = Buffer.from(termios)

  // No INPCK, PARMRK or IGNPAR: a byte with an error is delivered as it came, and the driver's counters tell of the error.
  raw.writeUInt32LE(flowControl === 'xonxoff' ? IXON | IXOFF : 0, IFLAG)
  raw.writeUInt32LE(0, OFLAG)
  raw.writeUInt32LE(0, LFLAG)
  raw[CC + VMIN] = 1
  raw[CC + VTIME] = 0
  raw[CC + VSTART] = XON
  raw[CC + VSTOP] = XOFF

  let cflag = termios.readUInt32LE(CFLAG)
  cflag &= ~(CSIZE | CSTOPB | PARENB | PARODD | CMSPAR | CRTSCTS | CLOCAL | HUPCL)
  cflag |= CREAD | (SIZES.indexOf(dataBits) << 4) | PARITY_BITS[wish.parity ?? now.parity]
  // One bit for both: the hardware makes 1.5 of it at 5 data bits and 2 at any other size.
  if ((wish.stopBits ?? now.stopBits) !== 1) cflag |= CSTOPB
  if (flowControl === 'rtscts') cflag |= CRTSCTS
  if (wish.ignoreCarrier ?? now.ignoreCarrier) cflag |= CLOCAL
  if (wish.hangUpOnClose ?? now.hangUpOnClose) cflag |= HUPCL
  // The rate is left alone unless asked for: writing a rounded one back could change it.
  if (wish.baudRate !== undefined) {
    cflag = (cflag & ~(CBAUD | CIBAUD)) | (BAUD_CODES.get(wish.baudRate) ?? BOTHER)
    raw.writeUInt32LE(wish.baudRate, ISPEED)
    raw.writeUInt32LE(wish.baudRate, OSPEED)
  }
  raw.writeUInt32LE(cflag >>> 0, CFLAG)
  return raw
}

/** Throws SystemError. */
export function readTermios2(fd: number): Buffer {
  const termios = Buffer.alloc(SIZE)
  ioctl(fd, TCGETS2, termios)
  return termios
}

/** Takes effect at once. Throws SystemError. */
export function writeTermios2(fd: number, termios: Buffer): void {
  ioctl(fd, TCSETS2, termios)
}

export const termiosLinux: TermiosFormat = {
  read: readTermios2,
  write: writeTermios2,
  decode: decodeTermios2,
  encode: encodeTermios2
}

function parityOf(cflag: number): Parity {
  if (!(cflag & PARENB)) return 'none'
  if (cflag & CMSPAR) return cflag & PARODD ? 'mark' : 'space'
  return cflag & PARODD ? 'odd' : 'even'
}

function stopBitsOf(cflag: number, dataBits: DataBits): StopBits {
  if (!(cflag & CSTOPB)) return 1
  return dataBits === 5 ? 1.5 : 2
}

function flowControlOf(cflag: number, iflag: number): FlowControl {
  if (cflag & CRTSCTS) return 'rtscts'
  // Both: IXON alone is how every fresh terminal begins, for the sake of a person's Ctrl+S, and would eat binary data.
  return (iflag & IXON) !== 0 && (iflag & IXOFF) !== 0 ? 'xonxoff' : 'none'
}
