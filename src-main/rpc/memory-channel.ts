/**
 * Two Channels joined in memory: for a host that has its core in the same process, and for tests. As strict as a wire: each side
 * gets a copy of its own, later and never inside `post`, and what no wire could carry is refused.
 */
import type { CloseReason } from '../contract/close.ts'
import type { Channel } from './channel.ts'
import { Inbox } from './inbox.ts'
import { plainCopy } from './plain.ts'

/** Messages that may be on their way, or wait for somebody to subscribe: credit keeps what is asked for far below. */
export const MAX_WAITING = 16_384

const TOO_SLOW: CloseReason = { code: 'too-slow', message: 'the other side takes no messages' }

export function memoryChannels(): [Channel, Channel] {
  const [near, far] = [new MemoryChannel(), new MemoryChannel()]
  near.far = far
  far.far = near
  return [near, far]
}

class MemoryChannel implements Channel {
  readonly #inbox = new Inbox()
  #underway = 0
  far: MemoryChannel | undefined

  readonly onMessage = this.#inbox.onMessage
  readonly onClose = this.#inbox.onClose

  post(message: unknown): void {
    if (this.#inbox.shut) return
    const copy = plainCopy(message)
    if (this.#underway + (this.far?.waiting ?? 0) >= MAX_WAITING) {
      this.close(TOO_SLOW)
      return
    }
    this.#underway += 1
    later(() => {
      this.#underway -= 1
      this.far?.take(copy)
    })
  }

  close(reason: CloseReason): void {
    if (this.#inbox.shut) return
    this.#inbox.shutOff()
    later(() => {
      this.#inbox.end(reason)
      this.far?.end(reason)
    })
  }

  get waiting(): number {
    return this.#inbox.waiting
  }

  take(message: unknown): void {
    this.#inbox.deliver(message)
  }

  end(reason: CloseReason): void {
    this.#inbox.end(reason)
  }
}

/** Microtasks run in order, so messages and the end behind them do too. */
function later(call: () => void): void {
  void Promise.resolve().then(call)
}
