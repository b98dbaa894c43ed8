/**
 * One direction of a simulated line: what was sent and has not arrived. Called by the simulated port; keeps no timer, it
 * only answers what has arrived by now. Unpaced, a character takes no time and everything has.
 */
import { NO_LINE_ERRORS, characterSeconds, type LineSettings } from '../../contract/line.ts'
import {
  decode,
  encodeBreak,
  encodeDamaged,
  transfer,
  type Damage,
  type Frame,
  type Received
} from './wire.ts'

/** A piece of the line that is decoded in one go, in characters: bounds the work and the waveform's memory. */
const PIECE = 4096

interface Piece {
  readonly characters: number
  /** 0 on a line without pace. */
  readonly characterMs: number
  receive(frame: Frame): Received
}

/** The piece that is arriving: decoded as a whole, handed out as its characters pass. */
interface Arriving {
  readonly piece: Piece
  readonly received: Received
  passed: number
}

/** What arrived, how many characters of the line it took, and how long, in ms, the line had been idle before them. */
export interface Arrival extends Received {
  readonly characters: number
  readonly idleMs: number
}

export class Lane {
  readonly #paced: boolean
  #pieces: Piece[] = []
  #arriving: Arriving | undefined
  /** When the piece in front began; on a busy line the end of the one before it. */
  #beganMs = 0
  /** When the last character that was taken ended. */
  #endedMs = -Infinity
  #size = 0

  constructor(paced: boolean) {
    this.#paced = paced
  }

  /** Characters on their way. */
  get size(): number {
    return this.#size
  }

  /** Puts bytes on the line, with the sender's settings of this moment. */
  send(bytes: Uint8Array, sender: LineSettings, nowMs: number): void {
    const characterMs = this.#paced ? characterSeconds(sender) * 1000 : 0
    for (let start = 0; start < bytes.length; start += PIECE) {
      const part = bytes.length <= PIECE ? bytes : bytes.subarray(start, start + PIECE)
      const receive = (frame: Frame): Received => transfer(part, sender, frame)
      this.#push({ characters: part.length, characterMs, receive }, nowMs)
    }
  }

  /** A break counts as one character of its own length. */
  sendBreak(durationMs: number, nowMs: number): void {
    const receive = (frame: Frame): Received => decode(encodeBreak(durationMs / 1000), frame)
    this.#push({ characters: 1, characterMs: this.#paced ? durationMs : 0, receive }, nowMs)
  }

  /** A character of which something was lost on the way. */
  sendDamaged(byte: number, damage: Damage, sender: LineSettings, nowMs: number): void {
    const characterMs = this.#paced ? characterSeconds(sender) * 1000 : 0
    const receive = (frame: Frame): Received => decode(encodeDamaged(byte, sender, damage), frame)
    this.#push({ characters: 1, characterMs, receive }, nowMs)
  }

  /** What arrived since the last call, one piece at the most; undefined when nothing did. */
  take(receiver: Frame, nowMs: number): Arrival | undefined {
    const arriving = this.#next(receiver)
    if (!arriving) return undefined
    const { piece, received, passed } = arriving
    const passedNow = this.#passedBy(piece, nowMs)
    if (passedNow === passed) return undefined
    const characters = passedNow - passed
    const idleMs = this.#nextStartMs(piece) - this.#endedMs
    this.#endedMs = this.#beganMs + passedNow * piece.characterMs
    this.#size -= characters
    if (passedNow < piece.characters) {
      arriving.passed = passedNow
      const bytes = received.bytes.subarray(share(arriving, passed), share(arriving, passedNow))
      return { bytes, errors: NO_LINE_ERRORS, characters, idleMs }
    }
    this.#beganMs += piece.characters * piece.characterMs
    this.#pieces.shift()
    this.#arriving = undefined
    const bytes = passed === 0 ? received.bytes : received.bytes.subarray(share(arriving, passed))
    return { bytes, errors: received.errors, characters, idleMs }
  }

  /**
   * How long the line was silent after the last character that was taken, in ms: until the next one began, or until now.
   * `held`: the sender is held back, so that what waits has not begun.
   */
  idleMs(nowMs: number, held: boolean): number {
    const piece = held ? undefined : this.#pieces[0]
    return (piece ? this.#nextStartMs(piece) : nowMs) - this.#endedMs
  }

  /** How long until something more arrives, in ms; 0: it is there. Undefined: nothing is on its way. */
  waitMs(nowMs: number): number | undefined {
    const piece = this.#pieces[0]
    if (!piece) return undefined
    const passed = this.#arriving?.passed ?? 0
    return Math.max(0, this.#beganMs + (passed + 1) * piece.characterMs - nowMs)
  }

  /** The line stood still until now. */
  continueAt(nowMs: number): void {
    const piece = this.#pieces[0]
    if (piece) this.#beganMs += nowMs - this.#nextStartMs(piece)
  }

  /** Empties it; answers how many characters that lost. */
  clear(): number {
    const lost = this.#size
    this.#pieces = []
    this.#arriving = undefined
    this.#size = 0
    return lost
  }

  #push(piece: Piece, nowMs: number): void {
    if (this.#pieces.length === 0) this.#beganMs = nowMs
    this.#pieces.push(piece)
    this.#size += piece.characters
  }

  #nextStartMs(piece: Piece): number {
    return this.#beganMs + (this.#arriving?.passed ?? 0) * piece.characterMs
  }

  #next(receiver: Frame): Arriving | undefined {
    const piece = this.#pieces[0]
    if (!piece) return undefined
    this.#arriving ??= { piece, received: piece.receive(receiver), passed: 0 }
    return this.#arriving
  }

  #passedBy(piece: Piece, nowMs: number): number {
    if (piece.characterMs === 0) return piece.characters
    // The small part keeps a timer that fired exactly in time from missing its character by a rounding.
    const passed = Math.floor((nowMs - this.#beganMs) / piece.characterMs + 1e-6)
    return Math.min(Math.max(passed, this.#arriving?.passed ?? 0), piece.characters)
  }
}

/** How many of the received bytes stand for the first `passed` characters sent: damaged, they need not be as many. */
function share({ piece, received }: Arriving, passed: number): number {
  return Math.floor((received.bytes.length * passed) / piece.characters)
}
