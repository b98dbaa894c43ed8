import type { Disposable } from './event.ts'

/** Time as the rest of the program sees it: monotonic, so that a jump of the wall clock moves no timer. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  nowMs(): number
  /** Calls once after `delayMs`; disposing cancels. An `idle` timer keeps no process alive. */
  after(delayMs: number, call: () => void, idle?: 'idle'): Disposable
  every(periodMs: number, call: () => void, idle?: 'idle'): Disposable
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, call, idle) {
    const timer = setTimeout(call, delayMs)
    if (idle) timer.unref()
    return {
      dispose: () => {
        clearTimeout(timer)
      }
    }
  },
  every(periodMs, call, idle) {
    const timer = setInterval(call, periodMs)
    if (idle) timer.unref()
    return {
      dispose: () => {
        clearInterval(timer)
      }
    }
  }
}

/** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      timer.dispose()
      reject(signal.reason)
    }
    const timer = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
