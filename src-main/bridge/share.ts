/** A port of this computer, shared: opened with the first client, closed after the last. Called by core. */
import type { ONE_WAYS } from '../contract/commands.ts'
import type { LineWish } from '../contract/line.ts'
import { Admission, type AdmissionRules, type Newcomer } from './admission.ts'
import type { WriterPolicy } from './arbiter.ts'
import type { BridgeOptions, LiveRules } from './junction.ts'
import { Junction } from './junction.ts'

/** What may change while everybody goes on. */
export interface ShareRules {
  /** Default 8. */
  readonly maxClients?: number
  /** Default `one`. */
  readonly writers?: WriterPolicy
  /** Default `watch`. */
  readonly newcomer?: Newcomer
  /** The last writer's settings stay while others are here. Default false. */
  readonly keepSettings?: boolean
  /** A client is closed when nothing passed for so long, in ms. Default never. */
  readonly inactivityMs?: number
  /** The port is open from the start, whether anybody is there or not. Default false. */
  readonly hold?: boolean
  /** The port stays open so long after the last client, in ms. Default 0. */
  readonly keepOpenMs?: number
}

export interface ShareOptions extends BridgeOptions, ShareRules {
  /** What the device is opened with, and what returns when the writer changes. */
  readonly settings: LineWish
  /** Bytes go this way alone. Default both. */
  readonly oneWay?: (typeof ONE_WAYS)[number]
  /** Whose fault it is when the port ends without a cause of its own. Default device. */
  readonly far?: 'device' | 'peer'
}

export const DEFAULT_MAX_CLIENTS = 8

export class Share extends Junction {
  readonly #admission: Admission

  constructor(options: ShareOptions) {
    const { settings } = options
    const admission = new Admission({ settings, ...admissionOf(options) })
    super(options, {
      kind: 'share',
      far: options.far ?? 'device',
      configured: settings,
      returnsToFound: true,
      oneWay: options.oneWay,
      ...liveOf(options),
      admission
    })
    this.#admission = admission
  }

  /**
   * Other rules from now on, while everybody goes on: who is here stays, also where there would be no room for it any more; who may not
   * write any more watches.
   */
  amend(rules: ShareRules): void {
    this.#admission.govern(admissionOf(rules))
    this.govern(liveOf(rules))
  }
}

function admissionOf({ maxClients = DEFAULT_MAX_CLIENTS, newcomer = 'watch' }: ShareRules): AdmissionRules {
  return { maxClients, newcomer }
}

function liveOf({ writers = 'one', keepSettings = false, hold = false, ...more }: ShareRules): LiveRules {
  const { keepOpenMs = 0, inactivityMs } = more
  return { writers, keepSettings, hold, keepOpenMs, inactivityMs }
}
