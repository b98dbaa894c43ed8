/**
 * The composition root: implements the command table, owns every share and link and the state tree. Called by hosts; the
 * only room that knows how all the others fit together.
 */
import * as v from 'valibot'
import type { Event } from '../base/event.ts'
import { Link } from '../bridge/link.ts'
import type { Recorder } from '../capture/recorder.ts'
import {
  COMMANDS,
  type CommandArguments,
  type CommandInput,
  type CommandName,
  type CommandResult,
  type PortSpec
} from '../contract/commands.ts'
import { Fault } from '../contract/faults.ts'
import type { BridgeState, PortState, RotatorState, StateTree } from '../contract/state.ts'
import type { ConsoleSource } from '../sessions/console.ts'
import type { Session, Terms } from '../sessions/session.ts'
import type { Ways } from './context.ts'
import { converse, type ConverseOptions } from './converse.ts'
import { firstOpening } from './first-opening.ts'
import { Keep, shuttingDown } from './keep.ts'
import type { Kept } from './kept.ts'
import type { Joined, OwnersLine, Users } from './users.ts'
import { freeName, nameOf } from './names.ts'
import type { Notice } from './notice.ts'
import type { Placed, Switch } from './placed.ts'
import { placeIn } from './places.ts'
import type { ScriptOptions } from './run-script.ts'
import type { Script } from './script.ts'
import { startShare } from './shares.ts'
import { SwitchedShare } from './switched-share.ts'

type Handlers = {
  readonly [Name in CommandName]: (
    args: CommandArguments<Name>,
    signal: AbortSignal
  ) => Promise<CommandResult<Name>>
}

const forever = new AbortController().signal

/** In front of the number of what is in no settings: no id of theirs has a point. */
const PASSING = 'terminal.'

/** How long what is under way may take at the end, in ms … */
const DRAIN_MS = 10_000
/** … and where it was told to stop, or failed. */
const HURRIED_MS = 2000

export class Core {
  readonly #keep: Keep
  /** What is being started, by its name: two that start at once must not get the same. */
  readonly #starting = new Map<string, Promise<unknown>>()
  #lastId = 0

  readonly onNotice: Event<Notice>
  /** `state` changed in more than its byte counts. */
  readonly onState: Event<void>

  constructor(ways: Ways = {}) {
    this.#keep = new Keep(ways)
    this.onNotice = this.#keep.onNotice
    this.onState = this.#keep.onState
  }

  get state(): StateTree {
    return this.#keep.state
  }

  /** Of one thing alone: `state` makes that of all of them. Undefined: there is none with this id. */
  stateOf(id: string): BridgeState | RotatorState | undefined {
    return this.#keep.stateOf(id)
  }

