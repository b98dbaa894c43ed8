/**
 * The device side of a CDC-ACM serial adapter: transfers of a system's driver in, and what the program there wants of its port; bytes and lines
 * of the device the other way. Called by sessions/usbip with what comes by USB/IP. Source: USB CDC 1.2, PSTN 1.2, 6.3 and 6.5.
 *
 * Sans-IO. Transfers that cannot end yet (nothing came from the device; the device takes no more) wait here, in their order: that is how USB
 * holds a driver back.
 */
import type { ControlLines, LineSettings, LineWish } from '../contract/line.ts'
import { bothStates, lineCoding, readLineCoding, type SerialState, serialStateNotice } from './cdc-words.ts'
import { AcmDescriptors, ENDPOINTS, type UsbTexts } from './usb-descriptors.ts'
import { USBIP_STATUS, type UsbipDone, type UsbipSubmit } from './usbip.ts'

const REQUESTS = {
  getStatus: 0x00,
  clearFeature: 0x01,
  setFeature: 0x03,
  getDescriptor: 0x06,
  getConfiguration: 0x08,
  setConfiguration: 0x09,
  getInterface: 0x0a,
  setInterface: 0x0b
} as const
const CLASS_REQUESTS = {
  setLineCoding: 0x20,
  getLineCoding: 0x21,
  setControlLineState: 0x22,
  sendBreak: 0x23
} as const
const CLASS_REQUEST = 0x20
const KIND = 0x60
const BREAK_ON = 0xffff

const NOTHING = new Uint8Array(0)

/** What it says. The last of them is how transfers end: `done` is to be sent back. */
export type AcmEvent =
  | { readonly type: 'settings'; readonly wish: LineWish }
  | { readonly type: 'lines'; readonly wish: Partial<ControlLines> }
  /** Of its own length, in ms; one that is held comes as `lines`. */
  | { readonly type: 'break'; readonly durationMs: number }
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'configured' }
  /** A program opened the port, and closed it: the driver asks for bytes only while one has it open. */
  | { readonly type: 'opened' }
  | { readonly type: 'closed' }
  | { readonly type: 'done'; readonly done: UsbipDone }

export class CdcAcm {
  readonly #descriptors: AcmDescriptors
  #settings: LineSettings
  #configuration = 0
  /** Of the driver, for bytes that have to come yet, oldest first. */
  readonly #readers: UsbipSubmit[] = []
  readonly #listeners: UsbipSubmit[] = []
  /** Bytes of the driver that nobody takes yet. */
  readonly #writers: UsbipSubmit[] = []
  /** Lines and breaks that nobody heeds yet. */
  readonly #commands: UsbipSubmit[] = []
  #heeds = true
  readonly #fromDevice: Uint8Array[] = []
  #queued = 0
  #takes = false
  #isOpen = false
  #state: SerialState | undefined

  /** `settings`: what a driver that asks is told before it set something. */
  constructor(texts: UsbTexts, settings: LineSettings) {
    this.#descriptors = new AcmDescriptors(texts)
    this.#settings = settings
  }

  /** Bytes of the device that no driver has fetched. */
  get queued(): number {
    return this.#queued
  }

