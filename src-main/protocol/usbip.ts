/**
 * USB/IP: a USB device at the end of a stream of bytes. Called by sessions/usbip, which presents a device (the role `device`), and by
 * tests, which take the part of the kernel that uses one (`host`). Source: Linux, Documentation/usb/usbip_protocol.rst, version 1.1.1.
 *
 *     host                          device
 *     import BUSID          →
 *                           ←       imported, or an error and the end
 *     submit 1 (in, ep 2)   →
 *     submit 2 (out, ep 2)  →
 *                           ←       done 2
 *     unlink 3 (of 1)       →
 *                           ←       unlinked 3
 *
 * Before `import` both sides speak in operations, behind it in transfers, which end in whatever order they like. Sans-IO; all numbers are
 * big endian. What is out of order or too long is a violation and the end: where the next message begins nobody can know.
 */
import type { Violation } from './codec.ts'

/** Where things stand in the messages, in bytes. */
export const SIZES = { operation: 8, busId: 32, path: 256, device: 312, interface: 4, header: 48 } as const

export const VERSION = 0x0111
export const OPERATIONS = { list: 0x8005, listed: 0x0005, import: 0x8003, imported: 0x0003 } as const
export const COMMANDS = { submit: 1, unlink: 2, done: 3, unlinked: 4 } as const

/** Of one transfer: no serial driver asks for more, and Linux itself takes no more at once. */
export const MAX_TRANSFER = 1024 * 1024

/** Linux numbers, which every system that speaks USB/IP uses. */
export const USBIP_STATUS = {
  ok: 0,
  /** EPIPE: a stall. */
  stall: -32,
  /** ECONNRESET: it was unlinked. */
  unlinked: -104,
  /** ESHUTDOWN: the device is gone. */
  gone: -108
} as const

export type UsbDirection = 'in' | 'out'

/** bmRequestType and the rest of a control transfer's first packet, USB 2.0, 9.3. */
export interface UsbSetup {
  readonly requestType: number
  readonly request: number
  readonly value: number
  readonly index: number
  readonly length: number
}

/** What a list of devices says of one. */
export interface UsbipDevice {
  readonly path: string
  readonly busId: string
  readonly busNumber: number
  readonly deviceNumber: number
  /** 2 full speed, 3 high speed. */
  readonly speed: 2 | 3
  readonly vendorId: number
  readonly productId: number
  /** BCD. */
  readonly version: number
  readonly deviceClass: number
  readonly configurations: number
  readonly interfaces: readonly {
    readonly classCode: number
    readonly subclass: number
    readonly protocol: number
  }[]
}

export interface UsbipSubmit {
  readonly type: 'submit'
  readonly sequence: number
  readonly direction: UsbDirection
  readonly endpoint: number
  /** Of its buffer: that many bytes are sent, or may come. */
  readonly length: number
  /** Of endpoint 0 alone. */
  readonly setup: UsbSetup
  /** What goes out; empty where something comes in. */
  readonly data: Uint8Array
}

export interface UsbipDone {
  readonly type: 'done'
  readonly sequence: number
  /** See USBIP_STATUS. */
  readonly status: number
  /** Bytes that were taken or came. */
  readonly length: number
  /** Of one that came in. */
  readonly data: Uint8Array
}

export type UsbipMessage =
  | { readonly type: 'list' }
  | { readonly type: 'listed'; readonly devices: readonly UsbipDevice[] }
  | { readonly type: 'import'; readonly busId: string }
  /** `device` absent: there is no such one, or it is in use. */
  | { readonly type: 'imported'; readonly device?: UsbipDevice }
  | UsbipSubmit
  | { readonly type: 'unlink'; readonly sequence: number; readonly target: number }
  | UsbipDone
  /** `status`: `unlinked` where it had not ended before, else `ok`. */
  | { readonly type: 'unlinked'; readonly sequence: number; readonly status: number }

export type UsbipEvent = UsbipMessage | Violation

/** `busnum << 16 | devnum`: how transfers name the device. */
export function deviceId({
  busNumber,
  deviceNumber
}: Pick<UsbipDevice, 'busNumber' | 'deviceNumber'>): number {
  return busNumber * 0x10000 + deviceNumber
}
