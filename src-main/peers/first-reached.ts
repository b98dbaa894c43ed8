/**
 * The first of several places that can be reached. Each is tried a little after the one before, or as soon as one has failed: a place
 * that is silent holds up none behind it (as RFC 8305 §5 has it for addresses), and anybody may name silent ones. Called by ways.ts.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'

export interface Attempts<Place, Reached> {
  /** Rejects when it is called off. */
  readonly reach: (place: Place, signal: AbortSignal) => Promise<Reached>
  /** What comes when another one was first. */
  readonly drop: (reached: Reached) => void
  readonly clock: Clock
  /** From one to the next, in ms. */
  readonly nextMs: number
  readonly signal?: AbortSignal | undefined
}

/** `errors`: none was; why, in the order of the places. */
export type First<Place, Reached> =
  | { readonly place: Place; readonly reached: Reached; readonly errors?: undefined }
  | { readonly errors: ReadonlyMap<Place, unknown> }

/** Rejects with the signal's reason alone. All others are called off when one is there. */
export function firstReached<Place, Reached>(
  places: readonly Place[],
  { reach, drop, clock, nextMs, signal }: Attempts<Place, Reached>
): Promise<First<Place, Reached>> {
  return new Promise((resolve, reject) => {
    const rest = [...places]
    const failed = new Map<Place, unknown>()
    const running = new Map<Place, AbortController>()
    let timer: Disposable | undefined
    let isOver = false
    const over = (tell: () => void): void => {
      isOver = true
      timer?.dispose()
      signal?.removeEventListener('abort', stop)
      for (const each of running.values()) each.abort()
      tell()
    }
    const stop = (): void => over(() => reject(signal?.reason as Error))
    const inOrder = (): ReadonlyMap<Place, unknown> => new Map(places.map((each) => [each, failed.get(each)]))
    const next = (): void => {
      timer?.dispose()
      const place = rest.shift()
      if (place !== undefined) attempt(place)
      else if (running.size === 0) over(() => resolve({ errors: inOrder() }))
    }
    const attempt = (place: Place): void => {
      const own = new AbortController()
      running.set(place, own)
      if (rest.length > 0) timer = clock.after(nextMs, next)
      reach(place, own.signal).then(
        (reached) => {
          running.delete(place)
          if (isOver) drop(reached)
          else over(() => resolve({ place, reached }))
        },
        (error: unknown) => {
          running.delete(place)
          failed.set(place, error)
          if (!isOver) next()
        }
      )
    }
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
    else next()
  })
}
