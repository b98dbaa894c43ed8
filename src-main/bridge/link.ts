/** A port from elsewhere, used here: dialled when a local program opens it, hung up when that closes it. Called by core. */
import type { LineWish } from '../contract/line.ts'
import type { BridgeState } from '../contract/state.ts'
import type { VirtualState } from '../contract/virtual.ts'
import type { BridgeOptions } from './junction.ts'
import { Junction } from './junction.ts'

export interface LinkOptions extends BridgeOptions {
  /** Stays connected, also while no program has it open; `once-used`: from the first one on. Default false. */
  readonly hold?: boolean | 'once-used'
  /** What the local programs cannot choose (a PTY carries no parity): laid over whatever they ask for. Default nothing. */
  readonly settings?: LineWish
  /** It ends with its user. Default false. */
  readonly passing?: boolean
  /** Nothing is written to the port or set on it, whoever wants to. Default false. */
  readonly observe?: boolean
  /** Whose fault it is when the port ends without a cause of its own. Default peer. */
  readonly far?: 'device' | 'peer'
  /** The virtual port that programs open. */
  readonly virtual?: VirtualState
}

export class Link extends Junction {
  readonly #virtual: VirtualState | undefined

  constructor(options: LinkOptions) {
    super(options, {
      kind: 'link',
      passing: options.passing ?? false,
      far: options.far ?? 'peer',
      hold: options.hold ?? false,
      fixed: options.settings ?? {},
      // Whoever has the local end open is one of us: a second program is nothing to arbitrate.
      writers: options.observe ? 'none' : 'all',
      onlyWatches: options.observe ?? false
    })
    this.#virtual = options.virtual
  }

  override get state(): BridgeState {
    return this.#virtual ? { ...super.state, virtual: this.#virtual } : super.state
  }
}
