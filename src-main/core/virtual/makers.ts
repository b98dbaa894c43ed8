/** The makers of this computer, each loaded when it is asked for. */
import { VIRTUAL_WAYS, type VirtualWay, type VirtualWayName } from '../../contract/virtual.ts'
import type { VirtualMaker } from './maker.ts'

const LOAD: Readonly<Record<VirtualWayName, () => Promise<VirtualMaker>>> = {
  pty: async () => (await import('./pty.ts')).ptyMaker,
  usbip: async () => (await import('./usbip.ts')).usbipMaker,
  com0com: async () => (await import('./com0com.ts')).com0comMaker,
  hub4com: async () => (await import('./hub4com.ts')).hub4comMaker
}

export function makerOf(way: VirtualWayName): Promise<VirtualMaker> {
  return LOAD[way]()
}

/** What there is here, best known first; never rejects. */
export function virtualWays(): Promise<VirtualWay[]> {
  return Promise.all(VIRTUAL_WAYS.map(async (way) => (await makerOf(way)).look()))
}
