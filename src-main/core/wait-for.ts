import type { Clock } from '../base/clock.ts'
import type { Event } from '../base/event.ts'

/** Resolves when `isSo`, asked now and at each `changed`, or after `timeoutMs`. Rejects with the signal's reason. */
export function waitFor(
  isSo: () => boolean,
  changed: Event<unknown>,
  {
    clock,
    timeoutMs,
    signal
  }: { readonly clock: Clock; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined }
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    if (isSo()) {
      resolve()
      return
    }
    const end = (settle: () => void): void => {
      subscription.dispose()
      timer.dispose()
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = (): void => end(() => reject(signal?.reason as Error))
    const subscription = changed(() => {
      if (isSo()) end(resolve)
    })
    const timer = clock.after(timeoutMs, () => end(resolve))
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
