/**
 * Asks a running Farport over a Channel: commands of the contract as typed calls, topics as subscriptions. Called by windows,
 * browsers and the command line; with state-mirror.ts what the renderer imports of this room.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { Emitter, type Disposable, type Event } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import { plainText } from '../base/plain-text.ts'
import { DONE, type CloseReason } from '../contract/close.ts'
import type { ServiceCommand, ServiceInput, ServiceResult } from '../contract/service-commands.ts'
import { Fault, faultOf, toFault } from '../contract/faults.ts'
import type { TopicInput, TopicItem, TopicName } from '../contract/topics.ts'
import type { Channel } from './channel.ts'
import { fitTexts } from './fit-texts.ts'
import {
  readMessage,
  RPC_FEATURES,
  RPC_VERSIONS,
  serverMessageSchema,
  type ClientMessage,
  type ServerMessage
} from './messages.ts'
import { Watch, type WatchOptions } from './watch.ts'

/** How far the server may be ahead of whoever takes the items, where nothing else is said. */
export const CREDIT = 64
/** For `answerMs`, where nothing else is said: another computer may be far away. */
export const HELLO_ANSWER_MS = 10_000

/** The message of a fault that another process told, in characters. */
const MAX_FAULT_TEXT = 1000

export interface RpcClientOptions {
  readonly clock?: Clock
  /** A server that does not answer the hello for so long is closed, in ms. */
  readonly answerMs?: number
  /** The server is another installation: what it says is made fit to be shown, and its bytes and numbers left alone. */
  readonly foreign?: boolean
}

interface Call {
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

export class RpcClient implements Disposable {
  readonly #channel: Channel
  /** The server is another installation, which may be hostile. */
  readonly isForeign: boolean
  readonly #calls = new Map<number, Call>()
  readonly #watches = new Map<number, Watch>()
  readonly #life = new Lifetime()
  readonly #ends = new Emitter<Fault>()
  readonly #greeting: Disposable
  #lastId = 0
  #greeted = false
  #features: readonly string[] = []
  #farewell: string | undefined
  #closed: Fault | undefined

  /** Once, with why; not where it was disposed here. */
  readonly onClose: Event<Fault> = this.#ends.event

