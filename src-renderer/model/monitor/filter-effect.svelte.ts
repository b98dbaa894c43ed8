/** Effects of the monitor's models. */
import { untrack } from 'svelte'

/** Calls `run` now, and whenever what `read` reads has changed; what `run` reads does not count. Within an effect root. */
export function whenever(read: () => unknown, run: () => void): void {
  $effect(() => {
    read()
    untrack(run)
  })
}
