/**
 * Settings and lines of an open COM port: set in place, driven, looked at, and waited for by WaitCommEvent. Made by open-comm for
 * a handle that a CommStream owns. Each call is one question to the driver that is answered at once.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import type { ControlWish, LineSettings, LineState, LineWish, ModemState } from '../../contract/line.ts'
import { characterSeconds } from '../../contract/line.ts'
import type { DcbLines } from './dcb.ts'
import { DCB_BYTES, decodeDcb, encodeDcb } from './dcb.ts'
import type { Kernel, Overlapped } from './kernel.ts'
import { ERROR, isWindowsError, WindowsError } from './windows-error.ts'

/** EscapeCommFunction (winbase.h). */
const SET_RTS = 3
const CLEAR_RTS = 4
const SET_DTR = 5
const CLEAR_DTR = 6
const SET_BREAK = 8
const CLEAR_BREAK = 9

/** GetCommModemStatus. */
const CTS_ON = 0x10
const DSR_ON = 0x20
const RING_ON = 0x40
const DCD_ON = 0x80

/** SetCommMask: EV_CTS, EV_DSR, EV_RLSD, EV_BREAK, EV_ERR, EV_RING. */
const EV_RING = 0x100
const EVENTS = 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | EV_RING

/** CE_* flags. */
const RECEIVE_OVERFLOW = 0x1
const OVERRUN = 0x2
const PARITY = 0x4
const FRAMING = 0x8
const BREAK = 0x10

/** What a driver says to what it does not have. */
const LACKS = [
  ERROR.invalidFunction,
  ERROR.notSupported,
  ERROR.invalidParameter,
  ERROR.callNotImplemented
] as const

/** Where a driver cannot wait for its lines they are looked at so often. */
const LOOK_MS = 25

export interface CommLinesOwner {
  modemState(state: ModemState): void
  /** Flags of what went wrong, see `lineStateOf`. */
  lineErrors(flags: number): void
  ended(error: Error): void
}

export class CommLines {
  readonly #kernel: Kernel
  readonly #handle: number
  readonly #clock: Clock
  readonly #event: Overlapped
  readonly #mask = Buffer.allocUnsafeSlow(4)
  readonly #status = Buffer.alloc(4)
  #owner: CommLinesOwner | undefined
  #looking: Disposable | undefined
  #modem: ModemState | undefined
  #lines: DcbLines
  #disposed = false

  /** Throws WindowsError, 1 for what is no serial port. */
  constructor(kernel: Kernel, handle: number, clock: Clock) {
    this.#kernel = kernel
    this.#handle = handle
    this.#clock = clock
    this.#lines = decodeDcb(this.#dcb())
    this.#event = kernel.overlapped(() => this.#happened())
  }

