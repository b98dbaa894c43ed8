/**
 * A COM port by com0com: which pair a link gets, and a pair where there is none. On Windows alone.
 *
 * A pair that Farport made stays when its link is gone, since to remove it would be another question of Windows'; its COM port is hidden while
 * nobody links it (PlugInMode), and the next link takes it without a question. `setupc remove N` in com0com's folder removes it.
 */
import { Fault } from '../../contract/faults.ts'
import { WAY_CARRIES, type InstallGuide, type VirtualWay } from '../../contract/virtual.ts'
import { findCom0com, type Com0comState } from '../../os/win32/com0com-driver.ts'
import { Com0comSource } from '../../sessions/com0com-source.ts'
import { INSTEAD, refused, usePair, type Com0comSystem } from './com0com-pairs.ts'
import type { VirtualMaker } from './maker.ts'

const NO_WINDOWS = 'com0com is a driver of Windows.'

const GUIDE: InstallGuide = {
  what: 'com0com 3.0.0.0, a driver that makes pairs of COM ports',
  from: 'the com0com project on SourceForge, under Files',
  file: 'com0com-3.0.0.0-i386-and-x64-signed.zip, and in it the installer of your Windows',
  check: 'its Properties, Digital Signatures: signed, and Windows calls that valid',
  elevation: true,
  restart: false,
  beware:
    'Windows 10 and 11 with Secure Boot may refuse its driver (error 52 in the Device Manager), and trust it less from 2026 on. usbip-win2 has a driver that they take.'
}

export const com0comMaker = com0comOn(async () =>
  process.platform === 'win32' ? (await import('./com0com-windows.ts')).com0comWindows() : undefined
)

/** `system`: undefined where it is no Windows. */
export function com0comOn(system: () => Promise<Com0comSystem | undefined>): VirtualMaker {
  return {
    way: 'com0com',
    look: async () => ({ way: 'com0com', carries: WAY_CARRIES.com0com, ...lookAt(await system()) }),
    make: async (wish, context) => {
      const windows = await system()
      if (!windows) throw new Fault('unsupported', NO_WINDOWS)
      const { open, clock } = windows
      return usePair(windows, installed(windows), wish, context, ({ path, com, presence }) =>
        Com0comSource.open({ path, address: com, presence, open, clock })
      )
    }
  }
}

/** Throws the Fault `unsupported` where no pair can be had. */
export function installed(windows: Com0comSystem): Com0comState {
  const found = findCom0com(windows.registry)
  const { state, why, fix } = lookAt(windows)
  if (found && state !== 'never') return found
  throw new Fault('unsupported', fix === undefined ? why : `${why} ${fix}`)
}

/** What com0com is worth there; absent: no Windows. */
export function lookAt(windows: Com0comSystem | undefined): Omit<VirtualWay, 'way' | 'carries'> {
  if (!windows) return { state: 'never', why: NO_WINDOWS }
  const found = findCom0com(windows.registry)
  if (!found) return { state: 'install', why: 'com0com is not installed here.', fix: INSTEAD, install: GUIDE }
  const driver = { driver: found.version === undefined ? 'com0com' : `com0com ${found.version}` }
  if (found.isRefused) return { state: 'never', why: refused(found), fix: INSTEAD, ...driver }
  if (found.pairs.some(({ isFree, isOurs }) => isFree && isOurs))
    return { state: 'ready', why: 'com0com makes COM ports that carry all that a program sets.', ...driver }
  return {
    state: 'rights',
    why: 'com0com has no pair of ports that is free.',
    fix: 'Ask for one with --via com0com: Windows asks once whether com0com may add it.',
    ...driver
  }
}
