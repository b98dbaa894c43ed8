/** USB/IP (usbip.ts), the way out: messages in, bytes out. One encoder for either side. */
import {
  COMMANDS,
  OPERATIONS,
  SIZES,
  VERSION,
  type UsbipDevice,
  type UsbipMessage,
  type UsbipSubmit
} from './usbip.ts'

/** ST_NODEV of usbip's own programs: what they then say is that the device was not found. */
const NO_SUCH_DEVICE = 4

/** The bytes of a message. `target`: of the device that transfers are of (`deviceId`); the device itself leaves it out. */
export function encodeUsbip(message: UsbipMessage, target = 0): Uint8Array {
  switch (message.type) {
    case 'list':
      return operation(OPERATIONS.list, 0, 0)
    case 'listed':
      return encodeList(message.devices)
    case 'import': {
      const bytes = operation(OPERATIONS.import, 0, SIZES.busId)
      writeText(bytes, SIZES.operation, SIZES.busId, message.busId)
      return bytes
    }
    case 'imported': {
      const { device } = message
      const bytes = operation(OPERATIONS.imported, device ? 0 : NO_SUCH_DEVICE, device ? SIZES.device : 0)
      if (device) writeDevice(bytes, SIZES.operation, device)
      return bytes
    }
    case 'submit':
      return encodeSubmit(message, target)
    case 'unlink': {
      const { bytes, view } = header(COMMANDS.unlink, message.sequence, 0, target)
      view.setUint32(20, message.target)
      return bytes
    }
    case 'done': {
      const { bytes, view } = header(COMMANDS.done, message.sequence, message.data.length)
      view.setInt32(20, message.status)
      view.setUint32(24, message.length)
      bytes.set(message.data, SIZES.header)
      return bytes
    }
    case 'unlinked': {
      const { bytes, view } = header(COMMANDS.unlinked, message.sequence, 0)
      view.setInt32(20, message.status)
      return bytes
    }
  }
}

function encodeSubmit(message: UsbipSubmit, target: number): Uint8Array {
  const { direction, endpoint, length, setup, data, sequence } = message
  const { bytes, view } = header(COMMANDS.submit, sequence, data.length, target)
  view.setUint32(12, direction === 'in' ? 1 : 0)
  view.setUint32(16, endpoint)
  view.setUint32(24, length)
  // No isochronous packets.
  view.setUint32(32, 0xffff_ffff)
  view.setUint8(40, setup.requestType)
  view.setUint8(41, setup.request)
  view.setUint16(42, setup.value, true)
  view.setUint16(44, setup.index, true)
  view.setUint16(46, setup.length, true)
  bytes.set(data, SIZES.header)
  return bytes
}

function encodeList(devices: readonly UsbipDevice[]): Uint8Array {
  const size = devices.reduce(
    (sum, { interfaces }) => sum + SIZES.device + interfaces.length * SIZES.interface,
    4
  )
  const bytes = operation(OPERATIONS.listed, 0, size)
  viewOf(bytes).setUint32(SIZES.operation, devices.length)
  let at = SIZES.operation + 4
  for (const device of devices) {
    writeDevice(bytes, at, device)
    at += SIZES.device
    for (const { classCode, subclass, protocol } of device.interfaces) {
      bytes.set([classCode, subclass, protocol, 0], at)
      at += SIZES.interface
    }
  }
  return bytes
}

function operation(code: number, status: number, size: number): Uint8Array {
  const bytes = new Uint8Array(SIZES.operation + size)
  const view = viewOf(bytes)
  view.setUint16(0, VERSION)
  view.setUint16(2, code)
  view.setInt32(4, status)
  return bytes
}

function header(
  command: number,
  sequence: number,
  size: number,
  target = 0
): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(SIZES.header + size)
  const view = viewOf(bytes)
  view.setUint32(0, command)
  view.setUint32(4, sequence)
  view.setUint32(8, target)
  return { bytes, view }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function writeDevice(bytes: Uint8Array, at: number, device: UsbipDevice): void {
  const view = viewOf(bytes)
  writeText(bytes, at, SIZES.path, device.path)
  writeText(bytes, at + SIZES.path, SIZES.busId, device.busId)
  const numbers = at + SIZES.path + SIZES.busId
  view.setUint32(numbers, device.busNumber)
  view.setUint32(numbers + 4, device.deviceNumber)
  view.setUint32(numbers + 8, device.speed)
  view.setUint16(numbers + 12, device.vendorId)
  view.setUint16(numbers + 14, device.productId)
  view.setUint16(numbers + 16, device.version)
  view.setUint8(numbers + 18, device.deviceClass)
  view.setUint8(numbers + 21, 1)
  view.setUint8(numbers + 22, device.configurations)
  view.setUint8(numbers + 23, device.interfaces.length)
}

function writeText(bytes: Uint8Array, at: number, size: number, text: string): void {
  for (let index = 0; index < Math.min(text.length, size - 1); index++)
    bytes[at + index] = text.charCodeAt(index) & 0x7f
}
