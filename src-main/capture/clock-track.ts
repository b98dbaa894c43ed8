/**
 * How one computer's clock goes against another's over a recording: a little faster (crystals differ by up to 100 ppm), or set anew in between. Made for
 * both-ends.ts, which gives it every delay that it found; pure.
 *
 * The recording is cut into windows. In each, the least delays of both directions tell the offset (see both-ends.ts); the usual slope of all of them is
 * the drift (a median, as Theil and Sen have it); what a window is off that line beyond the noise between neighbours is a step of a clock.
 */
import type { Direction } from '../contract/traffic.ts'
import { Delays } from './delays.ts'
import { byDirection } from './sides.ts'

/** A window is at least so long, ns, and there are no more of them than can be compared with each other at once. */
const WINDOW_NS = 10e9
const MAX_WINDOWS = 120
/** Fewer say nothing of a drift. */
const MIN_WINDOWS = 8
/** A drift or step that comes to less is none, ns. */
const NOISE_NS = 0.5e6
/** No clock drifts as much. */
const MAX_DRIFT = 1e-3
/** Below what is usual by so much, a time was told by a clock that had not heard yet that it was set, ns. */
const STALE_NS = 1e9

type Window = Readonly<Record<Direction, Delays>>

export class ClockTrack {
  readonly #fromNs: number
  readonly #widthNs: number
  readonly #windows: Window[]
  #drift = 0
  #steps: readonly number[] = []

  /** `fromNs`, `toNs`: of the recording, by the clock that is tracked. */
  constructor(fromNs: number, toNs: number) {
    const spanNs = Math.max(0, toNs - fromNs)
    const count = Math.max(1, Math.min(MAX_WINDOWS, Math.floor(spanNs / WINDOW_NS)))
    this.#fromNs = fromNs
    this.#widthNs = Math.max(1, spanNs / count)
    this.#windows = emptyWindows(count)
  }

  /** How much faster the other clock goes: 1e-4 is 100 ppm. 0: not noticeably. */
  get drift(): number {
    return this.#drift
  }

  /** Neither a drift nor a step was found. */
  get isSteady(): boolean {
    return this.#drift === 0 && this.#steps.every((step) => step === 0)
  }

  /** A delay as the two clocks have it, at a time of the one that is tracked. */
  add(direction: Direction, timeNs: number, delayNs: number): void {
    this.#windows[this.#indexOf(timeNs)]?.[direction].add(delayNs)
  }

  /**
   * Negative where this delay cannot be: the time was told by a clock that was set just before. So much is to be added for what is usual there;
   * 0: it can be.
   */
  staleBy(direction: Direction, timeNs: number, delayNs: number): number {
    const medianNs = this.#windows[this.#indexOf(timeNs)]?.[direction].medianNs
    return medianNs !== undefined && delayNs < medianNs - STALE_NS ? delayNs - medianNs : 0
  }

  /** The drift, out of all that was added. What is added then is to be without it, and without stale times: call `forget` before. */
  findDrift(): void {
    const points = this.#windows.flatMap((window, index) => {
      const offsetNs = offsetOf(window)
      return offsetNs === undefined ? [] : [{ index, offsetNs }]
    })
    if (points.length < MIN_WINDOWS) return
    // Over a quarter of all: long enough to be exact, and most do not see a step.
    const far = points.length >> 2
    const slopes = points.slice(far).map((other, at) => {
      const one = points[at] ?? other
      return (other.offsetNs - one.offsetNs) / Math.max(1, other.index - one.index)
    })
    const slope = median(slopes) ?? 0
    const noise = noiseOf(points.map(({ index, offsetNs }) => offsetNs - slope * index))
    const spanNs = Math.abs(slope) * this.#windows.length
    const drift = slope / this.#widthNs
    if (spanNs > noise && Math.abs(drift) <= MAX_DRIFT) this.#drift = drift
  }

  forget(): void {
    this.#windows.splice(0, this.#windows.length, ...emptyWindows(this.#windows.length))
  }

  /** Steps of the clock, out of what was added with the drift taken away. */
  findSteps(): void {
    const offsets = this.#windows.map(offsetOf)
    const known = offsets.filter((each) => each !== undefined)
    if (known.length < 2) return
    const middle = median(known) ?? 0
    const noise = noiseOf(known)
    let last = 0
    this.#steps = offsets.map((offsetNs) => {
      // A window without traffic both ways is as the one before.
      if (offsetNs !== undefined) last = Math.abs(offsetNs - middle) > noise ? offsetNs - middle : 0
      return last
    })
  }

  /** What is to be added to a time of the tracked clock, so that one offset is right for all of the recording, ns. */
  correctionNs(timeNs: number): number {
    const middleNs = this.#fromNs + (this.#widthNs * this.#windows.length) / 2
    return this.#drift * (timeNs - middleNs) + (this.#steps[this.#indexOf(timeNs)] ?? 0)
  }

  #indexOf(timeNs: number): number {
    const index = Math.floor((timeNs - this.#fromNs) / this.#widthNs)
    return Math.max(0, Math.min(this.#windows.length - 1, index))
  }
}

function emptyWindows(count: number): Window[] {
  return Array.from({ length: count }, () => byDirection(() => new Delays()))
}

/** Undefined: bytes passed one way only, or none. */
function offsetOf(window: Window): number | undefined {
  const [out, back] = [window['to-device'].leastNs, window['from-device'].leastNs]
  return out < Infinity && back < Infinity ? (out - back) / 2 : undefined
}

/** What offsets differ by chance, from each to the next: a step is one of many. */
function noiseOf(offsets: readonly number[]): number {
  const apart = offsets.slice(1).map((each, at) => Math.abs(each - (offsets[at] ?? each)))
  return NOISE_NS + 4 * (median(apart) ?? 0)
}

function median(values: readonly number[]): number | undefined {
  return new Float64Array(values).sort()[values.length >> 1]
}
