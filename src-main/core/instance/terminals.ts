/** The terminals of pages: each a subscription, a session on what it shows, and its writes. Called by the backend of an instance. */
import { Lifetime } from '../../base/lifetime.ts'
import type { Disposable } from '../../base/event.ts'
import type { CloseReason } from '../../contract/close.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import type { TerminalItem } from '../../contract/terminal.ts'
import type { TopicArguments } from '../../contract/topics.ts'
import type { Subscriber } from '../../rpc/subscription.ts'
import { TerminalSession } from '../../sessions/terminal-session.ts'
import type { Core } from '../core.ts'
import type { Joined } from '../users.ts'
import type { Handlers, House } from './house.ts'

interface Terminal {
  readonly session: TerminalSession
  /** Whether what it sends goes to the device. */
  readonly mayWrite: () => boolean
  /** `held`: what the session did not hand on. */
  readonly discard: (held: number) => number
}

export class Terminals {
  readonly #core: Core
  readonly #open = new Map<string, Terminal>()

  constructor(core: Core) {
    this.#core = core
  }

  /** Throws `usage` where that one is open already, or there is nothing to show. */
  subscribe({ terminal, on, observe }: TopicArguments<'terminal'>, subscriber: Subscriber): Disposable {
    if (this.#open.has(terminal))
      throw new Fault('usage', `There is a terminal ${terminal} already: choose another word for this one.`)
    const session = new TerminalSession({
      get credit() {
        return subscriber.credit
      },
      send: (item) => void subscriber.send(item)
    })
    const life = new Lifetime()
    const terms = { observe: observe ?? false }
    let [where, number] = [undefined as Joined | undefined, undefined as number | undefined]
    session.onClose((reason) => {
      this.#open.delete(terminal)
      life.dispose()
      farewell(subscriber, reason, session.queued)
    })
    const shown = (bridge: Joined, at: number | undefined): void => {
      ;[where, number] = [bridge, at]
      if (at === undefined) return
      session.join(bridge.state.id, at)
      life.add(bridge.onState(() => tellFault(bridge, session)))
      tellFault(bridge, session)
    }
    const mayWrite = (): boolean => where?.state.sessions.find(({ id }) => id === number)?.writer ?? false
    const discard = (held: number): number => (number === undefined ? 0 : (where?.discard(number, held) ?? 0))
    this.#open.set(terminal, { session, mayWrite, discard })
    subscriber.onCredit = () => session.flush()
    if ('id' in on) {
      try {
        const bridge = this.#core.joined(on.id)
        shown(bridge, bridge.admit(session, terms))
      } catch (error) {
        this.#open.delete(terminal)
        throw error
      }
    } else
      this.#core.join(on.port, session, terms, shown).catch((error: unknown) => {
        this.#open.delete(terminal)
        subscriber.end(toFault(error))
      })
    return { dispose: () => session.leave() }
  }

  async write(terminal: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const found = this.#open.get(terminal)
    if (!found) throw new Fault('usage', 'The terminal is closed. Open it again to go on.')
    if (!found.mayWrite()) throw new Fault('usage', 'Watching only. Ask for control.')
    await found.session.send(bytes, signal)
  }

  discard(terminal: string): number {
    const found = this.#open.get(terminal)
    // What it had on its way was lost and counted as it closed.
    return found ? found.discard(found.session.discard()) : 0
  }
}

type TerminalCommands = Pick<Handlers, 'terminal.write' | 'terminal.discard'>

export function terminalCommands({ terminals }: Pick<House, 'terminals'>): TerminalCommands {
  return {
    'terminal.discard': ({ terminal }) => Promise.resolve({ discarded: terminals.discard(terminal) }),
    'terminal.write': async ({ terminal, bytes }, _who, signal) => {
      await terminals.write(terminal, bytes, signal)
      return {}
    }
  }
}

function tellFault({ state: { state } }: Joined, session: TerminalSession): void {
  if (state.type !== 'waiting') return
  const { fault, retryAt } = state
  session.tell({ type: 'waiting', fault, ...(retryAt !== undefined && { retryAt }) })
}

/** Where there is no credit for it, why it closed is the fault that the subscription ends with. */
function farewell(subscriber: Subscriber, reason: CloseReason, lost: number): void {
  const item: TerminalItem = { type: 'closed', reason, lost }
  if (subscriber.send(item)) subscriber.end()
  else subscriber.end(new Fault('peer-closed', `The terminal was closed: ${reason.message}.`))
}
