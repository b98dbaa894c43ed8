/**
 * macOS's `struct termios` (72 bytes) as its headers say (sys/termios.h, IOKit/serial/ioss.h). Not run on a Mac yet.
 *
 *     0 c_iflag   8 c_oflag   16 c_cflag   24 c_lflag   32 c_cc[20]   56 c_ispeed   64 c_ospeed    (unsigned long each)
 *
 * Baud codes are the rates themselves; what the structure refuses goes by IOSSIOSPEED. There is no mark or space parity.
 */
import type { DataBits, Parity } from '../contract/line.ts'
import { ioctl, isSystemError } from './libc.ts'
import type { TermiosFormat, TtySettings, TtyWish } from './termios-format.ts'

const SIZE = 72
const IFLAG = 0
const OFLAG = 8
const CFLAG = 16
const LFLAG = 24
const CC = 32
const ISPEED = 56
const OSPEED = 64

const TIOCGETA = 0x40487413
/** As TCSANOW: does not wait for output. */
const TIOCSETA = 0x80487414
const IOSSIOSPEED = 0x80085402

const IXON = 0x200
const IXOFF = 0x400
const CSIZE = 0x300
const CSTOPB = 0x400
const CREAD = 0x800
const PARENB = 0x1000
const PARODD = 0x2000
const HUPCL = 0x4000
const CLOCAL = 0x8000
const CRTSCTS = 0x30000

const VSTART = 12
const VSTOP = 13
const VMIN = 16
const VTIME = 17
const XON = 0x11
const XOFF = 0x13

const SIZES: readonly DataBits[] = [5, 6, 7, 8]

function get(termios: Buffer, offset: number): number {
  return Number(termios.readBigUInt64LE(offset))
}

function set(termios: Buffer, offset: number, value: number): void {
  termios.writeBigUInt64LE(BigInt(value), offset)
}

function parityOf(cflag: number): Parity {
  if (!(cflag & PARENB)) return 'none'
  return cflag & PARODD ? 'odd' : 'even'
}

function decode(termios: Buffer): TtySettings {
  const cflag = get(termios, CFLAG)
  const dataBits = SIZES[(cflag & CSIZE) >>> 8] ?? 8
  const twoStopBits = dataBits === 5 ? 1.5 : 2
  const iflag = get(termios, IFLAG)
  // Both: IXON alone is how a fresh terminal begins.
  const software = (iflag & IXON) !== 0 && (iflag & IXOFF) !== 0 ? 'xonxoff' : 'none'
  return {
    baudRate: get(termios, OSPEED),
    dataBits,
    parity: parityOf(cflag),
    stopBits: cflag & CSTOPB ? twoStopBits : 1,
    flowControl: cflag & CRTSCTS ? 'rtscts' : software,
    ignoreCarrier: (cflag & CLOCAL) !== 0,
    hangUpOnClose: (cflag & HUPCL) !== 0
  }
}

function encode(termios: Buffer, wish: TtyWish): Buffer {
  const now = decode(termios)
  const dataBits = wish.dataBits ?? now.dataBits
  // Mark and space cannot be had: the parity in force stays, and is the answer.
  const parity =
    wish.parity === undefined || wish.parity === 'mark' || wish.parity === 'space' ? now.parity : wish.parity
  const flowControl = wish.flowControl ?? now.flowControl
  const raw = Buffer.from(termios)
  set(raw, IFLAG, flowControl === 'xonxoff' ? IXON | IXOFF : 0)
  set(raw, OFLAG, 0)
  set(raw, LFLAG, 0)
  raw[CC + VMIN] = 1
  raw[CC + VTIME] = 0
  raw[CC + VSTART] = XON
  raw[CC + VSTOP] = XOFF

  let cflag = get(termios, CFLAG)
  cflag &= ~(CSIZE | CSTOPB | PARENB | PARODD | CRTSCTS | CLOCAL | HUPCL)
  cflag |= CREAD | (SIZES.indexOf(dataBits) << 8)
  if (parity !== 'none') cflag |= parity === 'odd' ? PARENB | PARODD : PARENB
  if ((wish.stopBits ?? now.stopBits) !== 1) cflag |= CSTOPB
  if (flowControl === 'rtscts') cflag |= CRTSCTS
  if (wish.ignoreCarrier ?? now.ignoreCarrier) cflag |= CLOCAL
  if (wish.hangUpOnClose ?? now.hangUpOnClose) cflag |= HUPCL
  set(raw, CFLAG, cflag)
  if (wish.baudRate !== undefined) {
    set(raw, ISPEED, wish.baudRate)
    set(raw, OSPEED, wish.baudRate)
  }
  return raw
}

function read(fd: number): Buffer {
  const termios = Buffer.alloc(SIZE)
  ioctl(fd, TIOCGETA, termios)
  return termios
}

function write(fd: number, termios: Buffer, baudRate: number | undefined): void {
  try {
    ioctl(fd, TIOCSETA, termios)
  } catch (error) {
    if (baudRate === undefined || !isSystemError(error, 'EINVAL')) throw error
    // A rate that the structure does not take: everything else by it, at a rate that every driver has, then the rate alone.
    const standard = Buffer.from(termios)
    set(standard, ISPEED, 9600)
    set(standard, OSPEED, 9600)
    ioctl(fd, TIOCSETA, standard)
    const speed = Buffer.alloc(8)
    set(speed, 0, baudRate)
    ioctl(fd, IOSSIOSPEED, speed)
  }
}

export const termiosDarwin: TermiosFormat = { read, write, decode, encode }
