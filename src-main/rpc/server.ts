/**
 * Answers one client over one Channel: calls of the contract's commands, and subscriptions with credit. Called by core for each
 * Channel that a carrier accepts; knows no command by name and no permission: `Service` decides both.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import { DONE, type CloseReason } from '../contract/close.ts'
import { Fault, toFault, type FaultRecord } from '../contract/faults.ts'
import type { Channel } from './channel.ts'
import {
  clientMessageSchema,
  readMessage,
  RPC_FEATURES,
  RPC_VERSIONS,
  type ClientMessage,
  type ServerMessage
} from './messages.ts'
import { Subscription, type Subscriber } from './subscription.ts'

/** What a client may ask for. Faults are its answers; whatever else is thrown is a bug of ours and told as one. */
export interface Service {
  /** Rejects with a Fault, also where this client may not call that; with the signal's reason when it cancels or is gone. */
  call(name: string, args: unknown, signal: AbortSignal): Promise<unknown>
  /** Throws a Fault where there is no such topic, or this client may not have it. What it answers is disposed at the end. */
  subscribe(topic: string, args: unknown, subscriber: Subscriber): Disposable
}

/** What one client may have under way at once: far more than any window needs. */
export const MAX_CALLS = 64
export const MAX_SUBSCRIPTIONS = 256
/** A client that does not say who it is for so long is closed, in ms. */
export const HELLO_MS = 5000

/**
 * What another installation may send in a second, in messages: it needs a few, and gives credit for the state 20 times. Each costs more to
 * answer than to send, so whoever sends more is closed.
 */
export const MAX_FOREIGN_MESSAGES = 100
const PERIOD_MS = 1000

/** Characters of a fault's message: one that did not fit into a message would leave its call without an answer. */
const MAX_TEXT = 4096

const ODD_MESSAGE: CloseReason = { code: 'error', message: 'the client sent a message that does not fit' }
const NO_HELLO: CloseReason = { code: 'error', message: 'the client did not say hello first' }

const TOO_MANY: CloseReason = {
  code: 'refused',
  message: `the client sent more than ${MAX_FOREIGN_MESSAGES} messages in a second`
}

export interface ServeOptions {
  /** The client is another installation, which may be hostile. */
  readonly foreign?: boolean
}

export interface Served extends Disposable {
  /** What the client can beyond the version; empty until it said hello. */
  readonly features: readonly string[]
  /** Tells the client why, and closes. Repeated calls are safe. */
  close(reason: CloseReason): void
}

/** Owns the Channel, and serves until it closes; then every call is aborted and every subscription ends. */
export function serve(
  channel: Channel,
  service: Service,
  clock: Clock = systemClock,
  options: ServeOptions = {}
): Served {
  return new Server(channel, service, clock, options)
}

class Server implements Served {
  readonly #channel: Channel
  readonly #service: Service
  readonly #clock: Clock
  readonly #foreign: boolean
  #period = { beginMs: -Infinity, messages: 0 }
  readonly #calls = new Map<number, AbortController>()
  readonly #subscriptions = new Map<number, Subscription>()
  readonly #life = new Lifetime()
  readonly #greeting: Disposable
  #greeted = false
  #lastId = 0
  features: readonly string[] = []

