/**
 * What a local program and the far port tell each other about settings, through the one termios that a PTY has. Called by
 * pty-session.ts and pty-source.ts. Moves no bytes.
 *
 * There is one place for two voices, so everything rests on knowing what the PTY was last seen with:
 * - What differs from it is the program's wish; what we wrote ourselves never differs, so nothing is sent in a circle.
 * - Until the program changes something, the far port's settings are written there: a program that sets nothing finds the
 *   port as it is. From its first change on they are left alone until it closes, but for the answer to its own wishes.
 * - A far port that nobody asked yet (a link dials when a program opens it) has no settings to show. The PTY then says
 *   UNKNOWN_BAUD_RATE, which no program sets by itself, so that one that sets 9600 is understood and one that only turns the
 *   echo off (`stty -echo`) wishes nothing.
 * - A program that sets the port and leaves before a byte has passed (`stty -F LINK 9600`, then `cat LINK`) sets it for the next one, as on a
 *   real port. The program after that finds the far port as it is again.
 *
 * Known limit: a program that sets just what it sees is not told from one that sets nothing. Where the far port turns out to
 * have changed since it was last shown, that program gets the far port's settings.
 */
import type { Capabilities, LineSettings, LineWish } from '../contract/line.ts'
import { NO_CAPABILITIES } from '../contract/line.ts'
import type { Pty } from '../os/pty.ts'
import { TIOCPKT_IOCTL } from '../os/pty.ts'
import type { PtySettings } from '../os/pty-termios.ts'

/** Not a rate of any table: the old `struct termios` has no code for it, so `stty` says 0. */
const UNKNOWN_BAUD_RATE = 38_401

const UNKNOWN_SETTINGS: PtySettings = { baudRate: UNKNOWN_BAUD_RATE, stopBits: 1, flowControl: 'none' }

const FIELDS = ['baudRate', 'stopBits', 'flowControl'] as const

/** What a program changed. Neither `settings` nor `dtr`: nothing. */
export interface ProgramWish {
  /** Counts the wishes, for `farAnswers`. */
  readonly number?: number
  readonly settings?: LineWish
  /** False: it hung up (baud rate 0). True: it took that back. */
  readonly dtr?: boolean
}

export class PtyDialogue {
  #pty: Pty
  #capabilities: Capabilities = NO_CAPABILITIES
  /** The far port's settings, as they were before any program changed them; what the next program finds. */
  #far: PtySettings = UNKNOWN_SETTINGS
  /** What stands in the PTY, as far as we know; the last rate before a hang-up in place of 0. */
  #seen: PtySettings = UNKNOWN_SETTINGS
  #spoken = false
  #hungUp = false
  /** Wishes and the newest answered one, counted. */
  #wished = 0
  #answered = 0
  /** The newest wish was answered while there was no far port: what that took is told when it comes. */
  #answerDue = false

  constructor(pty: Pty) {
    this.#pty = pty
  }

  /** The settings of a PTY that was just made. */
  static readonly initial = UNKNOWN_SETTINGS

  /** What the program wishes in all, for a far side that has heard nothing of it yet; nothing where it changed nothing. */
  repeat(): ProgramWish {
    if (!this.#spoken) return {}
    this.#wished += 1
    return { number: this.#wished, settings: { ...this.#seen }, ...(this.#hungUp && { dtr: false }) }
  }

  /** Looks at what the program did to the settings. */
  listen(): ProgramWish {
    const now = this.#pty.settings()
    const hungUp = now.baudRate === 0
    const next: PtySettings = hungUp ? { ...now, baudRate: this.#seen.baudRate } : now
    // Before a far port was seen the other fields mean as much as the rate: nobody showed them to the program.
    const first = this.#seen.baudRate === UNKNOWN_BAUD_RATE && next.baudRate !== UNKNOWN_BAUD_RATE
    const changed = FIELDS.filter((field) => first || next[field] !== this.#seen[field])
    const dtr = hungUp === this.#hungUp ? undefined : !hungUp
    this.#seen = next
    this.#hungUp = hungUp
    if (changed.length > 0) this.#wished += 1
    if (changed.length > 0 || dtr !== undefined) this.#spoken = true
    return {
      number: this.#wished,
      ...(changed.length > 0 && { settings: pick(next, changed) }),
      ...(dtr !== undefined && { dtr })
    }
  }

  /** From now on only what the far port can carry is shown. */
  farCan(capabilities: Capabilities): void {
    this.#capabilities = capabilities
    if (capabilities.settings.size === 0) this.#answerDue = true
  }

  /** The far port's settings. Answers flags as `Pty.show`. */
  farSays(settings: LineSettings): number {
    const change = this.#carried(settings)
    if (this.#spoken) {
      if (!this.#answerDue || this.#answered < this.#wished) return 0
      this.#answerDue = false
      return this.#show(change)
    }
    this.#far = { ...this.#far, ...change }
    return this.#show(change)
  }

  /** What the far port took of the wish with this number. Answers flags as `Pty.show`. */
  farAnswers(number: number, actual: LineSettings): number {
    this.#answered = Math.max(this.#answered, number)
    // An older wish's answer would undo what the program set since.
    if (number < this.#wished) return 0
    this.#answerDue = this.#capabilities.settings.size === 0
    return this.#show(this.#carried(actual))
  }

  /** Sees to it that the program's next change is reported: it may just have switched reporting off. Answers flags. */
  keepListening(): number {
    return this.#pty.show({})
  }

  /**
   * The program left: raw mode and nothing unread for the next one, which finds the far port's settings, or with `keep` those of
   * the one that left. Answers as `Pty.reset`.
   */
  startOver(keep = false): boolean {
    // A hang-up is over when the program is: kept would be a port that nobody can use.
    this.#spoken = keep && this.#spoken && !this.#hungUp
    this.#hungUp = false
    this.#answered = this.#wished
    this.#answerDue = false
    const usable = this.#pty.reset(this.#spoken ? this.#seen : this.#far)
    this.#seen = this.#pty.settings()
    return usable
  }

  /** Another PTY takes the place of one that is used up. */
  moveTo(pty: Pty): void {
    this.#pty = pty
    this.startOver(this.#spoken)
  }

  #show(change: Partial<PtySettings>): number {
    const { baudRate, ...rest } = change
    // While the program is hung up its 0 has to stand; the rate is written when it comes back and is answered.
    const flags = this.#pty.show(this.#hungUp || baudRate === undefined ? rest : change)
    // Where the program was faster, `listen` is to find what it changed against what it saw.
    if (!(flags & TIOCPKT_IOCTL))
      this.#seen = { ...this.#pty.settings(), ...(this.#hungUp && this.#seenRate) }
    return flags
  }

  get #seenRate(): Pick<PtySettings, 'baudRate'> {
    return { baudRate: this.#seen.baudRate }
  }

  #carried(settings: LineSettings): Partial<PtySettings> {
    const able = this.#capabilities.settings
    return pick(
      settings,
      FIELDS.filter((field) => able.has(field))
    )
  }
}

function pick(settings: PtySettings, fields: readonly (keyof PtySettings)[]): Partial<PtySettings> {
  return Object.fromEntries(fields.map((field) => [field, settings[field]]))
}
