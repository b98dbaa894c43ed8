import type { Direction, HubEvent } from '../contract/traffic.ts'

/** A recorder's way in: no object per chunk. `timeMs` is the hub's monotonic clock. */
export interface Tap {
  bytes(timeMs: number, direction: Direction, session: number, chunk: Uint8Array): void
  event(timeMs: number, event: HubEvent): void
}

/** A Tap that has something to bring to its end: a file. */
export interface Recorder extends Tap {
  /** Nothing is recorded any more; resolves when all that was is safe, or at the latest after `timeoutMs`. Never rejects. */
  close(timeoutMs: number): Promise<void>
}
