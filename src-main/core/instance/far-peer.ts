/**
 * What another Farport shows us, as long as somebody here wants to know: one connection for the contract, made again where it breaks.
 * Called by far-shares.ts, one for each peer.
 */
import { Backoff } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import type { StateTree } from '../../contract/state.ts'
import type { PeerRpc } from '../../peers/ways.ts'
import type { RpcClient } from '../../rpc/client.ts'
import { StateMirror } from '../../rpc/state-mirror.ts'

export interface FarPeerOptions {
  /** As PeerWays.dialRpc. */
  readonly dial: (signal: AbortSignal) => Promise<Pick<PeerRpc, 'client'>>
  readonly clock: Clock
  /** `tree` or `fault` is another one. */
  readonly changed: () => void
}

const ENDED = new Fault('peer-closed', 'No link is connected to that computer any more.')

export class FarPeer implements Disposable {
  readonly #options: FarPeerOptions
  readonly #end = new AbortController()
  readonly #backoff = new Backoff()
  #trying: Promise<RpcClient> | undefined
  #client: RpcClient | undefined
  #mirror: StateMirror | undefined
  #retry: Disposable | undefined
  #fault: Fault | undefined

  /** Connects at once. */
  constructor(options: FarPeerOptions) {
    this.#options = options
    this.#connect().catch(() => undefined)
  }

  /** What it shows us; undefined: it did not yet, or is not connected. */
  get tree(): StateTree | undefined {
    return this.#mirror?.tree
  }

  /** Why it cannot be asked; it is tried again meanwhile. */
  get fault(): Fault | undefined {
    return this.#fault
  }

  /** To call it; where it is not connected, that is tried now. Rejects with the Fault of that. */
  client(): Promise<RpcClient> {
    return this.#client ? Promise.resolve(this.#client) : this.#connect()
  }

  /** Where it waits to be tried again, that is now. */
  retry(): void {
    if (this.#client) return
    this.#backoff.reset()
    this.#connect().catch(() => undefined)
  }

  dispose(): void {
    this.#end.abort(ENDED)
    this.#retry?.dispose()
    this.#mirror?.dispose()
    this.#client?.dispose()
  }

  /** What fails is in `fault`, and is tried again, also where nobody waits for it. */
  #connect(): Promise<RpcClient> {
    this.#retry?.dispose()
    this.#trying ??= this.#try().finally(() => (this.#trying = undefined))
    return this.#trying
  }

  async #try(): Promise<RpcClient> {
    const { signal } = this.#end
    try {
      const { client } = await this.#options.dial(signal)
      if (signal.aborted) client.dispose()
      signal.throwIfAborted()
      this.#watch(client)
      return client
    } catch (error) {
      this.#failed(toFault(error))
      throw error
    }
  }

  #watch(client: RpcClient): void {
    const mirror = new StateMirror(client)
    this.#client = client
    this.#mirror = mirror
    mirror.onChange(() => {
      this.#backoff.reset()
      this.#fault = undefined
      this.#options.changed()
    })
    mirror.onEnd((fault) => {
      client.dispose()
      this.#failed(fault ?? client.closed ?? ENDED)
    })
  }

  #failed(fault: Fault): void {
    this.#client = undefined
    this.#mirror = undefined
    if (this.#end.signal.aborted) return
    this.#fault = fault
    this.#retry?.dispose()
    const delayMs = this.#backoff.next()
    this.#retry = this.#options.clock.after(
      delayMs,
      () => void this.#connect().catch(() => undefined),
      'idle'
    )
    this.#options.changed()
  }
}
