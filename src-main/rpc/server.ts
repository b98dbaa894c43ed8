/**
 * Answers one client over one Channel: calls of the contract's commands, and subscriptions with credit. Called by core for each
 * Channel that a carrier accepts; knows no command by name and no permission: `Service` decides both.
 */
import * as v from 'valibot'
import type { Disposable } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { Fault, toFault } from '../contract/faults.ts'
import type { Channel } from './channel.ts'
import { clientMessageSchema, RPC_VERSIONS, type ClientMessage, type ServerMessage } from './messages.ts'

/** What a client may ask for. Faults are its answers; whatever else is thrown is a bug of ours and told as one. */
export interface Service {
  /** Rejects with a Fault, also where this client may not call that; with the signal's reason when it cancels or is gone. */
  call(name: string, args: unknown, signal: AbortSignal): Promise<unknown>
  /** Throws a Fault where there is no such topic, or this client may not have it. */
  subscribe(topic: string, args: unknown, subscriber: Subscriber): Disposable
}

/** One subscription as its topic sees it. The topic keeps what it cannot send now, or lets it go, as fits what it is. */
export interface Subscriber {
  /** How many items may be sent now. */
  readonly credit: number
  /** Takes one credit. False, and nothing is sent, where there is none. */
  send(item: unknown): boolean
  /** Called when credit comes where there was none. */
  onCredit: (() => void) | undefined
  /** There will be no more; a Fault where that is not as it should be. */
  end(fault?: Fault): void
}

/** What one client may have under way at once: far more than any window needs. */
export const MAX_CALLS = 64
export const MAX_SUBSCRIPTIONS = 256

const ODD_MESSAGE: CloseReason = { code: 'error', message: 'a message that nobody understands' }

/** Serves until the Channel closes; then every call is aborted and every subscription ends. */
export function serve(channel: Channel, service: Service): Disposable {
  const server = new Server(channel, service)
  return { dispose: () => server.end() }
}

class Server {
  readonly #channel: Channel
  readonly #service: Service
  readonly #calls = new Map<number, AbortController>()
  readonly #subscriptions = new Map<number, Subscription>()
  readonly #listening: Disposable[]
  #ended = false

  constructor(channel: Channel, service: Service) {
    this.#channel = channel
    this.#service = service
    this.#listening = [
      channel.onMessage((message) => this.#receive(message)),
      channel.onClose(() => this.end())
    ]
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const each of this.#listening) each.dispose()
    for (const call of this.#calls.values()) call.abort(new Fault('peer-closed', 'The client has left.'))
    for (const subscription of [...this.#subscriptions.values()]) subscription.dispose()
  }

  #receive(input: unknown): void {
    const { success, output } = v.safeParse(clientMessageSchema, input)
    if (success) this.#obey(output)
    else if (!isUnknownType(input)) this.#channel.close(ODD_MESSAGE)
  }

  #obey(message: ClientMessage): void {
    switch (message.type) {
      case 'hello': {
        const version = RPC_VERSIONS.find((each) => message.versions.includes(each))
        if (version === undefined) this.#channel.close(noCommonVersion(message.versions))
        else this.#post({ type: 'hello', version })
        return
      }
      case 'call':
        void this.#call(message.id, message.name, message.args)
        return
      case 'cancel':
        this.#calls.get(message.id)?.abort(new Fault('usage', 'The call was cancelled.'))
        return
      case 'subscribe':
        this.#subscribe(message)
        return
      case 'credit':
        this.#subscriptions.get(message.id)?.add(message.count)
        return
      case 'unsubscribe':
        this.#subscriptions.get(message.id)?.dispose()
        return
    }
  }

  async #call(id: number, name: string, args: unknown): Promise<void> {
    if (this.#calls.has(id) || this.#calls.size >= MAX_CALLS) {
      this.#post({ type: 'fault', id, fault: tooMuch('calls').toJSON() })
      return
    }
    const abort = new AbortController()
    this.#calls.set(id, abort)
    try {
      const value = await this.#service.call(name, args, abort.signal)
      this.#post({ type: 'result', id, value })
    } catch (error) {
      this.#post({ type: 'fault', id, fault: toFault(error).toJSON() })
    } finally {
      this.#calls.delete(id)
    }
  }

  #subscribe({ id, topic, args, credit }: Extract<ClientMessage, { type: 'subscribe' }>): void {
    const ended = (fault?: Fault): void => {
      this.#subscriptions.delete(id)
      this.#post({ type: 'ended', id, ...(fault && { fault: fault.toJSON() }) })
    }
    if (this.#subscriptions.has(id) || this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
      ended(tooMuch('subscriptions'))
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
    if (!this.#ended) this.#channel.post(message)
  }
}

class Subscription implements Subscriber, Disposable {
  readonly #post: (item: unknown) => void
  readonly #onEnd: (fault?: Fault) => void
  #credit: number
  #served: Disposable | undefined
  #ended = false
  onCredit: (() => void) | undefined

  constructor(credit: number, post: (item: unknown) => void, onEnd: (fault?: Fault) => void) {
    this.#credit = credit
    this.#post = post
    this.#onEnd = onEnd
  }

  get credit(): number {
    return this.#credit
  }

  /** What to dispose at the end: at once where that has come already. */
  serve(served: Disposable): void {
    if (this.#ended) served.dispose()
    else this.#served = served
  }

  send(item: unknown): boolean {
    if (this.#ended || this.#credit === 0) return false
    this.#credit -= 1
    this.#post(item)
    return true
  }

  add(credit: number): void {
    const had = this.#credit
    this.#credit += credit
    if (had === 0) this.onCredit?.()
  }

  end(fault?: Fault): void {
    if (this.#ended) return
    this.#ended = true
    this.#served?.dispose()
    this.#onEnd(fault)
  }

  dispose(): void {
    this.end()
  }
}

/** A newer client may say what we do not know; anything else that is no message is an error. */
function isUnknownType(input: unknown): boolean {
  if (typeof input !== 'object' || input === null || !('type' in input)) return false
  const types: readonly unknown[] = clientMessageSchema.options.map(({ entries }) => entries.type.literal)
  return typeof input.type === 'string' && !types.includes(input.type)
}

function tooMuch(what: string): Fault {
  return new Fault('usage', `There are too many ${what} of this client at once. Wait until some have ended.`)
}

function noCommonVersion(versions: readonly number[]): CloseReason {
  const theirs = versions.join(', ')
  return {
    code: 'refused',
    message: `the other side speaks version ${theirs}, this one ${RPC_VERSIONS.join(', ')}: update the older one`
  }
}