  /** Throws WindowsError once the device is gone. */
  readSettings(): LineSettings {
    const { baudRate, dataBits, parity, stopBits, flowControl } = decodeDcb(this.#dcb())
    return { baudRate, dataBits, parity, stopBits, flowControl }
  }

  /** What the driver refuses stays as it is. Throws WindowsError once the device is gone. */
  applySettings(wish: LineWish): void {
    if (this.#try(wish)) return
    // 1.5 belongs to 5 data bits, 2 to all others: to most UARTs they are one setting.
    const other = wish.stopBits === 2 ? 1.5 : 2
    if (wish.stopBits !== undefined && wish.stopBits !== 1 && this.#try({ ...wish, stopBits: other })) return
    const { baudRate, flowControl, ...format } = wish
    if (baudRate !== undefined) this.#try({ baudRate })
    if (flowControl !== undefined) this.#try({ flowControl })
    if (this.#try(format)) return
    for (const [name, value] of Object.entries(format)) this.#try({ [name]: value })
  }

  /** The levels that we drive, as we left them: no driver tells. With RTS/CTS the driver moves RTS by itself. */
  get lines(): DcbLines {
    return this.#lines
  }

  /** Undefined: the device has no such lines. */
  readModem(): ModemState | undefined {
    return this.#supported(() => {
      this.#kernel.comm('GetCommModemStatus', this.#handle, this.#status)
      const bits = this.#status.readUInt32LE()
      return {
        cts: (bits & CTS_ON) !== 0,
        dsr: (bits & DSR_ON) !== 0,
        dcd: (bits & DCD_ON) !== 0,
        ri: (bits & RING_ON) !== 0
      }
    })
  }

  /** False: the device cannot do some of it. */
  drive(wish: ControlWish): boolean {
    const { dtr, rts, break: held } = wish
    // Also what it does not have is remembered: SetCommState would undo it otherwise.
    this.#lines = { dtr: dtr ?? this.#lines.dtr, rts: rts ?? this.#lines.rts }
    return [
      dtr === undefined || this.#escape(dtr ? SET_DTR : CLEAR_DTR),
      rts === undefined || this.#escape(rts ? SET_RTS : CLEAR_RTS),
      held === undefined || this.#escape(held ? SET_BREAK : CLEAR_BREAK)
    ].every(Boolean)
  }

  /** Tells of every change. `modem`: what was read last. */
  watch(modem: ModemState | undefined, owner: CommLinesOwner): void {
    this.#modem = modem
    this.#owner = owner
    try {
      this.#kernel.comm('SetCommMask', this.#handle, EVENTS)
    } catch (error) {
      if (!isWindowsError(error, ...LACKS)) throw error
      this.#look()
      return
    }
    this.#wait()
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#looking?.dispose()
    if (this.#event.pending) this.#kernel.cancel(this.#handle, this.#event)
    this.#event.dispose()
  }

  #dcb(): Buffer {
    const dcb = Buffer.alloc(DCB_BYTES)
    dcb.writeUInt32LE(DCB_BYTES)
    this.#kernel.comm('GetCommState', this.#handle, dcb)
    return dcb
  }

  #try(wish: LineWish): boolean {
    try {
      this.#kernel.comm('SetCommState', this.#handle, encodeDcb(this.#dcb(), wish, this.#lines))
      return true
    } catch (error) {
      if (!isWindowsError(error, ...LACKS)) throw error
      return false
    }
  }

  #escape(command: number): boolean {
    return (
      this.#supported(() => {
        this.#kernel.comm('EscapeCommFunction', this.#handle, command)
        return true
      }) ?? false
    )
  }

  #supported<T>(call: () => T): T | undefined {
    try {
      return call()
    } catch (error) {
      if (isWindowsError(error, ...LACKS)) return undefined
      throw error
    }
  }

  #wait(): void {
    this.#kernel.waitCommEvent(this.#handle, this.#mask, this.#event)
    if (this.#event.finished) this.#happened()
  }

  /** Something happened, or waiting for it cannot be done. Never within `watch` for long: a driver answers once for each change. */
  readonly #happened = (): void => {
    if (this.#disposed) return
    const { error } = this.#event.take()
    try {
      if (LACKS.some((each) => each === error)) {
        this.#look()
        return
      }
      if (error) throw new WindowsError(error, 'WaitCommEvent')
      this.#report((this.#mask.readUInt32LE() & EV_RING) !== 0)
      setImmediate(() => {
        if (!this.#disposed) this.#waitAgain()
      })
    } catch (failure) {
      this.#end(failure)
    }
  }

  #waitAgain(): void {
    try {
      this.#wait()
    } catch (error) {
      this.#end(error)
    }
  }

  /** By timer, for a driver that cannot wait. */
  #look(): void {
    if (!this.#modem) return
    this.#looking = this.#clock.every(
      LOOK_MS,
      () => {
        try {
          this.#report(false)
        } catch (error) {
          this.#end(error)
        }
      },
      'idle'
    )
  }

  /** `rang`: RI may have come and gone in between. */
  #report(rang: boolean): void {
    const { errors } = this.#kernel.clearCommError(this.#handle)
    if (errors) this.#owner?.lineErrors(errors)
    const before = this.#modem
    if (!before) return
    const now = this.readModem()
    if (!now) return
    this.#modem = now
    if (rang && before.ri === false && now.ri === false) this.#owner?.modemState({ ...now, ri: true })
    else if (sameModem(before, now)) return
    this.#owner?.modemState(now)
  }

  #end(error: unknown): void {
    this.dispose()
    this.#owner?.ended(error instanceof Error ? error : new Error(String(error)))
  }
}

/** CE_* flags as counts: the driver tells what went wrong, not how often. */
export function lineStateOf(flags: number): LineState {
  return {
    overrun: flags & (OVERRUN | RECEIVE_OVERFLOW) ? 1 : 0,
    parity: flags & PARITY ? 1 : 0,
    framing: flags & FRAMING ? 1 : 0,
    break: flags & BREAK ? 1 : 0
  }
}

/** How many bytes go over the line in `seconds`. */
export function bytesIn(seconds: number, settings: LineSettings): number {
  return seconds / characterSeconds(settings)
}

function sameModem(a: ModemState, b: ModemState): boolean {
  return a.cts === b.cts && a.dsr === b.dsr && a.dcd === b.dcd && a.ri === b.ri
}
