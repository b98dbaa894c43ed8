import { vi } from 'vitest'

/** As `vi.waitFor`, whose own second is too short for real programs on a busy machine. Rejects as the last look did. */
export function eventually<T>(look: () => T | Promise<T>, timeoutMs = 10_000, everyMs = 50): Promise<T> {
  return vi.waitFor(look, { timeout: timeoutMs, interval: everyMs })
}
