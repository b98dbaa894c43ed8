/** USB/IP (usbip.ts), the way in: bytes of the far side, its messages out. One reader for either side. */
import type { Violation } from './codec.ts'
import {
  COMMANDS,
  MAX_TRANSFER,
  OPERATIONS,
  SIZES,
  type UsbDirection,
  type UsbipDevice,
  type UsbipEvent,
  type UsbipMessage,
  type UsbipSubmit
} from './usbip.ts'

const NOTHING = new Uint8Array(0)

/** Bytes of the far side in, its messages out. */
export class UsbipReader {
  readonly #role: 'device' | 'host'
  /** What a `done` brings is only known by its `submit`: the host's reader is told. */
  readonly #comesIn = new Map<number, boolean>()
  #held: Uint8Array = NOTHING
  #phase: 'operations' | 'transfers' | 'broken' = 'operations'

  /** `role`: of this side. */
  constructor(role: 'device' | 'host') {
    this.#role = role
  }

  /** From now on the far side speaks in transfers: said behind an `imported` with a device, by either side. */
  imported(): void {
    if (this.#phase === 'operations') this.#phase = 'transfers'
  }

  /** The host sent this; its `done` will be understood. */
  submitted({ sequence, direction }: Pick<UsbipSubmit, 'sequence' | 'direction'>): void {
    this.#comesIn.set(sequence, direction === 'in')
  }

  push(chunk: Uint8Array): void {
    if (this.#phase === 'broken' || chunk.length === 0) return
    if (this.#held.length === 0) this.#held = chunk
    else {
      const joined = new Uint8Array(this.#held.length + chunk.length)
      joined.set(this.#held)
      joined.set(chunk, this.#held.length)
      this.#held = joined
    }
  }

  /** The next message; undefined: the rest of it has to come first. Ask again after `imported`. */
  next(): UsbipEvent | undefined {
    if (this.#phase === 'broken') return undefined
    return this.#phase === 'operations' ? this.#operation() : this.#transfer()
  }

  #operation(): UsbipEvent | undefined {
    const view = this.#view(SIZES.operation)
    if (!view) return undefined
    const code = view.getUint16(2)
    const status = view.getInt32(4)
    if (this.#role === 'device') {
      if (code === OPERATIONS.list) return this.#taken(SIZES.operation, { type: 'list' })
      if (code !== OPERATIONS.import) return this.#broken(`operation 0x${code.toString(16)}`)
      const body = this.#view(SIZES.operation + SIZES.busId)
      if (!body) return undefined
      const busId = readText(this.#held, SIZES.operation, SIZES.busId)
      return this.#taken(SIZES.operation + SIZES.busId, { type: 'import', busId })
    }
    if (code === OPERATIONS.imported) {
      if (status !== 0) return this.#taken(SIZES.operation, { type: 'imported' })
      const body = this.#view(SIZES.operation + SIZES.device)
      if (!body) return undefined
      const device = readDevice(body, this.#held, SIZES.operation)
      return this.#taken(SIZES.operation + SIZES.device, { type: 'imported', device })
    }
    return code === OPERATIONS.listed ? this.#listed() : this.#broken(`operation 0x${code.toString(16)}`)
  }

  #listed(): UsbipEvent | undefined {
    const head = this.#view(SIZES.operation + 4)
    if (!head) return undefined
    const devices: UsbipDevice[] = []
    let at = SIZES.operation + 4
    for (let left = head.getUint32(SIZES.operation); left > 0; left--) {
      const view = this.#view(at + SIZES.device)
      if (!view) return undefined
      const device = readDevice(view, this.#held, at)
      const count = view.getUint8(at + SIZES.device - 1)
      at += SIZES.device
      const more = this.#view(at + count * SIZES.interface)
      if (!more) return undefined
      const interfaces = Array.from({ length: count }, (_, index) => ({
        classCode: more.getUint8(at + index * SIZES.interface),
        subclass: more.getUint8(at + index * SIZES.interface + 1),
        protocol: more.getUint8(at + index * SIZES.interface + 2)
      }))
      at += count * SIZES.interface
      devices.push({ ...device, interfaces })
    }
    return this.#taken(at, { type: 'listed', devices })
  }

  #transfer(): UsbipEvent | undefined {
    const view = this.#view(SIZES.header)
    if (!view) return undefined
    const command = view.getUint32(0)
    const sequence = view.getUint32(4)
    if (this.#role === 'device' && command === COMMANDS.submit) return this.#submit(view, sequence)
    if (this.#role === 'device' && command === COMMANDS.unlink)
      return this.#taken(SIZES.header, { type: 'unlink', sequence, target: view.getUint32(20) })
    if (this.#role === 'host' && command === COMMANDS.done) return this.#done(view, sequence)
    if (this.#role === 'host' && command === COMMANDS.unlinked)
      return this.#taken(SIZES.header, { type: 'unlinked', sequence, status: view.getInt32(20) })
    return this.#broken(`command ${command}`)
  }

  #submit(view: DataView, sequence: number): UsbipEvent | undefined {
    const direction: UsbDirection = view.getUint32(12) === 1 ? 'in' : 'out'
    const length = view.getUint32(24)
    if (length > MAX_TRANSFER) return this.#broken(`a transfer of ${length} bytes`)
    const size = SIZES.header + (direction === 'out' ? length : 0)
    if (this.#held.length < size) return undefined
    return this.#taken(size, {
      type: 'submit',
      sequence,
      direction,
      endpoint: view.getUint32(16),
      length,
      setup: {
        requestType: view.getUint8(40),
        request: view.getUint8(41),
        // The one part that is as USB has it: little endian.
        value: view.getUint16(42, true),
        index: view.getUint16(44, true),
        length: view.getUint16(46, true)
      },
      data: this.#held.subarray(SIZES.header, size)
    })
  }

  #done(view: DataView, sequence: number): UsbipEvent | undefined {
    const comesIn = this.#comesIn.get(sequence)
    if (comesIn === undefined) return this.#broken(`the end of ${sequence}, which never began`)
    const length = view.getUint32(24)
    if (length > MAX_TRANSFER) return this.#broken(`a transfer of ${length} bytes`)
    const size = SIZES.header + (comesIn ? length : 0)
    if (this.#held.length < size) return undefined
    this.#comesIn.delete(sequence)
    const data = this.#held.subarray(SIZES.header, size)
    return this.#taken(size, { type: 'done', sequence, status: view.getInt32(20), length, data })
  }

  #view(size: number): DataView | undefined {
    const { buffer, byteOffset, length } = this.#held
    return length < size ? undefined : new DataView(buffer, byteOffset, length)
  }

  #taken<Message extends UsbipMessage>(size: number, message: Message): Message {
    this.#held = this.#held.subarray(size)
    return message
  }

  #broken(what: string): Violation {
    const bytes = this.#held.subarray(0, SIZES.header)
    this.#phase = 'broken'
    this.#held = NOTHING
    return { type: 'violation', what, section: 'USB/IP 1.1.1', bytes }
  }
}

/** Its interfaces stand behind it in a list, and nowhere else. */
function readDevice(view: DataView, bytes: Uint8Array, at: number): UsbipDevice {
  const numbers = at + SIZES.path + SIZES.busId
  return {
    path: readText(bytes, at, SIZES.path),
    busId: readText(bytes, at + SIZES.path, SIZES.busId),
    busNumber: view.getUint32(numbers),
    deviceNumber: view.getUint32(numbers + 4),
    speed: view.getUint32(numbers + 8) === 3 ? 3 : 2,
    vendorId: view.getUint16(numbers + 12),
    productId: view.getUint16(numbers + 14),
    version: view.getUint16(numbers + 16),
    deviceClass: view.getUint8(numbers + 18),
    configurations: view.getUint8(numbers + 22),
    interfaces: []
  }
}

/** ASCII, up to its NUL. */
function readText(bytes: Uint8Array, at: number, size: number): string {
  const field = bytes.subarray(at, at + size)
  const end = field.indexOf(0)
  return String.fromCharCode(...field.subarray(0, end < 0 ? size : end))
}
