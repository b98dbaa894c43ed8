/** A port of this computer, shared: opened with the first client, closed after the last. Called by core. */
import type { CloseReason } from '../contract/close.ts'
import type { LineWish } from '../contract/line.ts'
import type { Session } from '../sessions/session.ts'
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
  /** The last writer's settings stay while others are here. Default false. */
  readonly keepSettings?: boolean
  /** Whose fault it is when the port ends without a cause of its own. Default device. */
  readonly far?: 'device' | 'peer'
}

export const DEFAULT_MAX_CLIENTS = 8

export class Share extends Junction {
  constructor(options: ShareOptions) {
    const { settings, maxClients = DEFAULT_MAX_CLIENTS, writers = 'one', keepSettings = false } = options
    super(options, {
      kind: 'share',
      far: options.far ?? 'device',
      hold: false,
      configured: settings,
      writers,
      keepSettings,
      refuse: (session, present) => refuseWhenFull(session, present, maxClients)
    })
  }
}

/**
 * A newcomer never pushes anybody out. But the same address again is often a client whose old connection died unnoticed:
 * asking that for a sign of life frees its place within seconds.
 */
function refuseWhenFull(
  session: Session,
  present: readonly Session[],
  maxClients: number
): CloseReason | undefined {
  if (present.length < maxClients) return undefined
  const { address } = session.who
  if (address !== undefined) for (const old of present) if (old.who.address === address) old.probe?.()
  const clients = maxClients === 1 ? 'another client is' : `${maxClients} clients are`
  return { code: 'refused', message: `${clients} connected already; try again when one has left` }
}
