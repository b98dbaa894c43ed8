/** Things with an id and a name of their own, as the settings have them, and how each is switched in core. */
import type { CloseReason } from '../contract/close.ts'
import type { LineWish } from '../contract/line.ts'
import type { LinkEntry, RotatorEntry, ShareEntry } from '../contract/settings.ts'

export type Placed =
  | { readonly kind: 'share'; readonly entry: ShareEntry }
  | { readonly kind: 'link'; readonly entry: LinkEntry }
  | { readonly kind: 'rotator'; readonly entry: RotatorEntry }

/** One call at a time. */
export interface Switch {
  /** Rejects with a Fault; then it is off. */
  on(): Promise<void>
  /** It may be on again. Resolves with the number of bytes that were not delivered; never rejects. */
  off(timeoutMs: number): Promise<number>
  /** For good; as `off`. `reason`: what those who are here are told. */
  end(timeoutMs: number, reason: CloseReason): Promise<number>
  /** Another name, while it is on or off; whoever uses it goes on. */
  rename(name: string): void
  /** Other settings of its own, while it is on or off; whoever uses it goes on. Not for rotators. */
  tune(settings: LineWish): void
  /** Its traffic is kept from now on, or no longer, while it is on or off. Of links alone: of a share that is one of its rules. */
  record(on: boolean): void
  /** What the new entry has no place for ends, and its addresses are free for others; never rejects. Of shares alone. */
  shed(entry: ShareEntry): Promise<void>
  /**
   * Other listeners and rules, while it is on or off; whoever came by what goes on does so too. Rejects with the Fault of words that no
   * time mends. Of shares alone.
   */
  amend(entry: ShareEntry): Promise<void>
}
