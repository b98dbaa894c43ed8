/** A time that is promised to people: waited for up to three times as long, since a test's computer is busy; the time is printed. */
import { expect } from 'vitest'
import { eventually } from '../../eventually.ts'

const CEILING = 3
const EVERY_MS = 5

/** Resolves with what `look` answers once it does without an error. `promisedMs`: counted from `fromMs` (`performance.now()`). */
export async function within<T>(
  what: string,
  promisedMs: number,
  look: () => T,
  fromMs = performance.now()
): Promise<T> {
  const result = await eventually(
    look,
    Math.max(1, fromMs + promisedMs * CEILING - performance.now()),
    EVERY_MS
  )
  const tookMs = performance.now() - fromMs
  console.log(`${what}: ${Math.round(tookMs)} ms (promised: ${promisedMs} ms)`)
  expect(tookMs).toBeLessThan(promisedMs * CEILING)
  return result
}
