/**
 * The descriptors of a serial adapter: what a system reads of a device that is plugged in, and chooses its driver by. Source: USB 2.0, chapter
 * 9; Class Definitions for Communications Devices 1.2 and its PSTN subclass (the abstract control model: every system has a driver for it).
 *
 * Pure: numbers in, bytes out.
 */

/**
 * V-USB's shared identity for CDC-ACM devices. Whoever uses it says by the manufacturer's text (a domain) who made the device, and no driver may
 * be chosen by the numbers alone: systems choose by the class. Linux and Windows 10 bring theirs.
 */
export const SHARED_ACM_ID = { vendorId: 0x16c0, productId: 0x05e1 } as const

/** Endpoints, without the direction. */
export const ENDPOINTS = { control: 0, notify: 1, data: 2 } as const

/** Bytes of one packet: high speed. */
export const MAX_PACKET = 512

const TYPES = {
  device: 1,
  configuration: 2,
  string: 3,
  interface: 4,
  endpoint: 5,
  qualifier: 6,
  association: 11,
  class: 0x24
}

/** Class, subclass and protocol of its two interfaces: the commands of a modem, without any; data. */
export const INTERFACES = [
  { classCode: 2, subclass: 2, protocol: 0 },
  { classCode: 10, subclass: 0, protocol: 0 }
] as const

/**
 * Class, subclass and protocol of the whole: communications, abstract control. By the first two Windows chooses its own driver (usbser.inf, compatible
 * id `USB\\Class_02&SubClass_02`); Linux looks at the interfaces alone.
 */
const DEVICE_CLASS = [2, 2, 0] as const

export interface UsbTexts {
  readonly manufacturer: string
  /** The remote device: `FT232R USB UART at pi`. */
  readonly product: string
  /** The same for the same device each time: names under /dev/serial/by-id and COM numbers hang on it. */
  readonly serialNumber: string
  /** What the port is called here, `gps`: the text of its first interface, by which Linux's udev names it. Absent: no such text. */
  readonly name?: string
}

/** Answers to GET_DESCRIPTOR. Undefined: there is none. */
export class AcmDescriptors {
  readonly #texts: readonly string[]

  constructor({ manufacturer, product, serialNumber, name }: UsbTexts) {
    this.#texts = [manufacturer, product, serialNumber, ...(name === undefined ? [] : [name])]
  }

  /** `type`: bDescriptorType; whole, the asker cuts it. */
  get(type: number, index: number): Uint8Array | undefined {
    switch (type) {
      case TYPES.device:
        return deviceDescriptor()
      case TYPES.configuration:
        return index === 0 ? configuration(this.#texts.length > 3 ? 4 : 0) : undefined
      case TYPES.qualifier:
        return Uint8Array.of(10, TYPES.qualifier, ...word(0x0200), ...DEVICE_CLASS, 64, 1, 0)
      case TYPES.string:
        return index === 0 ? Uint8Array.of(4, TYPES.string, ...word(0x0409)) : this.#text(index)
      default:
        return undefined
    }
  }

  #text(index: number): Uint8Array | undefined {
    const text = this.#texts[index - 1]
    if (text === undefined) return undefined
    // 255 is the length of the longest, two bytes of which are its head.
    const units = Array.from({ length: Math.min(text.length, 126) }, (_, at) => word(text.charCodeAt(at)))
    return Uint8Array.of(2 + 2 * units.length, TYPES.string, ...units.flat())
  }
}

function deviceDescriptor(): Uint8Array {
  const { vendorId, productId } = SHARED_ACM_ID
  const ids = [...word(vendorId), ...word(productId), ...word(0x0100)]
  // USB 2.0, 64 bytes a control packet; texts 1, 2, 3; one configuration.
  return Uint8Array.of(18, TYPES.device, ...word(0x0200), ...DEVICE_CLASS, 64, ...ids, 1, 2, 3, 1)
}

/** `text`: the number of the text of the first interface, 0 for none. */
function configuration(text: number): Uint8Array {
  const [control, data] = INTERFACES
  const parts = [
    ...[9, TYPES.interface, 0, 0, 1, control.classCode, control.subclass, control.protocol, text],
    // CDC 1.10.
    ...[5, TYPES.class, 0x00, ...word(0x0110)],
    // No call management.
    ...[5, TYPES.class, 0x01, 0x00, 1],
    // Line coding, control line state, serial state; break.
    ...[4, TYPES.class, 0x02, 0x06],
    // Interface 0 commands, 1 has the data.
    ...[5, TYPES.class, 0x06, 0, 1],
    // Interrupts of up to 16 bytes; every 2^(9-1) microframes, 32 ms: a notice is asked for as soon as the one before was taken.
    ...[7, TYPES.endpoint, 0x80 | ENDPOINTS.notify, 3, ...word(16), 9],
    ...[9, TYPES.interface, 1, 0, 2, data.classCode, data.subclass, data.protocol, 0],
    ...[7, TYPES.endpoint, ENDPOINTS.data, 2, ...word(MAX_PACKET), 0],
    ...[7, TYPES.endpoint, 0x80 | ENDPOINTS.data, 2, ...word(MAX_PACKET), 0]
  ]
  // Two interfaces, configuration 1, no text, powered by itself, 2 mA.
  return Uint8Array.of(9, TYPES.configuration, ...word(9 + parts.length), 2, 1, 0, 0xc0, 1, ...parts)
}

function word(value: number): [number, number] {
  return [value & 0xff, (value >> 8) & 0xff]
}
