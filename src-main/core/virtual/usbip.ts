/** A USB adapter that only this computer sees, by USB/IP: which half of it is whose, and where none is. */
import { Fault } from '../../contract/faults.ts'
import { WAY_CARRIES } from '../../contract/virtual.ts'
import type { VirtualMaker } from './maker.ts'

const NEVER = 'This system has no USB/IP.'

const never: VirtualMaker = {
  way: 'usbip',
  look: () => Promise.resolve({ way: 'usbip', state: 'never', why: NEVER, carries: WAY_CARRIES.usbip }),
  make: () => Promise.reject(new Fault('unsupported', NEVER))
}

/** One per system that can. */
const MAKERS: Partial<Record<NodeJS.Platform, () => Promise<VirtualMaker>>> = {
  linux: async () => (await import('./usbip-linux.ts')).usbipLinux,
  win32: async () => (await import('./usbip-windows.ts')).usbipWindows
}

async function half(): Promise<VirtualMaker> {
  return (await MAKERS[process.platform]?.()) ?? never
}

export const usbipMaker: VirtualMaker = {
  way: 'usbip',
  look: async () => (await half()).look(),
  make: async (wish, context) => (await half()).make(wish, context)
}
