/**
 * The few globals of Node and of browsers that `base` and `rpc` may use: what both environments have. Everything else
 * of either would tie these rooms to one side.
 */

interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
  throwIfAborted(): void
}

declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}

interface Timer {
  unref(): void
}

declare function setTimeout(call: () => void, delayMs: number): Timer
declare function clearTimeout(timer: Timer): void
declare function setInterval(call: () => void, periodMs: number): Timer
declare function clearInterval(timer: Timer): void
declare const performance: { now(): number }

declare class TextEncoder {
  /** UTF-8. */
  encode(text: string): Uint8Array
}
