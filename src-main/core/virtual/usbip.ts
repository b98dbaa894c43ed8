import { Fault } from '../../contract/faults.ts'
import { WAY_CARRIES } from '../../contract/virtual.ts'
import type { VirtualMaker } from './maker.ts'

const WHY = 'It is not built yet.'

export const usbipMaker: VirtualMaker = {
  way: 'usbip',
  look: () => Promise.resolve({ way: 'usbip', state: 'never', why: WHY, carries: WAY_CARRIES.usbip }),
  make: () => Promise.reject(new Fault('unsupported', WHY))
}
