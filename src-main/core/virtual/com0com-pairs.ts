/**
 * Which pair of com0com a link gets: the one with its COM number, a free one of ours, or a new one. Called by com0com.ts and hub4com.ts, which
 * differ in who opens our end.
 */
import type { Clock } from '../../base/clock.ts'
import { Fault } from '../../contract/faults.ts'
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
import type { Com0comOptions } from '../../sessions/com0com-source.ts'
import type { Context } from '../context.ts'
import { INSTEAD_OF_PORT } from './choose.ts'
import type { VirtualWish } from './maker.ts'

/** What Windows is to the makers; in tests one in memory. */
export interface Com0comSystem {
  readonly registry: Com0comRegistry
  readonly setupc: (folder: string) => Setupc
  readonly open: OpenComm
  readonly clock: Clock
}

type Presence = Com0comOptions['presence']

export interface ChosenPair {
  /** Our end: `\\.\CNCB0`. */
  readonly path: string
  /** The program's: `COM7`. */
  readonly com: string
  /** By what it is seen that a program has it open. */
  readonly presence: Presence
}

/** Rejects with a WindowsError where our end is not there (2), or somebody has it (5). */
export type UsePair<Port> = (pair: ChosenPair) => Promise<Port>

/** What to do instead of com0com. */
export const INSTEAD = `Use USB/IP (--via usbip), whose driver Windows trusts. ${INSTEAD_OF_PORT}`

/** So long a new pair may take to come, and so often it is looked for. */
const COMES_MS = 15_000
const LOOK_MS = 100

/** Rejects with a Fault. */
export function usePair<Port>(
  windows: Com0comSystem,
  found: Com0comState,
  wish: VirtualWish,
  context: Context,
  use: UsePair<Port>
): Promise<Port> {
  return new Choosing(windows, found, wish, context, use).choose()
}

/** Why a driver that is installed does not run. */
export function refused({ secureBoot }: Com0comState): string {
  const why = secureBoot ? ': Secure Boot is on, and its signature is none that Windows trusts then' : ''
  return `com0com is installed, and Windows does not start its driver (error 52 in the Device Manager)${why}.`
}

/** One link's way to a pair. */
class Choosing<Port> {
  readonly #windows: Com0comSystem
  readonly #found: Com0comState
  readonly #wish: VirtualWish
  readonly #context: Context
  readonly #use: UsePair<Port>

  constructor(
    windows: Com0comSystem,
    found: Com0comState,
    wish: VirtualWish,
    context: Context,
    use: UsePair<Port>
  ) {
    this.#windows = windows
    this.#found = found
    this.#wish = wish
    this.#context = context
    this.#use = use
  }

  async choose(): Promise<Port> {
    const { at } = this.#wish
    return at === '' ? this.#any() : this.#named(at.toUpperCase())
  }

  /** The first pair of ours that nobody else is faster to get; else a new one. */
  async #any(): Promise<Port> {
    for (const pair of this.#found.pairs.filter(({ isFree, isOurs }) => isFree && isOurs)) {
      try {
        return await this.#open(pair)
      } catch (error) {
        if (!isWindowsError(error, ERROR.accessDenied, ERROR.sharingViolation)) throw asFault(error, pair.com)
      }
    }
    return this.#install(freeComName(this.#windows.registry))
  }

  async #named(com: string): Promise<Port> {
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
  async #adopt({ com, near, far }: Com0comPairState): Promise<{ readonly presence: Presence }> {
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

  async #install(com: string): Promise<Port> {
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

  #open({ path, com }: Pick<Com0comPairState, 'path' | 'com'>, presence: Presence = 'dcd'): Promise<Port> {
    return this.#use({ path, com, presence })
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