  constructor(channel: Channel, service: Service, clock: Clock, { foreign = false }: ServeOptions) {
    this.#channel = channel
    this.#service = service
    this.#clock = clock
    this.#foreign = foreign
    this.#greeting = this.#life.add(clock.after(HELLO_MS, () => this.close(NO_HELLO), 'idle'))
    this.#life.defer(() => {
      for (const call of [...this.#calls.values()])
        call.abort(new Fault('peer-closed', 'The client has left.'))
      for (const subscription of [...this.#subscriptions.values()]) subscription.dispose()
    })
    this.#life.add(channel.onClose(() => this.#life.dispose()))
    this.#life.add(channel.onMessage((message) => this.#receive(message)))
  }

  close(reason: CloseReason): void {
    if (this.#life.ended) return
    this.#post({ type: 'bye', reason: { code: reason.code, message: reason.message } })
    this.#life.dispose()
    this.#channel.close(reason)
  }

  dispose(): void {
    this.close(DONE)
  }

  #receive(input: unknown): void {
    if (this.#life.ended) return
    if (this.#foreign && this.#sendsTooMuch()) {
      this.close(TOO_MANY)
      return
    }
    const message = readMessage(clientMessageSchema, input)
    if (message === undefined) this.close(ODD_MESSAGE)
    else if (!this.#greeted && (message === 'unknown' || message.type !== 'hello')) this.close(NO_HELLO)
    else if (message !== 'unknown') this.#obey(message)
  }

  #sendsTooMuch(): boolean {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#period.beginMs >= PERIOD_MS) this.#period = { beginMs: nowMs, messages: 0 }
    return ++this.#period.messages > MAX_FOREIGN_MESSAGES
  }

  #obey(message: ClientMessage): void {
    switch (message.type) {
      case 'hello':
        this.#greet(message.versions, message.features)
        return
      case 'call':
        if (this.#isNew(message.id)) void this.#call(message.id, message.name, message.args)
        return
      case 'cancel':
        this.#calls.get(message.id)?.abort(new Fault('usage', 'The call was cancelled.'))
        return
      case 'subscribe':
        if (this.#isNew(message.id)) this.#subscribe(message)
        return
      case 'credit':
        this.#subscriptions.get(message.id)?.add(message.count)
        return
      case 'unsubscribe':
        this.#subscriptions.get(message.id)?.dispose()
        return
    }
  }

  #greet(versions: readonly number[], features: readonly string[]): void {
    const version = RPC_VERSIONS.find((each) => versions.includes(each))
    if (this.#greeted) this.close(ODD_MESSAGE)
    else if (version === undefined) this.close(noCommonVersion(versions))
    else {
      this.#greeted = true
      this.#greeting.dispose()
      this.features = features
      this.#post({ type: 'hello', version, features: [...RPC_FEATURES] })
    }
  }

  /** One that came before would make two answers with one id. */
  #isNew(id: number): boolean {
    const isNew = id > this.#lastId
    if (isNew) this.#lastId = id
    else this.close(ODD_MESSAGE)
    return isNew
  }

  async #call(id: number, name: string, args: unknown): Promise<void> {
    if (this.#calls.size >= MAX_CALLS) {
      this.#refuse(id, tooMany('calls'))
      return
    }
    const abort = new AbortController()
    this.#calls.set(id, abort)
    try {
      const value = await this.#service.call(name, args, abort.signal)
      this.#calls.delete(id)
      this.#post({ type: 'result', id, value })
    } catch (error) {
      this.#calls.delete(id)
      this.#refuse(id, toFault(error))
    }
  }

  #refuse(id: number, fault: Fault): void {
    this.#post({ type: 'fault', id, fault: recordOf(fault) })
  }

  #subscribe({ id, topic, args, credit }: Extract<ClientMessage, { type: 'subscribe' }>): void {
    const ended = (fault?: Fault): void => {
      this.#subscriptions.delete(id)
      this.#post({ type: 'ended', id, ...(fault && { fault: recordOf(fault) }) })
    }
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      ended(tooMany('subscriptions'))
      return
    }
    const subscription = new Subscription(credit, (item) => this.#post({ type: 'item', id, item }), ended)
    this.#subscriptions.set(id, subscription)
    try {
      subscription.serve(this.#service.subscribe(topic, args, subscription))
    } catch (error) {
      subscription.end(toFault(error))
    }
  }

  #post(message: ServerMessage): void {
    if (!this.#life.ended) this.#channel.post(message)
  }
}

function recordOf(fault: Fault): FaultRecord {
  const { cause, ...record } = fault.toJSON()
  const message = record.message.slice(0, MAX_TEXT)
  return { ...record, message, ...(cause !== undefined && { cause: cause.slice(0, MAX_TEXT) }) }
}

function tooMany(what: string): Fault {
  return new Fault('usage', `There are too many ${what} of this client at once. Wait until some have ended.`)
}

function noCommonVersion(versions: readonly number[]): CloseReason {
  const theirs = versions.join(', ')
  return {
    code: 'refused',
    message: `the client speaks version ${theirs}, this Farport ${RPC_VERSIONS.join(', ')}: update the older one`
  }
}
