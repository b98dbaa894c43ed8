/**
 * What a share or link does about boards that are reset by control lines: run a sequence at each opening, or never let a client
 * touch the lines. Both stand around a PortSource, so that the bridge knows nothing of it. Called by targets.ts.
 */
import { systemClock, type Clock } from '../base/clock.ts'
import type { Capabilities, ControlLines, ControlWish } from '../contract/line.ts'
import { isQuery } from '../bridge/wishes.ts'
import type { Port, PortSource } from '../ports/port.ts'
import { afterOpening, type Prepare } from './after-opening.ts'
import { ForwardedPort } from './forwarded-port.ts'
import { REST_MS, runReset, type ResetSequence } from './run-reset.ts'

/** Ports that were reset before anybody has them: what clients send meanwhile waits for the port, as during any opening. */
export function withReset(
  source: PortSource,
  sequence: ResetSequence,
  clock: Clock = systemClock
): PortSource {
  const prepare: Prepare = (port, signal) => runReset(port, source.label, sequence, clock, signal)
  return afterOpening(source, prepare, REST_MS)
}

/** Ports whose named lines stay as they are after opening, whatever their users ask for; with `break`, none is sent. */
export function withHeldLines(source: PortSource, held: readonly (keyof ControlLines)[]): PortSource {
  if (held.length === 0) return source
  return {
    label: source.label,
    ...(source.onAvailable && { onAvailable: source.onAvailable }),
    open: async (settings, signal) => new HeldLinesPort(await source.open(settings, signal), new Set(held))
  }
}

/**
 * A port with some of its lines out of reach: wishes for them are remembered and answered as if they were in force, which is what
 * RFC 2217 clients need to go on. Everything else passes.
 */
class HeldLinesPort extends ForwardedPort {
  readonly #port: Port
  readonly #held: ReadonlySet<keyof ControlLines>
  #wished: ControlWish = {}

  constructor(port: Port, held: ReadonlySet<keyof ControlLines>) {
    super(port)
    this.#port = port
    this.#held = held
  }

  override get capabilities(): Capabilities {
    const { capabilities } = this.#port
    return {
      ...capabilities,
      control: new Set([...capabilities.control].filter((line) => !this.#held.has(line)))
    }
  }

  override get lines(): ControlLines {
    return { ...this.#port.lines, ...this.#wished }
  }

  override async control(wish: ControlWish): Promise<ControlLines> {
    const passed: Partial<Record<keyof ControlLines, boolean>> = {}
    for (const line of ['dtr', 'rts', 'break'] as const) {
      const level = wish[line]
      if (level === undefined) continue
      if (this.#held.has(line)) this.#wished = { ...this.#wished, [line]: level }
      else passed[line] = level
    }
    if (!isQuery(passed)) await this.#port.control(passed)
    return this.lines
  }

  override sendBreak(durationMs: number): Promise<void> {
    return this.#held.has('break') ? Promise.resolve() : this.#port.sendBreak(durationMs)
  }
}
