/**
 * A Port without a device, and where such Ports come from: the double for everything that commands a Port. It has the
 * full semantics of the interface and writes down what it was told; the device's side is held in the hand (`send`,
 * `stall`, `take`, `unplug`). It never decides anything by itself.
 */
import type { CloseReason } from '../contract/close.ts'
import type { Fault } from '../contract/faults.ts'
import type {
  Capabilities,
  ControlLines,
  ControlWish,
  LineSettings,
  LineState,
  LineWish,
  ModemState,
  Purge
} from '../contract/line.ts'
import { ALL_CAPABILITIES, DEFAULT_SETTINGS, UNKNOWN_MODEM_STATE } from '../contract/line.ts'
import { Emitter } from '../base/event.ts'
import type { MemoryDuplexOptions } from '../base/memory-duplex.ts'
import { MemoryDuplex } from '../base/memory-duplex.ts'
import type { Port, PortSource } from './port.ts'

const UNPLUGGED: CloseReason = { code: 'unplugged', message: 'the device was unplugged' }

export interface MemoryPortOptions extends MemoryDuplexOptions {
  readonly capabilities?: Capabilities
  readonly settings?: LineWish
  readonly modemState?: ModemState
  /** What the device makes of a wish: 230400 for 250000, or nothing at all. Default: it takes everything. */
  readonly take?: (wish: LineWish, current: LineSettings) => LineWish
}

export class MemoryPort extends MemoryDuplex implements Port {
  readonly capabilities: Capabilities
  readonly #take: (wish: LineWish, current: LineSettings) => LineWish
  readonly #modemChanges = new Emitter<ModemState>()
  readonly #lineReports = new Emitter<LineState>()
  readonly #settingsChanges = new Emitter<LineSettings>()
  #settings: LineSettings
  #lines: ControlLines = { dtr: true, rts: true, break: false }
  #modemState: ModemState
  #held: (() => void)[] | undefined

  /** The far side's word; undefined: the device is here. */
  suspended: boolean | undefined

  /** What it was told, in order. */
  readonly applies: LineWish[] = []
  readonly controls: ControlWish[] = []
  /** Lengths in ms. */
  readonly breaks: number[] = []
  readonly purges: Purge[] = []

  readonly onModemState = this.#modemChanges.event
  readonly onLineState = this.#lineReports.event
  readonly onSettings = this.#settingsChanges.event

  constructor(options: MemoryPortOptions = {}) {
    super(options)
    this.capabilities = options.capabilities ?? ALL_CAPABILITIES
    this.#take = options.take ?? ((wish) => wish)
    this.#settings = { ...DEFAULT_SETTINGS, ...options.settings }
    this.#modemState = options.modemState ?? UNKNOWN_MODEM_STATE
    this.onClose(() => {
      this.answerApplies()
    })
  }

  get settings(): LineSettings {
    return this.#settings
  }

  get lines(): ControlLines {
    return this.#lines
  }

  get modemState(): ModemState {
    return this.#modemState
  }

  async apply(wish: LineWish, signal: AbortSignal): Promise<LineSettings> {
    this.applies.push(wish)
    if (this.#held) await new Promise<void>((resolve) => this.#held?.push(resolve))
    signal.throwIfAborted()
    this.#settings = { ...this.#settings, ...this.#take(wish, this.#settings) }
    return this.#settings
  }

  control(wish: ControlWish): Promise<ControlLines> {
    this.controls.push(wish)
    this.#lines = { ...this.#lines, ...wish }
    return Promise.resolve(this.#lines)
  }

  sendBreak(durationMs: number): Promise<void> {
    this.breaks.push(durationMs)
    return Promise.resolve()
  }

  purge(which: Purge): void {
    this.purges.push(which)
    if (which !== 'receive') this.drop()
  }

  // The device's side.

  setModemState(change: Partial<ModemState>): void {
    this.#modemState = { ...this.#modemState, ...change }
    this.#modemChanges.fire(this.#modemState)
  }

  reportLine(counts: Partial<LineState>): void {
    this.#lineReports.fire({ overrun: 0, parity: 0, framing: 0, break: 0, ...counts })
  }

  /** Another hand than ours changes the settings. */
  changeSettings(change: LineWish): void {
    this.#settings = { ...this.#settings, ...change }
    this.#settingsChanges.fire(this.#settings)
  }

  /** Lets applies wait until `answerApplies`. */
  holdApplies(): void {
    this.#held ??= []
  }

  answerApplies(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const go of held) go()
  }

  /** The device is gone at once; what is queued is lost. */
  unplug(reason: CloseReason = UNPLUGGED): void {
    this.abort(reason)
  }
}

export class MemoryPortSource implements PortSource {
  readonly label: string
  readonly #available = new Emitter<void>()
  readonly #make: (settings: LineWish) => MemoryPort
  #fault: Fault | undefined
  #held: (() => void)[] | undefined

  /** The settings of each try to open, in order. */
  readonly tries: LineWish[] = []
  /** Every Port that was opened, in order. */
  readonly ports: MemoryPort[] = []

  readonly onAvailable = this.#available.event

  /** `make` makes the Port for a try; by default one that takes everything. */
  constructor(label = 'memory', make = (settings: LineWish): MemoryPort => new MemoryPort({ settings })) {
    this.label = label
    this.#make = make
  }

  /** The Port that was opened last. */
  get port(): MemoryPort {
    const last = this.ports.at(-1)
    if (!last) throw new Error('nothing was opened yet')
    return last
  }

  async open(settings: LineWish, signal: AbortSignal): Promise<MemoryPort> {
    this.tries.push(settings)
    if (this.#held) await this.#wait(this.#held, signal)
    signal.throwIfAborted()
    if (this.#fault) throw this.#fault
    const port = this.#make(settings)
    this.ports.push(port)
    return port
  }

  /** From now on each try fails with this; undefined: succeeds. */
  fail(fault: Fault | undefined): void {
    this.#fault = fault
  }

  /** Lets tries wait until `proceed`; a wait ends early when its signal is aborted. */
  hold(): void {
    this.#held ??= []
  }

  proceed(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const go of held) go()
  }

  /** The device is there again. */
  appear(): void {
    this.#available.fire()
  }

  #wait(held: (() => void)[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      held.push(resolve)
      signal.addEventListener(
        'abort',
        () => {
          resolve()
        },
        { once: true }
      )
    })
  }
}
