import { Fault } from '../../contract/faults.ts'
import { WAY_CARRIES } from '../../contract/virtual.ts'
import type { VirtualMaker } from './maker.ts'

const WHY = 'It is not built yet.'

export const hub4comMaker: VirtualMaker = {
  way: 'hub4com',
  look: () => Promise.resolve({ way: 'hub4com', state: 'never', why: WHY, carries: WAY_CARRIES.hub4com }),
  make: () => Promise.reject(new Fault('unsupported', WHY))
}
