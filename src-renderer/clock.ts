/** The clock of a page: its timers are numbers, and keep nothing alive. */
import type { Clock } from '../src-main/base/clock.ts'

export const pageClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, call) {
    const timer = window.setTimeout(call, delayMs)
    return { dispose: () => window.clearTimeout(timer) }
  },
  every(periodMs, call) {
    const timer = window.setInterval(call, periodMs)
    return { dispose: () => window.clearInterval(timer) }
  }
}
