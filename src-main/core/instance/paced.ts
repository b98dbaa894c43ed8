import type { Clock } from '../../base/clock.ts'
import type { Event } from '../../base/event.ts'

/**
 * The same event, no more often than each `gapMs`; what comes sooner is dropped. For what strangers can make happen as often as they like, and
 * that only hastens what happens anyway.
 */
export function paced<T>(event: Event<T>, clock: Clock, gapMs: number): Event<T> {
  return (listener) => {
    let lastMs = -Infinity
    return event((value) => {
      const nowMs = clock.nowMs()
      if (nowMs - lastMs < gapMs) return
      lastMs = nowMs
      listener(value)
    })
  }
}
