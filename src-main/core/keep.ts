/**
 * What runs in a core, by its id: shares, links, rotators. Keeps them, names them, tells of them and ends them; makes none. Called by
 * core.ts and places.ts.
 */
import { Emitter } from '../base/event.ts'
import { Link } from '../bridge/link.ts'
import { REMADE, SWITCHED_OFF, type CloseReason } from '../contract/close.ts'
import type { CommandArguments } from '../contract/commands.ts'
import { Fault } from '../contract/faults.ts'
import type { LineWish } from '../contract/line.ts'
import type { BridgeState, PortState, RotatorState, StateTree } from '../contract/state.ts'
import type { Context, Ways } from './context.ts'
import type { Kept } from './kept.ts'
import type { Notice } from './notice.ts'
import { Recordings } from './recordings.ts'
import { SwitchedShare } from './switched-share.ts'
import type { OwnersLine, Users } from './users.ts'

export class Keep {
  /** For what is about nothing in here. */
  readonly context: Context
  readonly recordings = new Recordings()
  readonly #kept = new Map<string, Kept>()
  /** Theirs, which stay as they are: beside the states, which are made anew at each look. */
  readonly #names = new Map<string, string>()
  readonly #notices = new Emitter<Notice>()
  readonly #states = new Emitter<void>()
  #closed = false

  readonly onNotice = this.#notices.event
  /** `state` changed in more than its byte counts. */
  readonly onState = this.#states.event

