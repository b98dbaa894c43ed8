/**
 * A listener whose address this computer does not have yet, as while it starts and the network is not up: it takes its place as
 * soon as it can. Called by core where somebody said that waiting is all right; a mistake that time does not mend (a port that
 * is in use, an exposure without leave) is refused at once, unless others shall go on meanwhile.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import type { Fault } from '../contract/faults.ts'
import { toFault } from '../contract/faults.ts'
import type { ListenOptions } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'
import { listen } from './dial.ts'
import type { Endpoint } from './endpoint.ts'
import { formatEndpoint } from './endpoint.ts'

/** How often the address is tried: a bind that fails costs microseconds, and nobody wants to wait longer than that. */
export const ADDRESS_TRY_MS = 1000

/** What the system says of an address, or of a name, that may still come. */
const NOT_YET = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'EAI_FAIL'])

export interface AwaitOptions extends ListenOptions {
  /** Also an address that is taken, or may not be had, is waited for. */
  readonly whateverItIs?: boolean
  /** It cannot listen yet; once. */
  readonly onWaiting: (fault: Fault) => void
  /** It could not listen though the address is there now; once per cause. It is tried on. */
  readonly onFault: (fault: Fault) => void
}

/** As `listen`, but an address that is not there yet is no Fault: the listener answers `awaited` until it is. */
export async function listenWhenPossible(endpoint: Endpoint, options: AwaitOptions): Promise<Listener> {
  try {
    return await listen(endpoint, options)
  } catch (error) {
    const fault = toFault(error)
    if (!options.whateverItIs && !mayStillCome(fault)) throw error
    options.onWaiting(fault)
    return new AwaitedListener(endpoint, options, fault)
  }
}

class AwaitedListener implements Listener {
  readonly #endpoint: Endpoint
  readonly #options: AwaitOptions
  readonly #connections = new Emitter<Connection>()
  readonly #accepting = new Emitter<void>()
  readonly #end = new AbortController()
  #timer: Disposable | undefined
  #trying: Promise<void> = Promise.resolve()
  #listener: Listener | undefined
  #told: string

  readonly onConnection = this.#connections.event
  readonly onAccepting: Event<void> = this.#accepting.event

  constructor(endpoint: Endpoint, options: AwaitOptions, { message }: Fault) {
    this.#endpoint = endpoint
    this.#options = options
    this.#told = message
    this.#tryLater()
  }

  get url(): string {
    return this.#listener?.url ?? formatEndpoint(this.#endpoint)
  }

  get awaited(): boolean {
    return this.#listener === undefined
  }

  async close(reason: CloseReason): Promise<void> {
    this.#end.abort()
    this.#timer?.dispose()
    await this.#trying
    await this.#listener?.close(reason)
  }

  #tryLater(): void {
    const clock: Clock = this.#options.clock ?? systemClock
    // Keeps the process: nothing else may be there to wait with.
    this.#timer = clock.after(ADDRESS_TRY_MS, () => {
      this.#trying = this.#try()
    })
  }

  async #try(): Promise<void> {
    try {
      const listener = await listen(this.#endpoint, this.#options)
      this.#listener = listener
      listener.onConnection((connection) => this.#connections.fire(connection))
      // Closed meanwhile: `close` finds it, and nobody is to hear of it.
      if (!this.#end.signal.aborted) this.#accepting.fire()
    } catch (error) {
      if (this.#end.signal.aborted) return
      const fault = toFault(error)
      if (!mayStillCome(fault)) this.#tell(fault)
      this.#tryLater()
    }
  }

  #tell(fault: Fault): void {
    if (fault.message === this.#told) return
    this.#told = fault.message
    this.#options.onFault(fault)
  }
}

function mayStillCome({ cause }: Fault): boolean {
  return cause instanceof Error && 'code' in cause && NOT_YET.has(String(cause.code))
}
