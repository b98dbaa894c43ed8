import type { Event } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type {
  Capabilities,
  ControlLines,
  ControlWish,
  LineSettings,
  LineState,
  LineWish,
  ModemState,
  Purge
} from '../contract/line.ts'
import type { Port } from '../ports/port.ts'

/** A port that is another one in everything; for those that change a part of it. */
export class ForwardedPort implements Port {
  readonly #port: Port
  readonly onData: Event<Uint8Array>
  readonly onDrain: Event<void>
  readonly onClose: Event<CloseReason>
  readonly onModemState: Event<ModemState>
  readonly onLineState: Event<LineState>
  readonly onSettings: Event<LineSettings>

  constructor(port: Port) {
    this.#port = port
    this.onData = port.onData
    this.onDrain = port.onDrain
    this.onClose = port.onClose
    this.onModemState = port.onModemState
    this.onLineState = port.onLineState
    this.onSettings = port.onSettings
  }

  get capabilities(): Capabilities {
    return this.#port.capabilities
  }

  get settings(): LineSettings {
    return this.#port.settings
  }

  get lines(): ControlLines {
    return this.#port.lines
  }

  get modemState(): ModemState {
    return this.#port.modemState
  }

  get queued(): number {
    return this.#port.queued
  }

  /** 0 where nobody can tell: as good as absent. */
  get unsent(): number {
    return this.#port.unsent ?? 0
  }

  get suspended(): boolean | undefined {
    return this.#port.suspended
  }

  write(chunk: Uint8Array): boolean {
    return this.#port.write(chunk)
  }

  pause(): void {
    this.#port.pause()
  }

  resume(): void {
    this.#port.resume()
  }

  apply(wish: LineWish, signal: AbortSignal): Promise<LineSettings> {
    return this.#port.apply(wish, signal)
  }

  control(wish: ControlWish): Promise<ControlLines> {
    return this.#port.control(wish)
  }

  sendBreak(durationMs: number): Promise<void> {
    return this.#port.sendBreak(durationMs)
  }

  purge(which: Purge): void {
    this.#port.purge(which)
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    return this.#port.close(reason, timeoutMs)
  }

  abort(reason: CloseReason): void {
    this.#port.abort(reason)
  }
}
