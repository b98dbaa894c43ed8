/**
 * The composition root: implements the command table, owns every share and link and the state tree. Called by hosts; the
 * only room that knows how all the others fit together.
 */
import * as v from 'valibot'
import { Emitter } from '../base/event.ts'
import { Link } from '../bridge/link.ts'
import {
  COMMANDS,
  type CommandArguments,
  type CommandInput,
  type CommandName,
  type CommandResult,
  type PortSpec
} from '../contract/commands.ts'
import { SWITCHED_OFF, type CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import type { BridgeState, PortState, RotatorState, StateTree } from '../contract/state.ts'
import type { ConsoleSource } from '../sessions/console.ts'
import type { Context, Farports } from './context.ts'
import { converse, type ConverseOptions } from './converse.ts'
import { firstOpening } from './first-opening.ts'
import type { Kept } from './kept.ts'
import type { Users } from './users.ts'
import { freeName, nameOf } from './names.ts'
import type { Notice } from './notice.ts'
import type { Placed, Switch } from './placed.ts'
import type { ScriptOptions } from './run-script.ts'
import type { Script } from './script.ts'
import { startShare } from './shares.ts'
import { SwitchedShare } from './switched-share.ts'
import { useOfEntry } from './use.ts'

type Handlers = {
  readonly [Name in CommandName]: (
    args: CommandArguments<Name>,
    signal: AbortSignal
  ) => Promise<CommandResult<Name>>
}

const forever = new AbortController().signal

/** How long what is under way may take at the end, in ms … */
const DRAIN_MS = 10_000
/** … and where it was told to stop, or failed. */
const HURRIED_MS = 2000

export class Core {
  readonly #context: Context
  /** Shares, links and rotators, by their number. */
  readonly #kept = new Map<string, Kept>()
  /** Theirs, which stay as they are: beside the states, which are made anew at each look. */
  readonly #names = new Map<string, string>()
  /** What is being started, by its name: two that start at once must not get the same. */
  readonly #starting = new Map<string, Promise<unknown>>()
  readonly #notices = new Emitter<Notice>()
  readonly #states = new Emitter<void>()
  #lastId = 0
  #closed = false

  readonly onNotice = this.#notices.event
  /** `state` changed in more than its byte counts. */
  readonly onState = this.#states.event

  /** `farports`: the way to paired computers, for targets `farport://PEER/SHARE`. */
  constructor({ farports }: { readonly farports?: Farports } = {}) {
    this.#context = { report: this.#report, ...(farports && { farports }) }
  }

  get state(): StateTree {
    const states = [...this.#kept.values()].map(({ state }) => state)
    return {
      bridges: byId(states.filter((state) => state.kind !== 'rotator')),
      rotators: byId(states.filter((state) => state.kind === 'rotator'))
    }
  }

  /** Of one thing alone: `state` makes that of all of them. Undefined: there is none with this id. */
  stateOf(id: string): BridgeState | RotatorState | undefined {
    return this.#kept.get(id)?.state
  }

  /** What one command needs alone is loaded with it. */
  readonly #handlers: Handlers = {
    'ports.list': async () => (await import('../ports/list-ports.ts')).listPorts(),
    'share.start': async (spec) => {
      const share = await this.#start(spec.name, spec.port.target, (id, name) =>
        this.#listening(spec.listen, id, startShare(id, name, spec, this.#contextOf(id)))
      )
      this.#tellFaults(share)
      return share.state
    },
    'share.enable': async ({ id, enabled }) => {
      const share = this.#find(id, SwitchedShare)
      if (enabled) await share.enable()
      else await share.disable(HURRIED_MS)
      return share.state
    },
    'rotator.start': async (spec) => {
      const { makeRotator } = await import('./rotators.ts')
      const shares = spec.shares.map((share) => this.#find(share, SwitchedShare))
      const pool = (): SwitchedShare[] => shares.filter(({ ended }) => !ended)
      const rotator = await this.#start(spec.name, 'rotator', (id, name) =>
        this.#listening(spec.listen, id, makeRotator(id, name, spec, pool, this.#contextOf(id).report))
      )
      return rotator.state
    },
    'link.start': async (spec) => {
      const { makeLink } = await import('./links.ts')
      const link = await this.#start(spec.name, spec.port.target, (id, name) =>
        makeLink(id, name, spec, this.#contextOf(id))
      )
      // The faults of a first opening that somebody waits for are theirs.
      if (!spec.hold || spec.wait) this.#tellFaults(link)
      return link.state
    },
    'link.opened': async ({ id }, signal) => {
      const link = this.#find(id, Link)
      await this.#unlessItFails(link, firstOpening(link, signal))
      this.#tellFaults(link)
      return link.state
    },
    'bridge.stop': async ({ id }) => {
      return { lost: await this.#stop(id, this.#find(id), DRAIN_MS) }
    },
    send: async (args, signal) => (await import('./send.ts')).send(args, this.#context, signal),
    reset: async (args, signal) => (await import('./reset.ts')).reset(args, this.#context, signal),
    doctor: async () => (await import('./doctor.ts')).examine()
  }

  /**
   * Runs a command of the table. Rejects with a Fault: `usage` or `bad-settings` where an argument does not fit, else what the
   * command names; with the signal's reason when it is aborted.
   */
  async call<Name extends CommandName>(
    name: Name,
    input: CommandInput<Name>,
    signal: AbortSignal = forever
  ): Promise<CommandResult<Name>> {
    const args = v.safeParse(COMMANDS[name].args, input)
    if (!args.success) throw misfit(name, args.issues[0])
    return this.#handlers[name](args.output, signal)
  }

  /**
   * Rejects with the Fault of the command that starts such a thing, where it is wrong in itself: what no device, address or time
   * could mend. For whoever writes such things down.
   */
  async check(what: Placed): Promise<void> {
    ;(await import('./check-placed.ts')).checkPlaced(what, this.#context)
  }

  /**
   * A place for something with an id and a name of its own, and how it is switched; it is off. A device, an address or a share that
   * is not there is waited for. For whoever keeps a list of such things.
   */
  place(what: Placed): Switch {
    const { id } = what.entry
    let { name } = what.entry
    const end = async (timeoutMs: number, reason: CloseReason): Promise<number> => {
      const thing = this.#kept.get(id)
      return thing ? this.#stop(id, thing, timeoutMs, reason) : 0
    }
    return {
      on: () =>
        this.#listening(
          what.kind === 'link' ? [] : what.entry.listen,
          id,
          this.#switchOn(what, () => name)
        ),
      off: async (timeoutMs) => {
        const thing = this.#kept.get(id)
        return thing instanceof SwitchedShare ? thing.disable(timeoutMs) : end(timeoutMs, SWITCHED_OFF)
      },
      end,
      rename: (called) => {
        name = called
        this.#rename(id, called)
      }
    }
  }

  /**
   * Opens the port, plays a script on it, closes it. No command, for the same reason as `attach`: what the device says is told as it
   * comes. Rejects as `playScript` does.
   */
  async script(port: PortSpec, script: Script, options: ScriptOptions, signal: AbortSignal): Promise<void> {
    return (await import('./play-script.ts')).playScript(port, script, options, this.#context, signal)
  }

  /**
   * Puts a terminal or a pipe of the host's own on a port, until it leaves. No command: a stream of bytes cannot be an
   * argument. Resolves with the number of bytes that were not delivered when it left. Rejects with a Fault when the port cannot
   * be opened at first, or breaks and shall not be opened again.
   */
  async attach(
    port: PortSpec,
    source: ConsoleSource,
    options: Omit<ConverseOptions, 'onOpened'>,
    signal: AbortSignal
  ): Promise<number> {
    const { makeConsoleLink } = await import('./links.ts')
    const link = await this.#start(undefined, port.target, (id) =>
      makeConsoleLink(id, port, source, this.#contextOf(id))
    )
    const conversation = converse(
      link,
      source,
      { ...options, onOpened: () => this.#tellFaults(link) },
      signal
    )
    await this.#unlessItFails(link, conversation)
    const hurry = (): void => void link.close(HURRIED_MS)
    signal.addEventListener('abort', hurry, { once: true })
    const lost = await this.#stop(link.state.id, link, signal.aborted ? HURRIED_MS : DRAIN_MS)
    signal.removeEventListener('abort', hurry)
    return lost
  }

  /**
   * Ends everything within `timeoutMs`, also what is being started; resolves with the number of bytes that were not delivered.
   * Never rejects.
   */
  async close(timeoutMs: number): Promise<number> {
    this.#closed = true
    await Promise.allSettled(this.#starting.values())
    const ends = [...this.#kept].map(([id, thing]) => this.#stop(id, thing, timeoutMs))
    return (await Promise.all(ends)).reduce((sum, lost) => sum + lost, 0)
  }

  readonly #report = (notice: Notice): void => {
    this.#notices.fire(notice)
  }

  /** Those who use a share or link, to be acted upon. Throws `usage` where there is none with this id. */
  users(id: string): Users {
    const found = this.#kept.get(id)
    if (found instanceof SwitchedShare || found instanceof Link) return found
    throw new Fault('usage', `There is no share or link with the id ${id} that runs.`)
  }

  /** For those who come to it by another way than its listeners; undefined: none with this id runs. */
  share(id: string): SwitchedShare | undefined {
    const found = this.#kept.get(id)
    return found instanceof SwitchedShare ? found : undefined
  }

  /** How it goes with the port of a link, and of a cable with the one at its other end; empty: none with this id runs. */
  linkPorts(id: string): readonly PortState[] {
    const found = this.#kept.get(id)
    return found instanceof Link ? found.ports : []
  }

  #find(id: string): Kept
  #find<Kind>(id: string, kind: abstract new (...args: never[]) => Kind): Kind
  #find(id: string, kind?: abstract new (...args: never[]) => unknown): unknown {
    const found = this.#kept.get(id)
    if (found && (!kind || found instanceof kind)) return found
    const what = kind ? `a ${kind === Link ? 'link' : 'share'}` : 'a share, link or rotator'
    throw new Fault('usage', `There is no such thing as ${what} with the id ${id}.`)
  }

  /** `called`: by its name of the moment, which may change while it begins. */
  async #switchOn(what: Placed, called: () => string): Promise<void> {
    const { id } = what.entry
    const had = this.#kept.get(id)
    if (had && !(had instanceof SwitchedShare)) return
    if (this.#closed) throw shuttingDown()
    const thing = had ?? (await this.#make(what, called()))
    if (!had) this.#tellFaults(this.#add(thing))
    this.#rename(id, called())
    if (thing instanceof SwitchedShare) await thing.enable()
    if (!this.#isClosed()) return
    await this.#stop(id, thing, 0)
    throw new Fault('usage', `${called()} cannot begin: ${shuttingDown().message}`)
  }

  async #make(what: Placed, name: string): Promise<Kept> {
    const { id } = what.entry
    const context = { ...this.#contextOf(id), use: useOfEntry(id) }
    switch (what.kind) {
      case 'share': {
        // Paired computers reach it without a listener.
        const spec = { ...what.entry, pooled: true, wait: true, disabled: true }
        return startShare(id, name, spec, context)
      }
      case 'link':
        return (await import('./links.ts')).makeLink(id, name, { ...what.entry, wait: true }, context)
      case 'rotator': {
        const { makeRotator } = await import('./rotators.ts')
        // Shares come and go in the settings, under the same id.
        const pool = (): SwitchedShare[] =>
          what.entry.shares.flatMap((share) => {
            const kept = this.#kept.get(share)
            return kept instanceof SwitchedShare ? [kept] : []
          })
        return makeRotator(id, name, what.entry, pool, context.report)
      }
    }
  }

  /** Gives it a number and a name of its own, makes it and keeps it. Rejects as `make` does, or when the core is closed. */
  async #start<Thing extends Kept>(
    wish: string | undefined,
    target: string,
    make: (id: string, name: string) => Thing | Promise<Thing>
  ): Promise<Thing> {
    const taken = [...this.#names.values(), ...this.#starting.keys()]
    const name = freeName(wish ?? nameOf(target), taken)
    const start = async (): Promise<Thing> => {
      if (this.#isClosed()) throw shuttingDown()
      const thing = await make(String(++this.#lastId), name)
      if (!this.#isClosed()) return this.#add(thing)
      await thing.close(0)
      throw shuttingDown()
    }
    const starting = start()
    this.#starting.set(name, starting)
    try {
      return await starting
    } finally {
      this.#starting.delete(name)
    }
  }

  /** A method and not the field itself, since it may change while something is made. */
  #isClosed(): boolean {
    return this.#closed
  }

  /** What was started for a purpose does not go on without it. */
  async #unlessItFails<T>(link: Link, purpose: Promise<T>): Promise<T> {
    try {
      return await purpose
    } catch (error) {
      await this.#stop(link.state.id, link, HURRIED_MS)
      throw error
    }
  }

  #add<Thing extends Kept>(thing: Thing): Thing {
    const { id, name: subject } = thing.state
    this.#kept.set(id, thing)
    this.#names.set(id, subject)
    thing.onNotice((notice) => this.#report({ ...notice, subject: this.#names.get(id) ?? subject, id }))
    thing.onState(() => this.#states.fire())
    this.#states.fire()
    return thing
  }

  /** From now on: a fault of the first opening is for whoever waits for that. */
  #tellFaults(thing: Kept): void {
    const { id, name: subject } = thing.state
    thing.onFault(({ message }) =>
      this.#report({ level: 'warning', subject: this.#names.get(id) ?? subject, id, text: message })
    )
  }

  /** What is told on behalf of that share, link or rotator is known to be about it. */
  #contextOf(id: string): Context {
    return { ...this.#context, report: (notice) => this.#report({ ...notice, id }) }
  }

  /** Where what listens there cannot since another one of ours does, that one is named. */
  async #listening<T>(
    listen: CommandArguments<'share.start'>['listen'],
    id: string,
    start: Promise<T>
  ): Promise<T> {
    try {
      return await start
    } catch (error) {
      const { whoseAddress } = await import('./own-address.ts')
      const others = [...this.#kept].flatMap(([each, { state }]) => (each === id ? [] : [state]))
      throw whoseAddress(error, listen, others)
    }
  }

  #rename(id: string, name: string): void {
    const thing = this.#kept.get(id)
    if (!(thing instanceof SwitchedShare || thing instanceof Link) || this.#names.get(id) === name) return
    this.#names.set(id, name)
    thing.rename(name)
  }

  async #stop(id: string, thing: Kept, timeoutMs: number, reason?: CloseReason): Promise<number> {
    const lost = await thing.close(timeoutMs, reason)
    this.#kept.delete(id)
    this.#names.delete(id)
    this.#states.fire()
    return lost
  }
}

function byId<State extends { readonly id: string }>(states: readonly State[]): Record<string, State> {
  return Object.fromEntries(states.map((state) => [state.id, state]))
}

function shuttingDown(): Fault {
  return new Fault('usage', 'Farport is shutting down: start it again for this')
}

function misfit(name: string, issue: v.BaseIssue<unknown>): Fault {
  const path = (issue.path ?? []).map(({ key }) => String(key)).join('.')
  const code = path.includes('settings') ? 'bad-settings' : 'usage'
  return new Fault(code, `${name}: ${path === '' ? 'arguments' : path}: ${issue.message}`)
}