  /** What one command needs alone is loaded with it. */
  readonly #handlers: Handlers = {
    'ports.list': async () => (await import('../ports/list-ports.ts')).listPorts(),
    'share.start': async (spec) => {
      const share = await this.#start(spec.name, spec.port.target, (id, name) =>
        this.#keep.listening(spec.listen, id, startShare(id, name, spec, this.#keep.contextOf(id)))
      )
      this.#keep.tellFaults(share)
      return share.state
    },
    'share.enable': async ({ id, enabled }) => {
      const share = this.#keep.find(id, SwitchedShare)
      if (enabled) await share.enable()
      else await share.disable(HURRIED_MS)
      return share.state
    },
    'rotator.start': async (spec) => {
      const { makeRotator } = await import('./rotators.ts')
      const shares = spec.shares.map((share) => this.#keep.find(share, SwitchedShare))
      const pool = (): SwitchedShare[] => shares.filter(({ ended }) => !ended)
      const rotator = await this.#start(spec.name, 'rotator', (id, name) =>
        this.#keep.listening(spec.listen, id, makeRotator(id, name, spec, pool, this.#keep.contextOf(id)))
      )
      return rotator.state
    },
    'link.start': async (spec) => {
      const { makeLink } = await import('./links.ts')
      const link = await this.#start(spec.name, spec.port.target, (id, name) =>
        makeLink(id, name, spec, this.#keep.contextOf(id))
      )
      // The faults of a first opening that somebody waits for are theirs.
      if (!spec.hold || spec.wait) this.#keep.tellFaults(link)
      return link.state
    },
    'link.ways': async () => (await import('./virtual/makers.ts')).virtualWays(),
    'link.opened': async ({ id }, signal) => {
      const link = this.#keep.find(id, Link)
      await this.#unlessItFails(link, firstOpening(link, signal))
      this.#keep.tellFaults(link)
      return link.state
    },
    'bridge.stop': async ({ id }) => {
      return { lost: await this.#keep.stop(this.#keep.find(id), DRAIN_MS) }
    },
    send: async (args, signal) => (await import('./send.ts')).send(args, this.#keep.context, signal),
    reset: async (args, signal) => (await import('./reset.ts')).reset(args, this.#keep.context, signal),
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
    ;(await import('./check-placed.ts')).checkPlaced(what, this.#keep.context)
  }

  /**
   * A place for something with an id and a name of its own, and how it is switched; it is off. A device, an address or a share that
   * is not there is waited for. For whoever keeps a list of such things.
   */
  place(what: Placed): Switch {
    return placeIn(this.#keep, what)
  }

  /**
   * Opens the port, plays a script on it, closes it. No command, for the same reason as `attach`: what the device says is told as it
   * comes. Rejects as `playScript` does.
   */
  async script(port: PortSpec, script: Script, options: ScriptOptions, signal: AbortSignal): Promise<void> {
    return (await import('./play-script.ts')).playScript(port, script, options, this.#keep.context, signal)
  }

  /**
   * Puts a terminal or a pipe of the host's own on a port, until it leaves. No command: a stream of bytes cannot be an
   * argument. Resolves with the number of bytes that were not delivered when it left. Rejects with a Fault when the port cannot
   * be opened at first, or breaks and shall not be opened again. `observe`, `record`: as a link's.
   */
  async attach(
    port: PortSpec,
    source: ConsoleSource,
    options: Omit<ConverseOptions, 'onOpened'> & { readonly observe?: boolean; readonly record?: boolean },
    signal: AbortSignal
  ): Promise<number> {
    const { makeConsoleLink } = await import('./links.ts')
    const link = await this.#start(undefined, port.target, (id) =>
      makeConsoleLink(id, port, [source], this.#keep.contextOf(id), options.observe, options.record)
    )
    const conversation = converse(
      link,
      source,
      { ...options, onOpened: () => this.#keep.tellFaults(link) },
      signal
    )
    await this.#unlessItFails(link, conversation)
    const hurry = (): void => void link.close(HURRIED_MS)
    signal.addEventListener('abort', hurry, { once: true })
    const lost = await this.#keep.stop(link, signal.aborted ? HURRIED_MS : DRAIN_MS)
    signal.removeEventListener('abort', hurry)
    return lost
  }

  /**
   * Puts a session on a port of its own, which is opened at once and again whenever it breaks, and ends with the session. `shown`: it is
   * there, under this number. Rejects where the port cannot be understood.
   */
  async join(
    port: PortSpec,
    session: Session,
    terms: Terms,
    shown: (link: Joined, session: number | undefined) => void
  ): Promise<void> {
    const { makeConsoleLink } = await import('./links.ts')
    const gone = new AbortController()
    session.onClose(() => gone.abort())
    const link = await this.#start(
      undefined,
      port.target,
      (id) => makeConsoleLink(id, port, [], this.#keep.contextOf(id), terms.observe),
      PASSING
    )
    const stop = (): void => void this.#keep.stop(link, DRAIN_MS)
    if (gone.signal.aborted) {
      stop()
      return
    }
    session.onClose(stop)
    this.#keep.tellFaults(link)
    shown(link, link.admit(session, terms))
  }

  /** What runs under this id, for whoever comes by another way than its listeners. Throws `usage` where none does. */
  joined(id: string): Joined {
    const found = this.#keep.get(id)
    if (found instanceof SwitchedShare || found instanceof Link) return found
    throw new Fault('usage', `There is no share or link with the id ${id} that runs. Switch it on first.`)
  }

  /**
   * Ends everything within `timeoutMs`, also what is being started; resolves with the number of bytes that were not delivered.
   * Never rejects.
   */
  close(timeoutMs: number): Promise<number> {
    return this.#keep.close(timeoutMs, this.#starting.values())
  }

  /** What is kept of its traffic, as long as it runs or is to come back; undefined: nothing ever ran under this id. */
  recorder(id: string): Recorder | undefined {
    return this.#keep.recordings.get(id)
  }

  /** Of all recordings together, in bytes of memory; undefined: as much as suits this computer. */
  limitRecordings(maxBytes: number | undefined): void {
    this.#keep.recordings.limit(maxBytes)
  }

  /** Those who use a share or link, to be acted upon. Throws `usage` where there is none with this id. */
  users(id: string): Users & OwnersLine {
    return this.#keep.users(id)
  }

  /** Every port and every dialled address that waits to be tried again is tried now; `id`: those of one share or link. */
  retry(id?: string): void {
    this.#keep.retry(id)
  }

  /** For those who come to it by another way than its listeners; undefined: none with this id runs. */
  share(id: string): SwitchedShare | undefined {
    return this.#keep.share(id)
  }

  /** How it goes with the port of a link, and of a cable with the one at its other end; empty: none with this id runs. */
  linkPorts(id: string): readonly PortState[] {
    return this.#keep.linkPorts(id)
  }

  /** Gives it a number and a name of its own, makes it and keeps it. Rejects as `make` does, or when the core is closed. */
  async #start<Thing extends Kept>(
    wish: string | undefined,
    target: string,
    make: (id: string, name: string) => Thing | Promise<Thing>,
    prefix = ''
  ): Promise<Thing> {
    const taken = [...this.#keep.names, ...this.#starting.keys()]
    const name = freeName(wish ?? nameOf(target), taken)
    const start = async (): Promise<Thing> => {
      if (this.#isClosed()) throw shuttingDown()
      const thing = await make(`${prefix}${++this.#lastId}`, name)
      if (!this.#isClosed()) return this.#keep.add(thing)
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
    return this.#keep.closed
  }

  /** What was started for a purpose does not go on without it. */
  async #unlessItFails<T>(link: Link, purpose: Promise<T>): Promise<T> {
    try {
      return await purpose
    } catch (error) {
      await this.#keep.stop(link, HURRIED_MS)
      throw error
    }
  }
}

function misfit(name: string, issue: v.BaseIssue<unknown>): Fault {
  const path = (issue.path ?? []).map(({ key }) => String(key)).join('.')
  const code = path.includes('settings') ? 'bad-settings' : 'usage'
  return new Fault(code, `${name}: ${path === '' ? 'arguments' : path}: ${issue.message}`)
}
