/** Which paths came and went, for hosts that show a list. Pure waiting on a PortWatch; asks the system nothing itself. */
import type { PortWatch } from './hotplug.ts'

export interface PathChange {
  readonly appeared: readonly string[]
  readonly vanished: readonly string[]
}

/**
 * Yields what appeared and vanished since the call, each time something did, until the signal is aborted. `list` answers
 * the paths that are there now.
 */
export async function* pathChanges(
  watch: PortWatch,
  list: () => Promise<readonly string[]>,
  signal: AbortSignal
): AsyncGenerator<PathChange, void> {
  let stale = false
  let wake: (() => void) | undefined
  const subscription = watch.onChange(() => {
    stale = true
    wake?.()
  })
  const onAbort = (): void => wake?.()
  signal.addEventListener('abort', onAbort)
  const changedOrEnded = (): Promise<void> =>
    new Promise((resolve) => {
      if (stale || signal.aborted) resolve()
      else wake = resolve
    })
  try {
    let before = new Set(await list())
    for (;;) {
      await changedOrEnded()
      if (signal.aborted) return
      stale = false
      const now = new Set(await list())
      const appeared = [...now].filter((path) => !before.has(path))
      const vanished = [...before].filter((path) => !now.has(path))
      before = now
      if (appeared.length > 0 || vanished.length > 0) yield { appeared, vanished }
    }
  } finally {
    subscription.dispose()
    signal.removeEventListener('abort', onAbort)
  }
}
