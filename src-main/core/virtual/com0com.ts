/**
 * A COM port by com0com: which pair a link gets, and a pair where there is none. On Windows alone.
 *
 * A pair that Farport made stays when its link is gone, since to remove it would be another question of Windows'; its COM port is hidden while
 * nobody links it (PlugInMode), and the next link takes it without a question. `setupc remove N` in com0com's folder removes it.
 */
import type { Clock } from '../../base/clock.ts'
import { Fault } from '../../contract/faults.ts'
import { WAY_CARRIES, type InstallGuide, type VirtualWay } from '../../contract/virtual.ts'
import {
  findCom0com,
  freeComName,
  isFreeComName,
  OUR_FAR,
  OUR_NEAR,
  type Com0comPairState,
  type Com0comRegistry,
  type Com0comState
} from '../../os/win32/com0com-driver.ts'
import { NotElevated } from '../../os/win32/elevated.ts'
import { SetupcError, type Setupc } from '../../os/win32/setupc.ts'
import { ERROR, isWindowsError } from '../../os/win32/windows-error.ts'
import type { OpenComm } from '../../sessions/com0com-end.ts'
import { Com0comSource } from '../../sessions/com0com-source.ts'
import type { Context } from '../context.ts'
import type { VirtualMaker, VirtualPort, VirtualWish } from './maker.ts'

/** What Windows is to the maker; in tests one in memory. */
export interface Com0comSystem {
  readonly registry: Com0comRegistry
  readonly setupc: (folder: string) => Setupc
  readonly open: OpenComm
  readonly clock: Clock
}

/** So long a new pair may take to come, and so often it is looked for. */
const COMES_MS = 15_000
const LOOK_MS = 100

const INSTEAD =
  'Use USB/IP (--via usbip), whose driver Windows trusts, or a local address (`farport connect … tcp://127.0.0.1:7000`).'

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
      const found = windows && findCom0com(windows.registry)
      const { state, why, fix } = lookAt(windows)
      if (!windows || !found || state === 'never') throw new Fault('unsupported', fix ? `${why} ${fix}` : why)
      return new Making(windows, found, wish, context).make()
    }
  }
}

function lookAt(windows: Com0comSystem | undefined): Omit<VirtualWay, 'way' | 'carries'> {
  if (!windows) return { state: 'never', why: 'com0com is a driver of Windows.' }
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

function refused({ secureBoot }: Com0comState): string {
  const why = secureBoot ? ': Secure Boot is on, and its signature is none that Windows trusts then' : ''
  return `com0com is installed, and Windows does not start its driver (error 52 in the Device Manager)${why}.`
}

/** One link's way to a COM port. */
class Making {
  readonly #windows: Com0comSystem
  readonly #found: Com0comState
  readonly #wish: VirtualWish
  readonly #context: Context

  constructor(windows: Com0comSystem, found: Com0comState, wish: VirtualWish, context: Context) {
    this.#windows = windows
    this.#found = found
    this.#wish = wish
    this.#context = context
  }

  async make(): Promise<VirtualPort> {
    const { at } = this.#wish
    return at === '' ? this.#any() : this.#named(at.toUpperCase())
  }

  /** The first pair of ours that nobody else is faster to get; else a new one. */
  async #any(): Promise<VirtualPort> {
    for (const pair of this.#found.pairs.filter(({ isFree, isOurs }) => isFree && isOurs)) {
      try {
        return await this.#open(pair)
      } catch (error) {
        if (!isWindowsError(error, ERROR.accessDenied, ERROR.sharingViolation)) throw asFault(error, pair.com)
      }
    }
    return this.#install(freeComName(this.#windows.registry))
  }

  async #named(com: string): Promise<VirtualPort> {
    const pair = this.#found.pairs.find((each) => each.com === com)
    if (!pair) {
      if (isFreeComName(this.#windows.registry, com)) return this.#install(com)
      throw new Fault(
        'path-taken',
        `${com} is another port of this computer, or of a device that is unplugged now. Choose another number, or leave it out.`
      )
    }
    if (!pair.isFree) throw taken(com)
    const { presence } = pair.isOurs ? { presence: 'dcd' as const } : await this.#adopt(pair)
    try {
      return await this.#open(pair, presence)
    } catch (error) {
      throw asFault(error, com)
    }
  }

  /** A pair that somebody made otherwise is wired as ours are. Where that is not allowed it is used as it is. */
  async #adopt({ com, near, far }: Com0comPairState): Promise<{ presence: 'dcd' | 'lines' }> {
    this.#say(`Windows asks whether com0com's setup may wire ${com} for Farport: say yes.`)
    try {
      await this.#windows.setupc(this.#found.folder).change({ [near]: OUR_NEAR, [far]: OUR_FAR })
      return { presence: 'dcd' }
    } catch (error) {
      if (!(error instanceof NotElevated)) throw asFault(error, com)
      this.#say(`${com} is used as it is: a program that drives no line is seen once it writes.`)
      return { presence: 'lines' }
    }
  }

  async #install(com: string): Promise<VirtualPort> {
    this.#say(`Windows asks whether com0com's setup may add ${com}: say yes.`)
    const { setupc, clock } = this.#windows
    let number: number
    try {
      number = await setupc(this.#found.folder).install(
        { PortName: com, ...OUR_NEAR },
        { PortName: '-', ...OUR_FAR }
      )
    } catch (error) {
      throw asFault(error, com)
    }
    const pair = { com, path: `\\\\.\\CNCB${number}` }
    const endMs = clock.nowMs() + COMES_MS
    for (;;) {
      try {
        return await this.#open(pair)
      } catch (error) {
        const isComing = isWindowsError(error, ERROR.fileNotFound, ERROR.pathNotFound)
        if (!isComing || clock.nowMs() >= endMs) throw this.#notCome(error, com)
      }
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
    }
  }

  #open({ path, com }: Pick<Com0comPairState, 'path' | 'com'>, presence: 'dcd' | 'lines' = 'dcd') {
    const { open, clock } = this.#windows
    return Com0comSource.open({ path, address: com, presence, open, clock })
  }

  /** Setup has made it, and Windows does not have it: this is how a refused driver shows. */
  #notCome(error: unknown, com: string): Fault {
    const now = findCom0com(this.#windows.registry)
    if (now?.isRefused) return new Fault('unsupported', `${refused(now)} ${INSTEAD}`, error)
    return asFault(error, com)
  }

  #say(text: string): void {
    this.#context.report({ level: 'info', subject: this.#wish.name, text })
  }
}

function taken(com: string): Fault {
  return new Fault(
    'device-busy',
    `${com} is linked already: its other end is open, by another Farport or hub4com. End that, or choose another number.`
  )
}

function asFault(error: unknown, com: string): Fault {
  if (error instanceof Fault) return error
  if (error instanceof NotElevated)
    return new Fault(
      'needs-rights',
      `${com} was not made: ${error.message} Say yes when Windows asks, or have an administrator do it.`,
      error
    )
  if (error instanceof SetupcError)
    return new Fault('device-io', `${com} was not made: ${error.message}. See com0com's own setup.`, error)
  if (isWindowsError(error, ERROR.accessDenied, ERROR.sharingViolation)) return taken(com)
  const why = error instanceof Error ? error.message : String(error)
  return new Fault(
    'device-io',
    `The other end of ${com} cannot be opened (${why}). Look at com0com in the Device Manager.`,
    error
  )
}
