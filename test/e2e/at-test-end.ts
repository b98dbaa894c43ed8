/**
 * What a test started ends with it, also where several tests run at once: Vitest's own `onTestFinished` belongs to whichever of
 * them began last. Called by the helpers that start something.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { onTestFinished, type TestContext } from 'vitest'

type End = () => void | Promise<void>

const scope = new AsyncLocalStorage<(end: End) => void>()

/** Calls `end` when the running test is over. */
export function atTestEnd(end: End): void {
  const own = scope.getStore()
  if (own) own(end)
  else onTestFinished(end)
}

/** The body of a test that runs beside others (`it.concurrent`). */
export function alone(body: () => Promise<void>): (context: TestContext) => Promise<void> {
  return ({ onTestFinished: own }) => scope.run((end) => own(end), body)
}