  constructor(ways: Ways) {
    this.context = { report: this.#report, ...ways }
  }

  /** All of it ends, and nothing may be added. */
  get closed(): boolean {
    return this.#closed
  }

  get names(): Iterable<string> {
    return this.#names.values()
  }

  get state(): StateTree {
    const states = [...this.#kept.values()].map(({ state }) => this.#withRecording(state))
    return {
      bridges: byId(states.filter((state) => state.kind !== 'rotator')),
      rotators: byId(states.filter((state) => state.kind === 'rotator'))
    }
  }

  /** Of one thing alone: `state` makes that of all of them. */
  stateOf(id: string): BridgeState | RotatorState | undefined {
    const state = this.#kept.get(id)?.state
    return state && this.#withRecording(state)
  }

  get(id: string): Kept | undefined {
    return this.#kept.get(id)
  }

  share(id: string): SwitchedShare | undefined {
    const found = this.#kept.get(id)
    return found instanceof SwitchedShare ? found : undefined
  }

  linkPorts(id: string): readonly PortState[] {
    const found = this.#kept.get(id)
    return found instanceof Link ? found.ports : []
  }

  /** Throws `usage` where there is none with this id. */
  users(id: string): Users & OwnersLine {
    const found = this.#kept.get(id)
    if (found instanceof SwitchedShare || found instanceof Link) return found
    throw new Fault('usage', `There is no share or link with the id ${id} that runs.`)
  }

  /** Throws `usage` where there is none of that kind. */
  find(id: string): Kept
  find<Kind>(id: string, kind: abstract new (...args: never[]) => Kind): Kind
  find(id: string, kind?: abstract new (...args: never[]) => unknown): unknown {
    const found = this.#kept.get(id)
    if (found && (!kind || found instanceof kind)) return found
    const what = kind ? `a ${kind === Link ? 'link' : 'share'}` : 'a share, link or rotator'
    throw new Fault('usage', `There is no such thing as ${what} with the id ${id}.`)
  }

  add<Thing extends Kept>(thing: Thing): Thing {
    const { id, name: subject } = thing.state
    this.#kept.set(id, thing)
    this.#names.set(id, subject)
    thing.onNotice((notice) => this.#report({ ...notice, subject: this.#names.get(id) ?? subject, id }))
    thing.onState(() => this.#states.fire())
    this.#states.fire()
    return thing
  }

  /** From now on: a fault of the first opening is for whoever waits for that. */
  tellFaults(thing: Kept): void {
    const { id, name: subject } = thing.state
    thing.onFault(({ message }) =>
      this.#report({ level: 'warning', subject: this.#names.get(id) ?? subject, id, text: message })
    )
  }

  /** What is told on behalf of that share, link or rotator is known to be about it. */
  contextOf(id: string): Context {
    return {
      ...this.context,
      report: (notice) => this.#report({ ...notice, id }),
      record: (on) => this.recordings.open(id, on),
      whose: (fault, url) => this.#whose(fault, [url], id)
    }
  }

  /** Rejects as `start` does; where that cannot listen since another one in here does, that one is named. */
  async listening<T>(
    listen: CommandArguments<'share.start'>['listen'],
    id: string,
    start: Promise<T>
  ): Promise<T> {
    try {
      return await start
    } catch (error) {
      throw await this.#whose(error, listen, id)
    }
  }

  /** As `whoseAddress`: of the others in here. */
  async #whose(
    error: unknown,
    listen: CommandArguments<'share.start'>['listen'],
    id: string
  ): Promise<Fault> {
    const { whoseAddress } = await import('./own-address.ts')
    const others = [...this.#kept].flatMap(([each, { state }]) => (each === id ? [] : [state]))
    return whoseAddress(error, listen, others)
  }

  /** What waits to be tried again is tried now; `id`: of that one alone, and nothing where it does not run. */
  retry(id?: string): void {
    const things = id === undefined ? [...this.#kept.values()] : [this.#kept.get(id)]
    for (const thing of things) if (thing instanceof SwitchedShare || thing instanceof Link) thing.retry()
  }

  /** Its own settings are these from now on. */
  tune(id: string, settings: LineWish): void {
    const thing = this.#kept.get(id)
    if (thing instanceof SwitchedShare || thing instanceof Link) thing.tune(settings)
  }

  rename(id: string, name: string): void {
    const thing = this.#kept.get(id)
    if (!(thing instanceof SwitchedShare || thing instanceof Link) || this.#names.get(id) === name) return
    this.#names.set(id, name)
    thing.rename(name)
  }

  /** Records it from now on, or no longer. Of no effect where nothing runs under this id. */
  record(id: string, on: boolean): void {
    if (!this.#kept.has(id)) return
    this.recordings.open(id, on)
    this.#states.fire()
  }

  /** Resolves with the number of bytes that were not delivered; never rejects. What is to come back keeps its recording. */
  async stop(thing: Kept, timeoutMs: number, reason?: CloseReason): Promise<number> {
    const { id } = thing.state
    const lost = await thing.close(timeoutMs, reason)
    this.#kept.delete(id)
    this.#names.delete(id)
    this.forget(id, reason)
    this.#states.fire()
    return lost
  }

  /** What does not run ends for good, but for a reason that brings it back: its recording is gone. */
  forget(id: string, reason?: CloseReason): void {
    if (reason !== REMADE && reason !== SWITCHED_OFF) this.recordings.close(id)
  }

  /** Nothing may be added from now on; `starting`: what is on its way. As `stop`, for all of them. */
  async close(timeoutMs: number, starting: Iterable<Promise<unknown>>): Promise<number> {
    this.#closed = true
    await Promise.allSettled(starting)
    const ends = [...this.#kept.values()].map((thing) => this.stop(thing, timeoutMs))
    return (await Promise.all(ends)).reduce((sum, lost) => sum + lost, 0)
  }

  #withRecording<State extends BridgeState | RotatorState>(state: State): State {
    return { ...state, ...this.recordings.stateOf(state.id) }
  }

  readonly #report = (notice: Notice): void => {
    this.#notices.fire(notice)
  }
}

export function shuttingDown(): Fault {
  return new Fault('usage', 'Farport is shutting down: start it again for this')
}

function byId<State extends { readonly id: string }>(states: readonly State[]): Record<string, State> {
  return Object.fromEntries(states.map((state) => [state.id, state]))
}
