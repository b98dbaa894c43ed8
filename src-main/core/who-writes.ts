/**
 * Says who writes to a share of another Farport, where it is not we: one look when a command that runs by itself has connected to it. An
 * instance goes on looking instead (instance/far-shares.ts). Called by local-farports.ts.
 */
import type { Clock } from '../base/clock.ts'
import { once, type Event } from '../base/event.ts'
import type { PeerWays } from '../peers/ways.ts'
import { StateMirror } from '../rpc/state-mirror.ts'
import type { ShareWish } from './context.ts'
import { farView } from './instance/far-view.ts'
import { watchLine } from './instance/far-words.ts'

export interface Look {
  readonly ways: Pick<PeerWays, 'dialRpc' | 'find'>
  /** Our id. */
  readonly own: string
  /** What the connection was dialled with, and its end: nothing is told after it. */
  readonly wish: ShareWish
  readonly onClose: Event<unknown>
  readonly warn: (text: string) => void
  readonly clock: Clock
}

/** For all of it, in ms: who is slower leaves us without a word. */
const LOOK_MS = 5000

const TAKE_OVER = 'To take it over, add ?take-over to the address.'

/** Never rejects: what it could not find out the connection itself does not need. */
export async function tellWhoWrites({ ways, own, wish, onClose, warn, clock }: Look): Promise<void> {
  if (wish.observe) return
  const end = new AbortController()
  const stop = (): void => end.abort()
  const limit = clock.after(LOOK_MS, stop, 'idle')
  const closing = onClose(stop)
  try {
    const { peer, share, use } = wish
    const { client } = await ways.dialRpc(peer, end.signal)
    const mirror = new StateMirror(client)
    mirror.onEnd(stop)
    try {
      const tree = mirror.tree ?? (await once(mirror.onChange, end.signal))
      const name = ways.find(peer).peer?.name ?? peer
      const { state } = farView(tree, { own, peer: name, share, use })
      const line = state.type === 'known' ? watchLine(state, TAKE_OVER) : undefined
      if (line) warn(line)
    } finally {
      mirror.dispose()
      client.dispose()
    }
  } catch {
    // A peer that does not answer here may carry the bytes all the same.
  } finally {
    limit.dispose()
    closing.dispose()
  }
}
