/**
 * A port that this very process opens to watch it, where no Farport runs: nothing is ever written, and nothing set but what was asked for.
 * It is opened again when it breaks, as anywhere else, and the recording goes on meanwhile.
 */
import { hostname } from 'node:os'
import { systemClock } from '../../../base/clock.ts'
import type { PortSpec } from '../../../contract/commands.ts'
import type { TrafficFrom } from '../../../contract/recording.ts'
import { Recorder } from '../../../capture/recorder.ts'
import { RingPool, SLAB_BYTES } from '../../../capture/ring-pool.ts'
import { WallOffset } from '../../../capture/wall-offset.ts'
import type { Context } from '../../../core/context.ts'
import { firstOpening } from '../../../core/first-opening.ts'
import { makeConsoleLink } from '../../../core/links.ts'
import { Cursor } from '../../../core/recording/cursor.ts'
import { Page } from '../../../traffic/page.ts'
import { copyRecords } from '../../../traffic/page-writer.ts'
import type { Feed, FeedReader } from './feed.ts'

/** What may wait for a reader that is slow; what is older is counted as not captured. */
const RING_BYTES = 16 * SLAB_BYTES

const AWAKE_MS = 60_000

/** Nothing waits to be delivered: only the port has to be let go, in ms. */
const CLOSE_MS = 1000

export class OwnFeed implements Feed {
  readonly isLive = true
  readonly #port: PortSpec
  readonly #context: Context

  constructor(port: PortSpec, context: Context) {
    this.#port = port
    this.#context = context
  }

  async run(_from: TrafficFrom, reader: FeedReader, signal: AbortSignal): Promise<void> {
    const clock = systemClock
    const wall = new WallOffset({ nowMs: () => clock.nowMs() })
    const pool = new RingPool({ wallOffsetMs: () => wall.ms, maxBytes: RING_BYTES, ringBytes: RING_BYTES })
    const recorder = new Recorder({ pool, wall, clock })
    const link = makeConsoleLink('monitor', this.#port, [], this.#context, true)
    const tap = link.tap(recorder)
    // A simulated device that says nothing gives this process nothing else to wait for.
    const awake = clock.every(AWAKE_MS, () => undefined)
    const over = new AbortController()
    const stop = (): void => over.abort()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    try {
      await reader.begin({ name: link.name, port: link.state.port, computer: hostname() })
      const reading = this.#read(recorder, reader, over.signal)
      const failed = firstOpening(link, over.signal).then(
        () => reading,
        (error: unknown) => {
          if (!signal.aborted) throw error
        }
      )
      await Promise.race([failed, reading])
    } finally {
      stop()
      awake.dispose()
      signal.removeEventListener('abort', stop)
      await link.close(CLOSE_MS)
      tap.dispose()
      recorder.dispose()
    }
  }

  async #read(recorder: Recorder, reader: FeedReader, signal: AbortSignal): Promise<void> {
    const cursor = new Cursor(recorder.log, 0)
    let wake = (): void => undefined
    const growth = recorder.onGrow(() => wake())
    const stop = (): void => wake()
    signal.addEventListener('abort', stop, { once: true })
    try {
      while (!signal.aborted) {
        // What was overtaken shows as a hole in the numbers, which the reader's log makes an event of.
        const slice = cursor.read()
        if (slice) {
          const { page, from, to } = slice
          await reader.page(Page.from(copyRecords(page, from, to)))
        } else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      growth.dispose()
      signal.removeEventListener('abort', stop)
    }
  }
}
