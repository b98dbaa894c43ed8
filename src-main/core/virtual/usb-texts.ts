/** What a virtual USB adapter says of itself. Pure; for every system that plugs one in. */
import { createHash } from 'node:crypto'
import { plainText } from '../../base/plain-text.ts'
import type { UsbTexts } from '../../protocol/usb-descriptors.ts'
import { deviceFileName } from '../names.ts'
import type { VirtualWish } from './maker.ts'

/** The shared USB id asks for a domain of who made the device: it is made on this computer, by itself. */
export const USB_MANUFACTURER = 'farport.localhost'

/** A text of USB has 126 characters; names of files and of COM ports are made of these, and shall be readable. */
const MOST = 64

/** The serial number is that of the far port, so a name that hangs on it stays with that. */
export function usbTexts({
  name,
  at,
  far,
  identity
}: Omit<VirtualWish, 'settings'>): UsbTexts & { name: string } {
  return {
    manufacturer: USB_MANUFACTURER,
    product: plainText(far, MOST) || 'Serial port',
    serialNumber: createHash('sha256').update(identity).digest('hex').slice(0, 16),
    name: deviceFileName(at === '' ? name : at).slice(0, MOST)
  }
}
