/**
 * A terminal's way to its port: what the device says goes to the screen as fast as that takes it, what is typed goes to the device in order.
 * Used by the terminal's view, which it outlives not.
 */
import type { Disposable } from '../../src-main/base/event.ts'
import { type FaultRecord, toFault } from '../../src-main/contract/faults.ts'
import { MAX_TERMINAL_BYTES, type TerminalItem, type TerminalSpec } from '../../src-main/contract/terminal.ts'
import type { Core } from '../core.svelte.ts'
import { words } from '../words/words.ts'

/** What was pasted waits here while the device takes it; more is refused whole, in bytes. */
export const MAX_WAITING = 1024 * 1024

/** `joined`: its place among the users of a share or link, in the state. */
export type TerminalStanding =
  | { readonly type: 'opening' }
  | { readonly type: 'open' }
  | { readonly type: 'waiting'; readonly fault: FaultRecord }
  | { readonly type: 'closed'; readonly why: string }

export interface Joined {
  readonly id: string
  readonly session: number
}

export class TerminalLink implements Disposable {
  readonly #core: Pick<Core, 'call' | 'subscribe'>
  readonly #on: TerminalSpec['on']
  readonly #screen: (bytes: Uint8Array) => Promise<void>
  #key = ''
  #subscription: Disposable | undefined
  #waiting: Uint8Array<ArrayBuffer>[] = []
  #isSending = false
  #sent = Promise.resolve()

  standing = $state.raw<TerminalStanding>({ type: 'opening' })
  joined = $state.raw<Joined | undefined>()
  /** What was typed or pasted and the core has not taken yet. */
  waitingBytes = $state(0)
  /** How much of it was called back last, until something is sent again; 0: nothing. */
  discarded = $state(0)
  /** Why what was typed did not arrive; empty: it did. */
  refused = $state('')

  /** `screen`: resolves when it has taken them, and only then it is given more. */
  constructor(
    core: Pick<Core, 'call' | 'subscribe'>,
    on: TerminalSpec['on'],
    screen: (bytes: Uint8Array) => Promise<void>
  ) {
    this.#core = core
    this.#on = on
    this.#screen = screen
  }

  /** Also again, after it was closed. */
  open(): void {
    this.#subscription?.dispose()
    this.#forget()
    this.#key = crypto.randomUUID()
    this.standing = { type: 'opening' }
    this.refused = ''
    const key = this.#key
    this.#subscription = this.#core.subscribe(
      'terminal',
      { terminal: key, on: this.#on },
      (item) => this.#take(item),
      (fault) => {
        if (key === this.#key) this.#end(fault?.message)
      }
    )
  }

  /** Never rejects: what came of it is in `refused`. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length === 0) return
    if (this.waitingBytes + bytes.length > MAX_WAITING) {
      this.refused = words.terminal.tooMuch
      return
    }
    this.discarded = 0
    for (let at = 0; at < bytes.length; at += MAX_TERMINAL_BYTES)
      this.#waiting.push(bytes.subarray(at, at + MAX_TERMINAL_BYTES))
    this.waitingBytes += bytes.length
    if (!this.#isSending) this.#sent = this.#flush()
  }

  /** Resolves when all that was given to `send` was taken, or is given up: `refused` and `standing` tell. Never rejects. */
  get sent(): Promise<void> {
    return this.#sent
  }

  /** What the device has not taken is not sent: what waits here, and what the core has. Rejects with the core's Fault. */
  async discard(): Promise<void> {
    const here = this.#waiting.reduce((sum, { length }) => sum + length, 0)
    this.#waiting = []
    this.waitingBytes -= here
    const terminal = this.#key
    const { discarded } = await this.#core.call('terminal.discard', { terminal })
    if (terminal === this.#key) this.discarded = here + discarded
  }

  dispose(): void {
    this.#key = ''
    this.#subscription?.dispose()
    this.#forget()
  }

  /** One after the other: the core keeps the order of what it was given, and tells when it was taken. */
  async #flush(): Promise<void> {
    const terminal = this.#key
    this.#isSending = true
    try {
      for (let bytes = this.#waiting.shift(); bytes; bytes = this.#waiting.shift()) {
        await this.#core.call('terminal.write', { terminal, bytes })
        if (terminal !== this.#key) return
        this.waitingBytes -= bytes.length
        this.refused = ''
      }
    } catch (error) {
      if (terminal !== this.#key) return
      this.#forget()
      this.refused = toFault(error).message
    } finally {
      if (terminal === this.#key) this.#isSending = false
    }
  }

  #take(item: TerminalItem): Promise<void> | undefined {
    switch (item.type) {
      case 'joined':
        this.joined = { id: item.id, session: item.session }
        return undefined
      case 'open':
        this.standing = { type: 'open' }
        return undefined
      case 'bytes':
        return this.#screen(item.bytes)
      case 'waiting':
        this.standing = { type: 'waiting', fault: item.fault }
        return undefined
      case 'closed':
        this.#end(item.reason.message)
        return undefined
    }
  }

  #end(why = words.terminal.closed): void {
    // The reason of its last word is better than that of the connection's end.
    if (this.standing.type !== 'closed') this.standing = { type: 'closed', why }
    this.joined = undefined
    this.#forget()
  }

  #forget(): void {
    this.discarded = 0
    this.#waiting = []
    this.waitingBytes = 0
    this.#isSending = false
  }
}
