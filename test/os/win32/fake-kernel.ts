import { DCB_BYTES } from '../../../src-main/os/win32/dcb.ts'
import type { CommCall, Kernel, Overlapped } from '../../../src-main/os/win32/kernel.ts'
import { ERROR, WindowsError } from '../../../src-main/os/win32/windows-error.ts'

/** A driver of Windows in memory, with one port at a time: what it was told, and what the test lets it say. */
export class FakeKernel implements Kernel {
  readonly calls: string[] = []
  readonly dcb = Buffer.from('1c000000009600001110000000000a000a000800001113ff04000000', 'hex')
  /** Bytes that the device sent and nobody read. */
  input = Buffer.alloc(0)
  /** What the device got. */
  output = Buffer.alloc(0)
  /** So many bytes it takes for now. */
  room = Infinity
  modem = 0x30
  errors = 0
  unsentInDriver = 0
  /** Error numbers by call. */
  readonly fails = new Map<string, number>()
  closed = false
  /** What a request to the driver answers. */
  answer: (code: number, input: Buffer) => Buffer | number = () => ERROR.invalidParameter

  #reading: { into: Buffer; bytes: number; request: FakeRequest } | undefined
  #writing: { from: Buffer; bytes: number; sent: number; request: FakeRequest } | undefined
  #event: { mask: Buffer; request: FakeRequest } | undefined

  openDevice(path: string): Promise<number> {
    this.calls.push(`open ${path}`)
    const error = this.fails.get('open')
    return error === undefined ? Promise.resolve(7) : Promise.reject(new WindowsError(error, 'NtCreateFile'))
  }

  closeHandle(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }

  overlapped(done: () => void): Overlapped {
    return new FakeRequest(done)
  }

  read(_handle: number, into: Buffer, bytes: number, request: Overlapped): void {
    this.#reading = { into, bytes, request: begun(request) }
    this.#moveIn()
  }

  write(_handle: number, from: Buffer, bytes: number, request: Overlapped): void {
    this.#writing = { from, bytes, sent: 0, request: begun(request) }
    this.#moveOut('now')
  }

  ioctl(_handle: number, code: number, input: Buffer, answer: Buffer, request: Overlapped): void {
    const said = this.answer(code, input)
    if (typeof said === 'number') begun(request).finish(0, said, 'now')
    else begun(request).finish(said.copy(answer), 0, 'now')
  }

  waitCommEvent(_handle: number, mask: Buffer, request: Overlapped): void {
    const error = this.fails.get('WaitCommEvent')
    if (error === undefined) this.#event = { mask, request: begun(request) }
    else begun(request).finish(0, error, 'now')
  }

  cancel(_handle: number, request?: Overlapped): void {
    for (const each of [this.#reading, this.#writing, this.#event]) {
      if (!each || (request && each.request !== request)) continue
      each.request.finish('sent' in each ? each.sent : 0, ERROR.operationAborted, 'now')
      if (each === this.#reading) this.#reading = undefined
      if (each === this.#writing) this.#writing = undefined
      if (each === this.#event) this.#event = undefined
    }
  }

  comm(call: CommCall, _handle: number, argument: Buffer | number): void {
    const error = this.fails.get(call)
    if (error !== undefined) throw new WindowsError(error, call)
    if (call === 'GetCommState' && typeof argument !== 'number') this.dcb.copy(argument)
    else if (call === 'SetCommState' && typeof argument !== 'number') this.#set(argument)
    else if (call === 'GetCommModemStatus' && typeof argument !== 'number') argument.writeUInt32LE(this.modem)
    else if (typeof argument === 'number') this.calls.push(`${call} ${argument}`)
  }

  /** Refuses what a 16550 refuses. */
  #set(dcb: Buffer): void {
    const [dataBits = 0, , stopBits = 0] = dcb.subarray(18, 21)
    const isRefused = (dataBits === 5 && stopBits === 2) || (dataBits !== 5 && stopBits === 1)
    if (isRefused || dcb.readUInt32LE(4) > 921_600)
      throw new WindowsError(ERROR.invalidParameter, 'SetCommState')
    dcb.copy(this.dcb, 0, 0, DCB_BYTES)
  }

  clearCommError(): { readonly errors: number; readonly received: number; readonly unsent: number } {
    const error = this.fails.get('ClearCommError')
    if (error !== undefined) throw new WindowsError(error, 'ClearCommError')
    const { errors } = this
    this.errors = 0
    return { errors, received: this.input.length, unsent: this.unsentInDriver }
  }

  setupComm(): void {
    this.calls.push('SetupComm')
  }

  // The far side.

  send(bytes: Uint8Array | string): void {
    this.input = Buffer.concat([this.input, typeof bytes === 'string' ? Buffer.from(bytes) : bytes])
    this.#moveIn('later')
  }

  /** The device takes so many bytes from now on. */
  take(bytes: number): void {
    this.room = bytes
    this.#moveOut('later')
  }

  event(mask: number): void {
    const event = this.#event
    this.#event = undefined
    event?.mask.writeUInt32LE(mask)
    event?.request.finish(4, 0, 'later')
  }

  unplug(): void {
    for (const name of [
      'GetCommState',
      'GetCommModemStatus',
      'ClearCommError',
      'EscapeCommFunction',
      'PurgeComm'
    ])
      this.fails.set(name, ERROR.badCommand)
    const requests = [this.#event, this.#writing, this.#reading]
    this.#event = this.#writing = this.#reading = undefined
    for (const each of requests) each?.request.finish(0, ERROR.accessDenied, 'later')
  }

  #moveIn(when: 'now' | 'later' = 'now'): void {
    const reading = this.#reading
    // As a driver without a timeout: it waits until there is all that was asked for.
    if (!reading || this.input.length < reading.bytes) return
    this.#reading = undefined
    this.input.copy(reading.into, 0, 0, reading.bytes)
    this.input = this.input.subarray(reading.bytes)
    reading.request.finish(reading.bytes, 0, when)
  }

  #moveOut(when: 'now' | 'later'): void {
    const writing = this.#writing
    if (!writing) return
    const bytes = Math.min(this.room, writing.bytes - writing.sent)
    this.output = Buffer.concat([this.output, writing.from.subarray(writing.sent, writing.sent + bytes)])
    writing.sent += bytes
    this.room -= bytes
    if (writing.sent < writing.bytes) return
    this.#writing = undefined
    writing.request.finish(writing.bytes, 0, when)
  }
}

function begun(request: Overlapped): FakeRequest {
  if (!(request instanceof FakeRequest)) throw new TypeError('a request of another kernel')
  request.begin()
  return request
}

class FakeRequest implements Overlapped {
  readonly #done: () => void
  #result: { bytes: number; error: number } | undefined
  pending = false

  constructor(done: () => void) {
    this.#done = done
  }

  get finished(): boolean {
    return this.pending && this.#result !== undefined
  }

  begin(): void {
    if (this.pending) throw new Error('a request is under way')
    this.pending = true
    this.#result = undefined
  }

  finish(bytes: number, error: number, when: 'now' | 'later'): void {
    this.#result = { bytes, error }
    if (when === 'later') this.#done()
  }

  take(): { readonly bytes: number; readonly error: number } {
    this.pending = false
    return this.#result ?? { bytes: 0, error: ERROR.operationAborted }
  }

  dispose(): void {
    this.pending = false
  }
}
