/**
 * The core as the parts of the app outside its page see it (tray, notifications, power): its state, and the way to ask it for something.
 * Comes back by itself when the other side was gone. Made by app.ts.
 */
import { Backoff } from '../../base/backoff.ts'
import { sleep, systemClock, type Clock } from '../../base/clock.ts'
import { Emitter, type Disposable, type Event } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import type { ServiceCommand, ServiceInput, ServiceResult } from '../../contract/service-commands.ts'
import type { StateTree } from '../../contract/state.ts'
import { RpcClient } from '../../rpc/client.ts'
import { memoryChannels } from '../../rpc/memory-channel.ts'
import { StateMirror } from '../../rpc/state-mirror.ts'
import type { Seat } from './seat.ts'

const FIRST_TRY_MS = 250
const LAST_TRY_MS = 4000

/** What the parts of the app use of it. */
export interface AppCore {
  /** Undefined: it is not there, or told nothing yet. */
  readonly tree: StateTree | undefined
  /** `tree` changed. */
  readonly onChange: Event<StateTree | undefined>
  /** Rejects with the Fault that the core tells, or with `peer-closed` where it is gone. */
  call<Name extends ServiceCommand>(name: Name, args: ServiceInput<Name>): Promise<ServiceResult<Name>>
}

export class WatchedCore implements AppCore, Disposable {
  readonly #seat: Pick<Seat, 'connect'>
  readonly #clock: Clock
  readonly #changes = new Emitter<StateTree | undefined>()
  readonly #end = new AbortController()
  readonly #backoff = new Backoff(FIRST_TRY_MS, LAST_TRY_MS)
  #client: RpcClient | undefined
  #tree: StateTree | undefined

  readonly onChange: Event<StateTree | undefined> = this.#changes.event

  constructor(seat: Pick<Seat, 'connect'>, clock: Clock = systemClock) {
    this.#seat = seat
    this.#clock = clock
    void this.#run()
  }

  get tree(): StateTree | undefined {
    return this.#tree
  }

  call<Name extends ServiceCommand>(name: Name, args: ServiceInput<Name>): Promise<ServiceResult<Name>> {
    if (this.#client) return this.#client.call(name, args)
    return Promise.reject(new Fault('peer-closed', 'Farport does not answer. Try again in a moment.'))
  }

  dispose(): void {
    this.#end.abort()
    this.#client?.dispose()
    this.#changes.dispose()
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    const ended = (): boolean => signal.aborted
    while (!ended()) {
      await this.#stay()
      this.#set(undefined)
      await sleep(this.#clock, this.#backoff.next(), signal).catch(() => undefined)
    }
  }

  /** Resolves when it is over. */
  #stay(): Promise<void> {
    const [near, far] = memoryChannels()
    this.#seat.connect(far)
    const client = new RpcClient(near, { clock: this.#clock })
    const mirror = new StateMirror(client, { clock: this.#clock })
    this.#client = client
    return new Promise((resolve) => {
      const over = (): void => {
        this.#client = undefined
        mirror.dispose()
        client.dispose()
        resolve()
      }
      mirror.onChange((tree) => {
        this.#backoff.reset()
        this.#set(tree)
      })
      mirror.onEnd(over)
      client.onClose(over)
      this.#end.signal.addEventListener('abort', over, { once: true })
    })
  }

  #set(tree: StateTree | undefined): void {
    if (tree === this.#tree) return
    this.#tree = tree
    this.#changes.fire(tree)
  }
}
