/**
 * Stands between a client and what core can do: checks that a command or topic exists, that its arguments fit the table, and that
 * whoever asks may have it. Called by core for each client, with who that is; decides nothing about shares and peers by itself.
 */
import * as v from 'valibot'
import type { Disposable } from '../base/event.ts'
import { plainText } from '../base/plain-text.ts'
import type { Caller } from '../contract/command.ts'
import { SERVICE_COMMANDS, type ServiceCommand } from '../contract/service-commands.ts'
import { Fault } from '../contract/faults.ts'
import { TOPICS, type TopicName } from '../contract/topics.ts'
import type { Service } from './server.ts'
import type { Subscriber } from './subscription.ts'

/** Who is at the other end: whoever owns this installation, or a paired peer by its id; `address`: where its connection came from. */
export type Identity =
  { readonly type: 'owner' } | { readonly type: 'peer'; readonly id: string; readonly address?: string }

/** What is asked for, as the tables say it; `args` fit them. */
export type Ask =
  | { readonly type: 'call'; readonly name: ServiceCommand; readonly caller: Caller; readonly args: unknown }
  | { readonly type: 'subscribe'; readonly name: TopicName; readonly caller: Caller; readonly args: unknown }

/**
 * May this peer have that now? Not asked for owners, nor for what is for owners alone. For `observe` and `control` core looks which
 * share `args` name, and what the peer may do there.
 */
export type Permit = (who: Extract<Identity, { type: 'peer' }>, ask: Ask) => boolean

/** What core can do, for whom; the arguments fit the tables already, and permission was given. */
export interface Backend {
  /** As `Service.call`. */
  call(name: ServiceCommand, args: unknown, who: Identity, signal: AbortSignal): Promise<unknown>
  /** As `Service.subscribe`. */
  subscribe(topic: TopicName, args: unknown, who: Identity, subscriber: Subscriber): Disposable
}

/** Of one client that is a paired peer, at once: it needs one, and each of them costs a look at the state whenever that changes. */
export const MAX_PEER_SUBSCRIPTIONS = 16

/** What one identity may ask of the backend. */
export class PermittedService implements Service {
  readonly #who: Identity
  readonly #backend: Backend
  readonly #permit: Permit
  /** What is under way, and how to end it. */
  readonly #current = new Map<Ask, (fault: Fault) => void>()

  constructor(who: Identity, backend: Backend, permit: Permit) {
    this.#who = who
    this.#backend = backend
    this.#permit = permit
  }

  /** Permissions changed: ends what is not allowed any more. */
  recheck(): void {
    for (const [ask, end] of [...this.#current]) if (!this.#may(ask)) end(notPermitted(ask.name))
  }

  async call(name: string, input: unknown, signal: AbortSignal): Promise<unknown> {
    const ask = this.#admit('call', SERVICE_COMMANDS, name, input)
    const abort = new AbortController()
    const cancel = (): void => abort.abort(signal.reason)
    if (signal.aborted) cancel()
    signal.addEventListener('abort', cancel, { once: true })
    this.#current.set(ask, (fault) => abort.abort(fault))
    try {
      const value = await this.#backend.call(ask.name, ask.args, this.#who, abort.signal)
      // Also where it was not heeded: what is not permitted any more is not answered.
      abort.signal.throwIfAborted()
      return value
    } catch (error) {
      throw this.#told(error)
    } finally {
      this.#current.delete(ask)
      signal.removeEventListener('abort', cancel)
    }
  }

  subscribe(topic: string, input: unknown, subscriber: Subscriber): Disposable {
    const ask = this.#admit('subscribe', TOPICS, topic, input)
    if (this.#who.type === 'peer' && this.#subscriptions >= MAX_PEER_SUBSCRIPTIONS)
      throw new Fault('usage', 'There are too many subscriptions of this client at once: end some of them.')
    this.#current.set(ask, (fault) => subscriber.end(fault))
    try {
      const served = this.#backend.subscribe(ask.name, ask.args, this.#who, subscriber)
      return {
        dispose: () => {
          this.#current.delete(ask)
          served.dispose()
        }
      }
    } catch (error) {
      this.#current.delete(ask)
      throw this.#told(error)
    }
  }

  get #subscriptions(): number {
    return [...this.#current.keys()].filter(({ type }) => type === 'subscribe').length
  }

  /** Throws a Fault: `unsupported`, `peer-permission`, or `usage` where the arguments do not fit. */
  #admit<Type extends Ask['type'], Name extends string>(
    type: Type,
    table: Readonly<Record<Name, { readonly caller: Caller; readonly args: v.GenericSchema }>>,
    name: string,
    input: unknown
  ): Ask & { readonly type: Type } {
    if (!isNameOf(table, name)) throw unknownName(name)
    const { caller, args: schema } = table[name]
    // Before the arguments are looked at: what these may be is no business of theirs.
    if (caller === 'owner' && this.#who.type !== 'owner') throw notPermitted(name)
    const args = v.safeParse(schema, input)
    if (!args.success) throw misfit(name, args.issues[0])
    // The table that has the name says of which type it is.
    const ask = { type, name, caller, args: args.output } as unknown as Ask & { readonly type: Type }
    if (!this.#may(ask)) throw notPermitted(name)
    return ask
  }

  #may(ask: Ask): boolean {
    return this.#who.type === 'owner' || (ask.caller !== 'owner' && this.#permit(this.#who, ask))
  }

  /** The system's own words (paths, addresses) and our mistakes are the owner's to read. */
  #told(error: unknown): unknown {
    if (this.#who.type === 'owner') return error
    if (error instanceof Fault)
      return error.cause === undefined ? error : new Fault(error.code, error.message)
    return new Fault('bug', 'Something went wrong in the other Farport: its log says what.')
  }
}

function isNameOf<Name extends string>(table: Readonly<Record<Name, unknown>>, name: string): name is Name {
  return Object.hasOwn(table, name)
}

function unknownName(name: string): Fault {
  return new Fault(
    'unsupported',
    `This Farport does not know "${plain(name)}". Update it where it is the older one.`
  )
}

function notPermitted(name: string): Fault {
  return new Fault(
    'peer-permission',
    `"${name}" is not permitted here. Ask the owner of that computer for the permission.`
  )
}

function misfit(name: string, issue: v.BaseIssue<unknown>): Fault {
  const path = (issue.path ?? []).map(({ key }) => plain(String(key))).join('.')
  const code = path.includes('settings') ? 'bad-settings' : 'usage'
  return new Fault(code, `${name}: ${path === '' ? 'arguments' : path}: ${plain(issue.message)}`)
}

/** What the other side chose stands in an answer, which may be logged. */
function plain(text: string): string {
  return plainText(text, 200)
}
