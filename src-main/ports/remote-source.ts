import type { LineWish } from '../contract/line.ts'
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { Connection } from '../net/connection.ts'
import type { RemoteMode } from '../net/telnet-link.ts'
import type { Port, PortSource } from './port.ts'
import type { RemotePortOptions } from './remote.ts'

export interface RemotePortSourceOptions {
  /** The URL, for people. */
  readonly label: string
  /** Rejects with a Fault or with the signal's reason. */
  readonly dial: (signal: AbortSignal) => Promise<Connection>
  readonly mode: RemoteMode
  readonly options?: Omit<RemotePortOptions, 'settings' | 'warn'>
  /** It may be there again; absent: nobody can tell. */
  readonly onAvailable?: Event<void> | undefined
}

/** A far address as a source of Ports: each `open` dials anew. */
export class RemotePortSource implements PortSource {
  readonly label: string
  readonly #dial: (signal: AbortSignal) => Promise<Connection>
  readonly #mode: RemoteMode
  readonly #options: Omit<RemotePortOptions, 'settings' | 'warn'>
  readonly #warnings = new Emitter<string>()
  /** What went wrong without stopping us, in one line each, opening included. */
  readonly onWarning = this.#warnings.event
  readonly onAvailable?: Event<void>

  constructor({ label, dial, mode, options = {}, onAvailable }: RemotePortSourceOptions) {
    this.label = label
    this.#dial = dial
    this.#mode = mode
    this.#options = options
    if (onAvailable) this.onAvailable = onAvailable
  }

  async open(settings: LineWish, signal: AbortSignal): Promise<Port> {
    const { openRemotePort } = await import('./remote.ts')
    const connection = await this.#dial(signal)
    const warn = (message: string): void => {
      this.#warnings.fire(message)
    }
    return openRemotePort(connection, this.#mode, { ...this.#options, settings, warn }, signal)
  }
}
