/**
 * The lines beside the data: DTR and RTS that we drive, CTS, DSR, DCD and RI that the device drives, break, and the driver's
 * counters of errors and edges. Called by ports that own a terminal's descriptor. Never clobbers a line that it was not
 * asked for, and never waits. A device without the feature answers undefined: that is normal, no error.
 */
import type { ModemState } from '../contract/line.ts'
import { ioctl, isSystemError } from './libc.ts'

interface Requests {
  readonly getLines: number
  readonly setBits: number
  readonly clearBits: number
  readonly breakOn: number
  readonly breakOff: number
  readonly getCounters?: number
}

/** linux/asm-generic ioctls.h; sys/ttycom.h of macOS, which has no counters and was not run. */
const REQUESTS: Requests =
  process.platform === 'darwin'
    ? {
        getLines: 0x4004746a,
        setBits: 0x8004746c,
        clearBits: 0x8004746b,
        breakOn: 0x2000747b,
        breakOff: 0x2000747a
      }
    : {
        getLines: 0x5415,
        setBits: 0x5416,
        clearBits: 0x5417,
        breakOn: 0x5427,
        breakOff: 0x5428,
        getCounters: 0x545d
      }

/** TIOCM_*: the same on both systems. */
const DTR = 0x2
const RTS = 0x4
const CTS = 0x20
const DCD = 0x40
const RI = 0x80
const DSR = 0x100

export interface Lines {
  readonly dtr: boolean
  readonly rts: boolean
  readonly modem: ModemState
}

/** Totals since the driver came; each wraps at 2^32. */
export interface Counters {
  readonly cts: number
  readonly dsr: number
  readonly ri: number
  readonly dcd: number
  readonly framing: number
  readonly overrun: number
  readonly parity: number
  readonly break: number
}

/** `struct serial_icounter_struct`: where each counter stands, in 32-bit words. */
const COUNTER_WORDS = {
  cts: 0,
  dsr: 1,
  ri: 2,
  dcd: 3,
  framing: 6,
  overrun: 7,
  parity: 8,
  break: 9
} as const satisfies Record<keyof Counters, number>
const COUNTERS_SIZE = 80

/** A word for a call, of its own: nothing here outlives the call, so one buffer serves all. */
const word = Buffer.alloc(4)
const counterWords = Buffer.alloc(COUNTERS_SIZE)

/**
 * What a driver without the feature says: ENOTTY; EINVAL from drivers with half of it; cdc_acm EPIPE for what the board's firmware
 * refuses (many know no break), and EOPNOTSUPP for what it does not announce. Everything else (EIO and ENODEV after an unplug)
 * goes to the caller.
 */
function supported<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (isSystemError(error, 'ENOTTY', 'EINVAL', 'EPIPE', 'EOPNOTSUPP')) return undefined
    throw error
  }
}

/** All lines at once; undefined: the device has none. Some USB adapters ask the device, which takes about 1 ms. */
export function readLines(fd: number): Lines | undefined {
  return supported(() => {
    ioctl(fd, REQUESTS.getLines, word)
    const bits = word.readUInt32LE()
    const modem = {
      cts: (bits & CTS) !== 0,
      dsr: (bits & DSR) !== 0,
      dcd: (bits & DCD) !== 0,
      ri: (bits & RI) !== 0
    }
    return { dtr: (bits & DTR) !== 0, rts: (bits & RTS) !== 0, modem }
  })
}

/** Drives the lines named, leaves the other alone; false: the device has none. */
export function driveLines(fd: number, wish: { readonly dtr?: boolean; readonly rts?: boolean }): boolean {
  const on = (wish.dtr === true ? DTR : 0) | (wish.rts === true ? RTS : 0)
  const off = (wish.dtr === false ? DTR : 0) | (wish.rts === false ? RTS : 0)
  const done = supported(() => {
    if (on) change(fd, REQUESTS.setBits, on)
    if (off) change(fd, REQUESTS.clearBits, off)
    return true
  })
  return done ?? false
}

/** Holds the line in the space state, or lets it go; false: the device cannot. */
export function driveBreak(fd: number, on: boolean): boolean {
  const done = supported(() => {
    ioctl(fd, on ? REQUESTS.breakOn : REQUESTS.breakOff, 0)
    return true
  })
  return done ?? false
}

/** The driver's counters; undefined: it keeps none. Cheap: the device is not asked. */
export function readCounters(fd: number): Counters | undefined {
  const request = REQUESTS.getCounters
  if (request === undefined) return undefined
  return supported(() => {
    ioctl(fd, request, counterWords)
    const count = (name: keyof Counters): number => counterWords.readUInt32LE(COUNTER_WORDS[name] * 4)
    return {
      cts: count('cts'),
      dsr: count('dsr'),
      ri: count('ri'),
      dcd: count('dcd'),
      framing: count('framing'),
      overrun: count('overrun'),
      parity: count('parity'),
      break: count('break')
    }
  })
}

/** How much was counted between two readings, across a wrap too. */
export function countersSince(before: Counters, now: Counters): Counters {
  const delta = (name: keyof Counters): number => (now[name] - before[name]) >>> 0
  return {
    cts: delta('cts'),
    dsr: delta('dsr'),
    ri: delta('ri'),
    dcd: delta('dcd'),
    framing: delta('framing'),
    overrun: delta('overrun'),
    parity: delta('parity'),
    break: delta('break')
  }
}

function change(fd: number, request: number, bits: number): void {
  word.writeUInt32LE(bits)
  ioctl(fd, request, word)
}
