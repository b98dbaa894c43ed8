/**
 * A COM port that another program serves: hub4com reads our end of a com0com pair and speaks RFC 2217 with a listener of ours, on 127.0.0.1 and for
 * this link alone. Called by core, which finds the pair and the program.
 */
import type { Clock } from '../base/clock.ts'
import { Emitter, type Event } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { Connection, Listener } from '../net/connection.ts'
import { parseEndpoint } from '../net/endpoint.ts'
import { listenTcp } from '../net/tcp.ts'
import { WatchedProgram } from '../os/watched-program.ts'
import { RemoteSource } from './remote-source.ts'
import type { Session, SessionSource } from './session.ts'

const ONE_ALONE: CloseReason = { code: 'refused', message: 'hub4com is connected already' }

export interface Hub4comOptions {
  /** Where programs find it: `COM7`. */
  readonly address: string
  /** hub4com's command, for a listener at this port of 127.0.0.1. */
  readonly command: (port: number) => readonly [string, ...string[]]
  readonly clock?: Clock
}

export class Hub4comSource implements SessionSource {
  readonly address: string
  readonly #sessions: RemoteSource
  readonly #program: WatchedProgram
  readonly #faults = new Emitter<Fault>()
  #told = ''

  readonly onSession: Event<Session>
  /** hub4com ended; once per cause. */
  readonly onFault: Event<Fault> = this.#faults.event

  private constructor(listener: Listener, { address, command, clock }: Hub4comOptions) {
    this.address = address
    this.#sessions = new RemoteSource(oneAtATime(listener), 'rfc2217')
    this.onSession = this.#sessions.onSession
    this.#program = new WatchedProgram({
      command: command(parseEndpoint(listener.url).port),
      ...(clock && { clock })
    })
    this.onSession(() => (this.#told = ''))
    this.#program.onFailure((why) => {
      if (why === this.#told) return
      this.#told = why
      this.#faults.fire(
        new Fault('device-io', `hub4com, which makes ${address}, ${why}. It is started again.`)
      )
    })
  }

  /** Rejects with a Fault where this computer has no port left. */
  static async open(options: Hub4comOptions): Promise<Hub4comSource> {
    const { clock } = options
    // A browser could come to it; hub4com's first bytes are no HTTP, and nobody else is let in while it is there.
    const listener = await listenTcp(parseEndpoint('rfc2217://127.0.0.1:0', 'listen'), {
      ...(clock && { clock })
    })
    return new Hub4comSource(listener, options)
  }

  /** Of hub4com; undefined: it does not run now. */
  get pid(): number | undefined {
    return this.#program.pid
  }

  async close(reason: CloseReason): Promise<void> {
    await Promise.all([this.#sessions.close(reason), this.#program.stop()])
  }
}

/** Who connects while somebody is there is turned away: every user of this computer could. */
function oneAtATime(listener: Listener): Listener {
  const connections = new Emitter<Connection>()
  let current: Connection | undefined
  listener.onConnection((connection) => {
    if (current || !connections.hasListeners) {
      connection.abort(ONE_ALONE)
      return
    }
    current = connection
    connection.onClose(() => {
      if (current === connection) current = undefined
    })
    connections.fire(connection)
  })
  return {
    url: listener.url,
    onConnection: connections.event,
    close: (reason) => listener.close(reason)
  }
}
