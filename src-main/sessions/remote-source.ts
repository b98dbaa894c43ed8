import type { CloseReason } from '../contract/close.ts'
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { Listener } from '../net/connection.ts'
import type { RemoteMode } from '../net/telnet-link.ts'
import type { Greeting } from './greeting.ts'
import { RemoteSession } from './remote.ts'
import type { Session, SessionSource, Terms } from './session.ts'

const REFUSED: CloseReason = { code: 'refused', message: 'nothing is shared here' }

/** A network listener as a source of Sessions: each Connection becomes one, in the mode that the address promises. */
export class RemoteSource implements SessionSource {
  readonly #listener: Listener
  readonly #sessions = new Emitter<Session>()
  readonly onSession = this.#sessions.event
  readonly terms: Terms

  /** `greet`: for a client from this address, when it comes; empty where it has none. */
  constructor(
    listener: Listener,
    mode: RemoteMode,
    terms: Terms = {},
    greet: (address: string) => Greeting = () => ({})
  ) {
    this.#listener = listener
    this.terms = terms
    listener.onConnection((connection) => {
      if (this.#sessions.hasListeners)
        this.#sessions.fire(new RemoteSession(connection, mode, greet(connection.remoteAddress ?? '')))
      else connection.abort(REFUSED)
    })
  }

  get address(): string {
    return this.#listener.url
  }

  get awaited(): boolean | undefined {
    return this.#listener.awaited
  }

  get onAccepting(): Event<void> | undefined {
    return this.#listener.onAccepting
  }

  close(reason: CloseReason): Promise<void> {
    return this.#listener.close(reason)
  }
}