  /** Whether `data` may come: while not, the driver is held back. What waits comes first. */
  take(takes: boolean): AcmEvent[] {
    this.#takes = takes
    const events: AcmEvent[] = []
    // Each may be the last for now: whoever hears it may say so only afterwards, and loses nothing by one more.
    for (const writer of takes ? this.#writers.splice(0) : []) this.#write(writer, events)
    return events
  }

  /**
   * Whether `lines` and `break` may come: while not, the driver waits for its answer, and the program with it. Linux's waits 5 s. What waits
   * comes first.
   */
  heed(heeds: boolean): AcmEvent[] {
    this.#heeds = heeds
    return heeds ? this.#commands.splice(0).flatMap((submit) => this.#classRequest(submit)) : []
  }

  /** Bytes of the device, for the program that has the port open. */
  send(bytes: Uint8Array): AcmEvent[] {
    if (bytes.length === 0) return []
    this.#fromDevice.push(bytes)
    this.#queued += bytes.length
    return this.#feed()
  }

  /** Answers how many bytes of the device are gone: nobody shall read them any more. */
  forget(): number {
    const bytes = this.#queued
    this.#fromDevice.length = 0
    this.#queued = 0
    return bytes
  }

  notify(state: SerialState): AcmEvent[] {
    this.#state = this.#state ? bothStates(this.#state, state) : state
    return this.#tell()
  }

  /** The settings that the device really has: told where a driver asks. */
  settle(settings: LineSettings): void {
    this.#settings = settings
  }

  submit(submit: UsbipSubmit): AcmEvent[] {
    const { endpoint, direction } = submit
    if (endpoint === ENDPOINTS.control) return this.#control(submit)
    if (endpoint === ENDPOINTS.notify && direction === 'in') {
      this.#listeners.push(submit)
      return this.#tell()
    }
    if (endpoint !== ENDPOINTS.data) return [stall(submit)]
    if (direction === 'in') {
      this.#readers.push(submit)
      const opened: AcmEvent[] = this.#isOpen ? [] : [{ type: 'opened' }]
      this.#isOpen = true
      return [...opened, ...this.#feed()]
    }
    const events: AcmEvent[] = []
    if (this.#takes && this.#writers.length === 0) this.#write(submit, events)
    else this.#writers.push(submit)
    return events
  }

  /** The driver takes a transfer back; undefined: it had ended before. */
  unlink(sequence: number): AcmEvent[] | undefined {
    const waiting = [this.#readers, this.#listeners, this.#writers, this.#commands].find((each) =>
      each.some((submit) => submit.sequence === sequence)
    )
    if (!waiting) return undefined
    waiting.splice(
      waiting.findIndex((submit) => submit.sequence === sequence),
      1
    )
    // With its last reader or listener gone a driver hears nothing any more: it does that at close alone.
    const isOther = waiting === this.#writers || waiting === this.#commands
    if (!this.#isOpen || isOther || this.#readers.length > 0) return []
    this.#isOpen = false
    return [{ type: 'closed' }]
  }

  /** Bytes of the driver that were not handed on: unplugged now, they are lost. */
  get held(): number {
    return this.#writers.reduce((sum, { data }) => sum + data.length, 0)
  }

  #write(submit: UsbipSubmit, events: AcmEvent[]): void {
    if (submit.data.length > 0) events.push({ type: 'data', bytes: submit.data })
    events.push(done(submit, submit.data.length))
  }

  /** A reader ends with whatever is there: a short packet. */
  #feed(): AcmEvent[] {
    const events: AcmEvent[] = []
    while (this.#queued > 0) {
      const reader = this.#readers.shift()
      if (!reader) break
      events.push(done(reader, 0, this.#fetch(reader.length)))
    }
    return events
  }

  #fetch(length: number): Uint8Array {
    const [first = NOTHING] = this.#fromDevice
    if (first.length >= length || this.#fromDevice.length === 1) {
      const bytes = first.subarray(0, length)
      if (bytes.length === first.length) this.#fromDevice.shift()
      else this.#fromDevice[0] = first.subarray(length)
      this.#queued -= bytes.length
      return bytes
    }
    const bytes = new Uint8Array(Math.min(length, this.#queued))
    let at = 0
    while (at < bytes.length) {
      const piece = this.#fromDevice[0] ?? NOTHING
      const part = piece.subarray(0, bytes.length - at)
      bytes.set(part, at)
      at += part.length
      if (part.length === piece.length) this.#fromDevice.shift()
      else this.#fromDevice[0] = piece.subarray(part.length)
    }
    this.#queued -= at
    return bytes
  }

  #tell(): AcmEvent[] {
    const state = this.#state
    const listener = state && this.#listeners.shift()
    if (!listener) return []
    this.#state = undefined
    const bytes = serialStateNotice(state)
    return [done(listener, 0, bytes.subarray(0, listener.length))]
  }

  #control(submit: UsbipSubmit): AcmEvent[] {
    const { requestType } = submit.setup
    return (requestType & KIND) === CLASS_REQUEST ? this.#classRequest(submit) : this.#standard(submit)
  }

  #standard(submit: UsbipSubmit): AcmEvent[] {
    const { request, value } = submit.setup
    switch (request) {
      case REQUESTS.getDescriptor: {
        const bytes = this.#descriptors.get(value >> 8, value & 0xff)
        return [bytes ? answer(submit, bytes) : stall(submit)]
      }
      case REQUESTS.getStatus:
        return [answer(submit, Uint8Array.of(1, 0))]
      case REQUESTS.getConfiguration:
        return [answer(submit, Uint8Array.of(this.#configuration))]
      case REQUESTS.setConfiguration: {
        if (value > 1) return [stall(submit)]
        this.#configuration = value
        return [...(value === 1 ? [{ type: 'configured' } as const] : []), done(submit, 0)]
      }
      case REQUESTS.getInterface:
        return [answer(submit, Uint8Array.of(0))]
      case REQUESTS.setInterface:
        return [value === 0 ? done(submit, 0) : stall(submit)]
      // Of an endpoint: nothing here halts; of the device: it sleeps like no other.
      case REQUESTS.clearFeature:
      case REQUESTS.setFeature:
        return [done(submit, 0)]
      default:
        return [stall(submit)]
    }
  }

  #classRequest(submit: UsbipSubmit): AcmEvent[] {
    const { request, value } = submit.setup
    const waits = request === CLASS_REQUESTS.setControlLineState || request === CLASS_REQUESTS.sendBreak
    if (waits && !this.#heeds) {
      this.#commands.push(submit)
      return []
    }
    switch (request) {
      case CLASS_REQUESTS.setLineCoding: {
        const wish = readLineCoding(submit.data)
        if (!wish) return [stall(submit)]
        this.#settings = { ...this.#settings, ...wish }
        return [{ type: 'settings', wish }, done(submit, submit.data.length)]
      }
      case CLASS_REQUESTS.getLineCoding:
        return [answer(submit, lineCoding(this.#settings))]
      case CLASS_REQUESTS.setControlLineState: {
        const wish = { dtr: (value & 1) !== 0, rts: (value & 2) !== 0 }
        return [{ type: 'lines', wish }, done(submit, 0)]
      }
      case CLASS_REQUESTS.sendBreak: {
        const event: AcmEvent =
          value === 0 || value === BREAK_ON
            ? { type: 'lines', wish: { break: value === BREAK_ON } }
            : { type: 'break', durationMs: value }
        return [event, done(submit, 0)]
      }
      default:
        return [stall(submit)]
    }
  }
}

function done({ sequence }: UsbipSubmit, length: number, data: Uint8Array = NOTHING): AcmEvent {
  const size = data.length > 0 ? data.length : length
  return { type: 'done', done: { type: 'done', sequence, status: USBIP_STATUS.ok, length: size, data } }
}

/** What a control transfer asked for, cut to what it has room for. */
function answer(submit: UsbipSubmit, bytes: Uint8Array): AcmEvent {
  return done(submit, 0, bytes.subarray(0, Math.min(submit.length, submit.setup.length)))
}

function stall({ sequence }: UsbipSubmit): AcmEvent {
  return {
    type: 'done',
    done: { type: 'done', sequence, status: USBIP_STATUS.stall, length: 0, data: NOTHING }
  }
}
