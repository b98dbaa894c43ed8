/**
 * A virtual serial port: one PTY under one name, and a Session each time a local program uses it. Called by core, which hands
 * it to a link. The PTY and its name stay while programs come and go.
 *
 * Nobody tells us when a program opens the slave, so poll() is asked every 20 ms. A program that opened, wrote and closed
 * in between (`echo hi > LINK`) left its bytes in the kernel: that is a visit too, whose session ends when they are read.
 *
 * A session that the hub closes (taken over, too slow) leaves the program there: only closing the master would hang it up.
 * Until the program closes, it gets a new session after 0.5 s, then 1 s, … up to 10 s; what it writes meanwhile waits in
 * the kernel, which blocks it when that is full.
 */
import { dirname, join } from 'node:path'
import { Backoff } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { Fault, toFault } from '../contract/faults.ts'
import type { FileOwner } from '../os/file-owner.ts'
import { setFileOwner } from '../os/file-owner.ts'
import { isSystemError } from '../os/libc.ts'
import { Pty } from '../os/pty.ts'
import { runtimeDirectory } from '../os/runtime-directory.ts'
import { PtyDialogue } from './pty-dialogue.ts'
import { PtyLink } from './pty-link.ts'
import { PtySession } from './pty-session.ts'
import type { Session, SessionSource } from './session.ts'

export interface PtyOptions extends FileOwner {
  /** Where the symbolic link is to stand. Absent: `name` in a private directory of ours. */
  readonly link?: string | undefined
  /** A file name, for where `link` is absent. Default `port`. */
  readonly name?: string | undefined
  readonly clock?: Clock
  /** For the link without a place, and for the notes on our links; default: the user's runtime directory. */
  readonly directory?: string
}

/** Between two questions whether somebody opened the slave. One costs 1 µs. */
const WATCH_MS = 20

/** A session that lived so long was no failed try. */
const HEALTHY_MS = 10_000

const NOBODY_SERVES: CloseReason = { code: 'refused', message: 'nobody serves this port' }
/** Only its owner opens it, unless options say otherwise; the kernel's own default lets the group `tty` write. */
const DEFAULT_MODE = 0o600

export class PtySource implements SessionSource {
  /** The link's path, as it was asked for. */
  readonly address: string
  readonly #owner: FileOwner
  readonly #dialogue: PtyDialogue
  readonly #link: PtyLink
  readonly #clock: Clock
  readonly #watch: Disposable
  readonly #sessions = new Emitter<Session>()
  readonly #backoff = new Backoff()
  #pty: Pty
  #session: PtySession | undefined
  /** When the session, or the last one, began; the clock's ms. */
  #begunMs = 0
  /** No new session before this time. */
  #notBeforeMs = 0
  /** A program was there since the PTY was last made ready for one. */
  #used = false
  #closed = false

  readonly onSession: Event<Session> = this.#sessions.event

  private constructor(pty: Pty, link: PtyLink, options: PtyOptions & { readonly address: string }) {
    this.address = options.address
    this.#owner = options
    this.#pty = pty
    this.#dialogue = new PtyDialogue(pty)
    this.#link = link
    this.#clock = options.clock ?? systemClock
    this.#watch = this.#clock.every(WATCH_MS, () => this.#look())
  }

  /** Throws `usage`, `path-taken`, `device-permission` (the link's place, or the owner asked for), `unsupported`, `device-io`. */
  static open(options: PtyOptions = {}): PtySource {
    const directory = options.directory ?? runtimeDirectory()
    const address = options.link ?? join(directory, checkName(options.name ?? 'port'))
    const pty = makePty(options)
    try {
      const link = PtyLink.place(address, pty.slave, join(directory, '.links'))
      return new PtySource(pty, link, { ...options, address })
    } catch (error) {
      pty.close()
      throw error
    }
  }

  /** The terminal behind the link, `/dev/pts/7`. It may be another one after a program left. */
  get slave(): string {
    return this.#pty.slave
  }

  /**
   * The link is gone when this returns, so it may be called as the process exits. A program that is there keeps the PTY until
   * its session ends.
   */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    this.#link.remove()
    if (!this.#session) this.#closePty()
    return Promise.resolve()
  }

  #look(): void {
    const { open, pending } = this.#pty.presence()
    if (this.#session) {
      if (!open) this.#session.programLeft()
    } else if (open || pending) {
      if (this.#clock.nowMs() >= this.#notBeforeMs) this.#begin()
    } else if (this.#used) {
      this.#makeReady()
    }
  }

  #begin(): void {
    this.#used = true
    this.#begunMs = this.#clock.nowMs()
    try {
      this.#session = new PtySession({
        pty: this.#pty,
        dialogue: this.#dialogue,
        clock: this.#clock,
        isLast: () => this.#closed,
        onEnded: (left, silent) => this.#ended(left, silent)
      })
    } catch (error) {
      if (!isSystemError(error, 'EMFILE', 'ENFILE')) throw error
      // No descriptor left: the program waits until there is one.
      this.#notBeforeMs = this.#begunMs + this.#backoff.next()
      return
    }
    if (this.#sessions.hasListeners) this.#sessions.fire(this.#session)
    else this.#session.abort(NOBODY_SERVES)
  }

  #ended(left: boolean, silent: boolean): void {
    this.#session = undefined
    if (this.#closed) this.#closePty()
    else if (left) this.#makeReady(silent)
    else this.#tryLater()
  }

  #tryLater(): void {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#begunMs > HEALTHY_MS) this.#backoff.reset()
    this.#notBeforeMs = nowMs + this.#backoff.next()
  }

  /** For the next program, once nobody is there; with `keep`, at the settings that the last one left: it came to set them (stty). */
  #makeReady(keep = false): void {
    this.#notBeforeMs = 0
    this.#backoff.reset()
    this.#used = !this.#dialogue.startOver(keep) && !this.#renew()
  }

  /** Another PTY under the same name. False: not now; tried again at the next look. */
  #renew(): boolean {
    let pty: Pty | undefined
    try {
      pty = makePty(this.#owner)
      this.#link.pointTo(pty.slave)
    } catch {
      // No PTY is left, or the link's directory is not ours to write any more. The old one still serves root.
      pty?.close()
      return false
    }
    this.#pty.close()
    this.#pty = pty
    this.#dialogue.moveTo(pty)
    return true
  }

  #closePty(): void {
    this.#watch.dispose()
    this.#pty.close()
  }
}

function checkName(name: string): string {
  if (/^[^./\0][^/\0]*$/.test(name) && dirname(name) === '.') return name
  throw new Fault('usage', `"${name}" is no file name. Give one without "/" and without a dot in front.`)
}

function makePty(owner: FileOwner): Pty {
  const pty = openPty()
  try {
    setFileOwner(pty.slave, { ...owner, mode: owner.mode ?? DEFAULT_MODE })
    return pty
  } catch (error) {
    pty.close()
    throw error
  }
}

function openPty(): Pty {
  try {
    return Pty.open(PtyDialogue.initial)
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'ENOENT', 'EACCES', 'EMFILE', 'ENFILE')) throw toFault(error)
    throw new Fault(
      'device-io',
      `The system gives no pseudo-terminal (${error.code}). Is /dev/pts mounted, and /proc/sys/kernel/pty/max not reached?`,
      error
    )
  }
}
