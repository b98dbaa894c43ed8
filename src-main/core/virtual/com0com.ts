import { Fault } from '../../contract/faults.ts'
import { WAY_CARRIES } from '../../contract/virtual.ts'
import type { VirtualMaker } from './maker.ts'

const WHY = 'It is not built yet.'

export const com0comMaker: VirtualMaker = {
  way: 'com0com',
  look: () => Promise.resolve({ way: 'com0com', state: 'never', why: WHY, carries: WAY_CARRIES.com0com }),
  make: () => Promise.reject(new Fault('unsupported', WHY))
}
