/** A port of this computer, shared: opened with the first client, closed after the last. Called by core. */
import type { ONE_WAYS } from '../contract/commands.ts'
import type { LineWish } from '../contract/line.ts'
import { Admission, type Newcomer } from './admission.ts'
import type { WriterPolicy } from './arbiter.ts'
import type { BridgeOptions } from './junction.ts'
import { Junction } from './junction.ts'

export interface ShareOptions extends BridgeOptions {
  /** What the device is opened with, and what returns when the writer changes. */
  readonly settings: LineWish
  /** Default 8. */
  readonly maxClients?: number
  /** Default `one`. */
  readonly writers?: WriterPolicy
  /** Default `watch`. */
  readonly newcomer?: Newcomer
  /** The last writer's settings stay while others are here. Default false. */
  readonly keepSettings?: boolean
  /** Bytes go this way alone. Default both. */
  readonly oneWay?: (typeof ONE_WAYS)[number]
  /** A client is closed when nothing passed for so long, in ms. Default never. */
  readonly inactivityMs?: number
  /** The port is open from the start, whether anybody is there or not. Default false. */
  readonly hold?: boolean
  /** The port stays open so long after the last client, in ms. Default 0. */
  readonly keepOpenMs?: number
  /** Whose fault it is when the port ends without a cause of its own. Default device. */
  readonly far?: 'device' | 'peer'
}

export const DEFAULT_MAX_CLIENTS = 8

export class Share extends Junction {
  constructor(options: ShareOptions) {
    const { settings, maxClients = DEFAULT_MAX_CLIENTS, writers = 'one', newcomer = 'watch' } = options
    super(options, {
      kind: 'share',
      far: options.far ?? 'device',
      hold: options.hold ?? false,
      keepOpenMs: options.keepOpenMs ?? 0,
      inactivityMs: options.inactivityMs,
      configured: settings,
      returnsToFound: true,
      writers,
      keepSettings: options.keepSettings ?? false,
      oneWay: options.oneWay,
      admission: new Admission({ settings, maxClients, newcomer })
    })
  }
}