  /** Speaks first; owns the Channel from here on. */
  constructor(
    channel: Channel,
    { clock = systemClock, foreign = false, answerMs = HELLO_ANSWER_MS }: RpcClientOptions = {}
  ) {
    this.#channel = channel
    this.isForeign = foreign
    this.#greeting = this.#life.add(
      clock.after(answerMs, () =>
        this.#break(
          new Fault(
            'peer-timeout',
            'Farport does not answer. Is its computer very busy, or its process stopped? Try again, or start it anew.'
          )
        )
      )
    )
    this.#post({ type: 'hello', versions: [...RPC_VERSIONS], features: [...RPC_FEATURES] })
    this.#life.add(channel.onClose((reason) => this.#gone(reason)))
    this.#life.add(channel.onMessage((message) => this.#receive(message)))
  }

  /** Why it is over; undefined while it is not. */
  get closed(): Fault | undefined {
    return this.#closed
  }

  /** What the server can beyond the version; empty until it answered the first time. */
  get features(): readonly string[] {
    return this.#features
  }

  /**
   * Rejects with the Fault that the server tells, with `peer-closed` (or why it was closed) when it is gone, with the signal's reason
   * when aborted, with `bug` where the arguments are no plain data.
   */
  call<Name extends ServiceCommand>(
    name: Name,
    args: ServiceInput<Name>,
    signal?: AbortSignal
  ): Promise<ServiceResult<Name>> {
    return new Promise((resolve, reject) => {
      if (this.#closed || signal?.aborted) {
        reject(this.#closed ?? signal?.reason)
        return
      }
      const id = ++this.#lastId
      const cancel = (): void => {
        if (!this.#calls.delete(id)) return
        this.#post({ type: 'cancel', id })
        reject(signal?.reason)
      }
      const settle =
        <Value>(how: (value: Value) => void) =>
        (value: Value): void => {
          signal?.removeEventListener('abort', cancel)
          how(value)
        }
      this.#calls.set(id, {
        resolve: settle((value) => resolve(value as ServiceResult<Name>)),
        reject: settle(reject)
      })
      signal?.addEventListener('abort', cancel, { once: true })
      try {
        this.#post({ type: 'call', id, name, args })
      } catch (error) {
        this.#takeCall(id)?.reject(error)
      }
    })
  }

  /**
   * Calls `item` for each item, and asks for more as they are taken: a promise that it answers is waited for. Where it throws or
   * rejects, the subscription ends with a `bug`. Calls `ended` once at the end, with the Fault where there is one; not after
   * `dispose`, and not before this has returned.
   */
  subscribe<Name extends TopicName>(
    topic: Name,
    args: TopicInput<Name>,
    item: (item: TopicItem<Name>) => void | Promise<void>,
    { credit = CREDIT, ended = () => undefined }: WatchOptions = {}
  ): Disposable {
    if (this.#closed) {
      const fault = this.#closed
      let wanted = true
      void Promise.resolve().then(() => wanted && ended(fault))
      return { dispose: () => void (wanted = false) }
    }
    const id = ++this.#lastId
    const watch = new Watch(credit, (each) => item(each as TopicItem<Name>), ended, {
      give: (count) => {
        if (this.#watches.get(id) === watch) this.#post({ type: 'credit', id, count })
      },
      leave: () => {
        if (this.#watches.delete(id)) this.#post({ type: 'unsubscribe', id })
      }
    })
    this.#watches.set(id, watch)
    try {
      this.#post({ type: 'subscribe', id, topic, args, credit })
    } catch (error) {
      this.#watches.delete(id)
      void Promise.resolve().then(() => watch.end(toFault(error)))
    }
    return watch
  }

  dispose(): void {
    this.#end(new Fault('peer-closed', 'The connection was closed here.'))
    this.#channel.close(DONE)
  }

  #receive(input: unknown): void {
    if (this.#closed) return
    const message = readMessage(serverMessageSchema, input)
    if (message === 'unknown') return
    if (!message || (!this.#greeted && message.type !== 'hello' && message.type !== 'bye')) this.#broken()
    else this.#take(message)
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        if (this.#greeted || !RPC_VERSIONS.includes(message.version)) {
          this.#broken()
          return
        }
        this.#greeted = true
        this.#greeting.dispose()
        this.#features = message.features
        return
      case 'result':
        this.#takeCall(message.id)?.resolve(this.#fit(message.value))
        return
      case 'fault':
        this.#takeCall(message.id)?.reject(toldFault(message.fault))
        return
      case 'item':
        if (this.#watches.get(message.id)?.take(this.#fit(message.item)) === false) this.#broken()
        return
      case 'ended': {
        const watch = this.#watches.get(message.id)
        this.#watches.delete(message.id)
        watch?.end(message.fault && toldFault(message.fault))
        return
      }
      case 'bye':
        this.#farewell = plainText(message.reason.message, MAX_FAULT_TEXT)
        return
    }
  }

  #fit(value: unknown): unknown {
    return this.isForeign ? fitTexts(value) : value
  }

  #takeCall(id: number): Call | undefined {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    return call
  }

  #broken(): void {
    this.#break(
      new Fault('peer-protocol', 'Farport answered with what does not fit: update the older of the two.')
    )
  }

  #gone({ message }: CloseReason): void {
    this.#break(new Fault('peer-closed', `Farport is gone: ${this.#farewell ?? message}. Try again.`))
  }

  #break(fault: Fault): void {
    if (this.#closed) return
    this.#end(fault)
    this.#channel.close({ code: 'error', message: fault.message })
    this.#ends.fire(fault)
    this.#ends.dispose()
  }

  #end(fault: Fault): void {
    if (this.#closed) return
    this.#closed = fault
    this.#life.dispose()
    const [calls, watches] = [[...this.#calls.values()], [...this.#watches.values()]]
    this.#calls.clear()
    this.#watches.clear()
    for (const { reject } of calls) reject(fault)
    for (const watch of watches) watch.end(fault)
  }

  #post(message: ClientMessage): void {
    if (!this.#closed) this.#channel.post(message)
  }
}

function toldFault({ code, message, cause }: { code: string; message: string; cause?: string }): Fault {
  const text = plainText(message, MAX_FAULT_TEXT)
  return faultOf({
    code,
    message: text,
    ...(cause !== undefined && { cause: plainText(cause, MAX_FAULT_TEXT) })
  })
}
