/**
 * A monitor's way to write: as a terminal, it becomes one of the users of the port, and only when something is sent the first time; until
 * then nothing is opened, and nobody is shown as a user. It never takes the control: whoever has it is asked.
 */
import { type Clock, sleep } from '../../../src-main/base/clock.ts'
import type { Disposable } from '../../../src-main/base/event.ts'
import type { BridgeState, SessionState } from '../../../src-main/contract/state.ts'
import { pageClock } from '../../clock.ts'
import type { Core } from '../../core.svelte.ts'
import { words } from '../../words/words.ts'
import { TerminalLink } from '../terminal-link.svelte.ts'

/** A port that does not open in this time is told of, in ms; it is tried on. */
const OPENS_MS = 10_000

/** What the device says to this user is seen in the recording. */
const unread = (): Promise<void> => Promise.resolve()

export class Sender implements Disposable {
  readonly #core: Core
  readonly #id: string
  readonly #clock: Clock
  readonly #link: TerminalLink
  readonly #end = new AbortController()
  /** Another one after each time it left: what was on its way then is over. */
  #turn = 0

  /** It is one of the users, or on its way to be. */
  isJoined = $state(false)
  /** Bytes were given to `send` and are on their way. */
  isSending = $state(false)
  /** Why what was sent did not arrive; empty: it did. */
  trouble = $state('')

  /** `id`: of the share or link. */
  constructor(core: Core, id: string, clock: Clock = pageClock) {
    this.#core = core
    this.#id = id
    this.#clock = clock
    this.#link = new TerminalLink(core, { id }, unread)
  }

  /** Of the state; undefined: it is gone. Reactive, as all below. */
  get bridge(): BridgeState | undefined {
    const { bridges } = this.#core.tree
    return Object.hasOwn(bridges, this.#id) ? bridges[this.#id] : undefined
  }

  get #own(): SessionState | undefined {
    const session = this.#link.joined?.session
    return this.bridge?.sessions.find(({ id }) => id === session)
  }

  get #far(): Extract<BridgeState['far'], { type: 'known' }> | undefined {
    const far = this.bridge?.far
    return far?.type === 'known' ? far : undefined
  }

  /** It has joined, and somebody else has the control, here or at the other side of a link. */
  get isWatching(): boolean {
    return this.#own !== undefined && (!this.#own.writer || this.#far?.writer === false)
  }

  /** It may write now. */
  get isWriter(): boolean {
    return this.#own !== undefined && !this.isWatching
  }

  /** Nobody would give it the control: the owner made it a watcher. */
  get onlyObserves(): boolean {
    return this.#own?.observes === true
  }

  get hasAsked(): boolean {
    return this.#far?.asksSince !== undefined
  }

  /** The far side is asked; here the owner of this computer just takes it. */
  get isFarAway(): boolean {
    return this.#far !== undefined && !this.#far.writer
  }

  /** Before it joined: who has the control, so that one would only watch. */
  get holder(): string | undefined {
    if (this.isJoined) return undefined
    return this.bridge?.sessions.find(({ holdsSince }) => holdsSince !== undefined)?.label
  }

  /** Bytes that the device has not taken yet. */
  get waitingBytes(): number {
    return this.#link.waitingBytes + (this.#own?.waiting ?? 0)
  }

  get discarded(): number {
    return this.#link.discarded
  }

  /** Why the port cannot be written to now; undefined: it can, or nobody knows. */
  get waitsFor(): string | undefined {
    const { standing } = this.#link
    return standing.type === 'waiting' && this.isJoined ? standing.fault.message : undefined
  }

  /** Why it is no user any more, though it did not leave. */
  get ended(): string | undefined {
    const { standing } = this.#link
    return standing.type === 'closed' && this.isJoined ? standing.why : undefined
  }

  /**
   * Joins where it has not. Resolves when the device's side has taken all of it; false: not, and why is in `trouble`, or `isWatching` says
   * it. Never rejects.
   */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    this.trouble = ''
    if (bytes.length === 0) return true
    const turn = this.#turn
    this.isSending = true
    try {
      if (!(await this.#ready())) return false
      // What was refused before is no longer of interest; what is now may be refused at once, where too much waits.
      this.#link.refused = ''
      this.#link.send(bytes)
      await this.#link.sent
      // Nobody knows how much of it the device took.
      if (turn !== this.#turn) return false
      const { standing, refused } = this.#link
      if (standing.type === 'closed') return this.#fail(words.monitorSend.ended(standing.why))
      return refused === '' || this.#fail(refused)
    } finally {
      this.isSending = false
    }
  }

  /** Rejects with the core's Fault. */
  async discard(): Promise<void> {
    await this.#link.discard()
  }

  /** Rejects with the core's Fault. */
  async ask(): Promise<void> {
    const { joined } = this.#link
    if (!joined) return
    if (this.isFarAway) await this.#core.call('link.ask', { id: joined.id })
    else await this.#core.call('session.grant', { id: joined.id, session: joined.session })
  }

  /** What is being sent is over, as not sent. Safe to repeat. */
  leave(): void {
    this.#turn++
    this.isJoined = false
    this.trouble = ''
    this.#link.dispose()
    this.#link.joined = undefined
    this.#link.standing = { type: 'opening' }
  }

  dispose(): void {
    this.#end.abort()
    this.leave()
  }

  /** The port is open, and this is one of its users who may write. */
  async #ready(): Promise<boolean> {
    if (!this.isJoined || this.#link.standing.type === 'closed') {
      this.isJoined = true
      this.#link.open()
    }
    const state = await this.#settled()
    if (this.#hasLeft()) return false
    switch (state) {
      case 'open':
        return !this.isWatching
      case 'closed':
        return this.#fail(words.monitorSend.ended(this.ended ?? words.terminal.closed))
      case 'waiting':
        return this.#fail(this.waitsFor ?? words.monitorSend.notJoined)
      case 'opening':
        return this.#fail(words.monitorSend.notJoined)
    }
  }

  /** How its place at the port stands, when that is known, or after a time. */
  #settled(): Promise<TerminalLink['standing']['type']> {
    const told = new AbortController()
    const over = AbortSignal.any([this.#end.signal, told.signal])
    const wait = sleep(this.#clock, OPENS_MS, over).catch(() => undefined)
    const unwatch = $effect.root(() => {
      $effect(() => {
        const { type } = this.#link.standing
        // Its session is told in the state a moment later than to itself.
        const isSeen = this.#own !== undefined || type === 'closed' || type === 'waiting'
        if ((type !== 'opening' && isSeen) || !this.isJoined) told.abort()
      })
    })
    return wait.then(() => {
      unwatch()
      return this.#link.standing.type
    })
  }

  /** While something was waited for. */
  #hasLeft(): boolean {
    return this.#end.signal.aborted || !this.isJoined
  }

  #fail(why: string): false {
    this.trouble = why
    return false
  }
}
