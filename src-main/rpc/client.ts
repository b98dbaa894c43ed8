/**
 * Asks a running Farport over a Channel: commands of the contract as typed calls, topics as subscriptions. Called by windows,
 * browsers and the command line; the one file of this room that the renderer imports.
 */
import * as v from 'valibot'
import type { Disposable } from '../base/event.ts'
import type { CommandInput, CommandName, CommandResult } from '../contract/commands.ts'
import type { TopicArguments, TopicItem, TopicName } from '../contract/topics.ts'
import { Fault, faultOf } from '../contract/faults.ts'
import type { Channel } from './channel.ts'
import { RPC_VERSIONS, serverMessageSchema, type ClientMessage, type ServerMessage } from './messages.ts'

/** How far the server may be ahead of whoever takes the items. */
export const CREDIT = 64

interface Call {
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

interface Watch {
  readonly item: (item: unknown) => void
  readonly ended: (fault: Fault | undefined) => void
}

export class RpcClient implements Disposable {
  readonly #channel: Channel
  readonly #calls = new Map<number, Call>()
  readonly #watches = new Map<number, Watch>()
  readonly #listening: Disposable[]
  #lastId = 0
  #closed: Fault | undefined

  /** Speaks first; owns the Channel from here on. */
  constructor(channel: Channel) {
    this.#channel = channel
    this.#listening = [
      channel.onMessage((message) => this.#receive(message)),
      channel.onClose(({ message }) =>
        this.#close(new Fault('peer-closed', `Farport is gone: ${message}. Try again.`))
      )
    ]
    this.#post({ type: 'hello', versions: [...RPC_VERSIONS] })
  }

  /** Rejects with the Fault that the server tells, with `peer-closed` when it is gone, with the signal's reason when aborted. */
  call<Name extends CommandName>(
    name: Name,
    args: CommandInput<Name>,
    signal?: AbortSignal
  ): Promise<CommandResult<Name>> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(this.#closed)
        return
      }
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const id = ++this.#lastId
      const cancel = (): void => {
        this.#calls.delete(id)
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
        resolve: settle((value) => resolve(value as CommandResult<Name>)),
        reject: settle(reject)
      })
      signal?.addEventListener('abort', cancel, { once: true })
      this.#post({ type: 'call', id, name, args })
    })
  }

  /**
   * Calls `item` for each item, and asks for more as they are taken; a returned promise is waited for. `ended` once at the end,
   * with the Fault where there is one; not after `dispose`.
   */
  subscribe<Name extends TopicName>(
    topic: Name,
    args: TopicArguments<Name>,
    item: (item: TopicItem<Name>) => void | Promise<void>,
    ended: (fault: Fault | undefined) => void = () => undefined
  ): Disposable {
    if (this.#closed) {
      ended(this.#closed)
      return { dispose: () => undefined }
    }
    const id = ++this.#lastId
    let taken = 0
    const take = (): void => {
      taken += 1
      if (taken < CREDIT / 2 || !this.#watches.has(id)) return
      this.#post({ type: 'credit', id, count: taken })
      taken = 0
    }
    this.#watches.set(id, {
      item: (each) => {
        const done = item(each as TopicItem<Name>)
        if (done) void done.then(take)
        else take()
      },
      ended
    })
    this.#post({ type: 'subscribe', id, topic, args, credit: CREDIT })
    return {
      dispose: () => {
        if (this.#watches.delete(id)) this.#post({ type: 'unsubscribe', id })
      }
    }
  }

  dispose(): void {
    this.#channel.close({ code: 'done', message: 'closed' })
    this.#close(new Fault('peer-closed', 'The connection was closed here.'))
  }

  #receive(input: unknown): void {
    const { success, output } = v.safeParse(serverMessageSchema, input)
    if (success) this.#take(output)
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        return
      case 'result': {
        const call = this.#calls.get(message.id)
        this.#calls.delete(message.id)
        call?.resolve(message.value)
        return
      }
      case 'fault': {
        const call = this.#calls.get(message.id)
        this.#calls.delete(message.id)
        call?.reject(faultOf(message.fault))
        return
      }
      case 'item':
        this.#watches.get(message.id)?.item(message.item)
        return
      case 'ended': {
        const watch = this.#watches.get(message.id)
        this.#watches.delete(message.id)
        watch?.ended(message.fault && faultOf(message.fault))
        return
      }
    }
  }

  #close(fault: Fault): void {
    if (this.#closed) return
    this.#closed = fault
    for (const each of this.#listening) each.dispose()
    const calls = [...this.#calls.values()]
    const watches = [...this.#watches.values()]
    this.#calls.clear()
    this.#watches.clear()
    for (const { reject } of calls) reject(fault)
    for (const { ended } of watches) ended(fault)
  }

  #post(message: ClientMessage): void {
    if (!this.#closed) this.#channel.post(message)
  }
}
