/**
 * Which frames are requests, which are answers, and to what. Called by both Modbus decoders.
 *
 * Told by the pair first: a frame in the other direction that has the form of an answer to the open request. Then by its form, where only one
 * fits. Then by the direction: applications ask, unless it was seen that the other side does. On a bus that is only listened to, all
 * comes from one side, and pairs are the only means. One request is open at a time, as Serial §2.4.1 wants it.
 */
import { BROADCAST, REFUSED } from '../../protocol/modbus.ts'
import type { Direction } from '../../contract/traffic.ts'
import { answerLength, LISTEN_ONLY, requestLength } from './modbus-functions.ts'

export interface Heard {
  readonly unit: number
  readonly pdu: Uint8Array
  readonly direction: Direction
  readonly row: number
  readonly timeNs: number
  readonly endNs: number
}

export interface Role {
  /** `echo`: an adapter that hears itself gave the request back. */
  readonly is: 'request' | 'answer' | 'echo'
  /** The request that an answer or echo belongs to; undefined: it was not seen. */
  readonly of?: Heard
  /** The row of a request that was open until now. */
  readonly unanswered?: number
}

/** An answer that comes later belongs to nothing. */
const PATIENCE_NS = 60e9

export class ModbusDialogue {
  #open: Heard | undefined
  /** The last answer's request, for an adapter that gives both back. */
  #done: Heard | undefined
  #asker: Direction | undefined
  /** Directions that frames came from. */
  readonly #seen = new Set<Direction>()

  copy(): ModbusDialogue {
    const other = new ModbusDialogue()
    other.#open = this.#open
    other.#done = this.#done
    other.#asker = this.#asker
    for (const direction of this.#seen) other.#seen.add(direction)
    return other
  }

  take(frame: Heard): Role {
    this.#seen.add(frame.direction)
    const role = this.#roleOf(frame)
    if (role.is === 'answer') {
      this.#done = this.#open
      this.#open = undefined
      return role
    }
    if (role.is === 'echo') return role
    const before = this.#open
    // A copy: the row's bytes may be given up.
    const pdu = frame.pdu.slice()
    this.#open = isAnswered(frame.unit, pdu) ? { ...frame, pdu } : undefined
    this.#done = undefined
    return before ? { ...role, unanswered: before.row } : role
  }

  reset(): void {
    this.#open = undefined
    this.#done = undefined
  }

  #roleOf(frame: Heard): Role {
    const asks = fits(requestLength(frame.pdu), frame.pdu.length)
    const answers = fits(answerLength(frame.pdu), frame.pdu.length)
    const open = this.#open
    if (open && frame.timeNs - open.endNs < PATIENCE_NS && open.unit === frame.unit) {
      const other = open.direction !== frame.direction
      if (answers && sameFunction(open.pdu, frame.pdu) && (other || this.#onlyHeard(frame)))
        return { is: 'answer', of: open }
      if (other && sameBytes(open.pdu, frame.pdu)) return { is: 'echo', of: open }
    }
    const done = this.#done
    if (
      done &&
      done.direction !== frame.direction &&
      done.unit === frame.unit &&
      sameBytes(done.pdu, frame.pdu)
    )
      return { is: 'echo', of: done }
    if (asks !== answers) {
      if (asks) this.#asker = frame.direction
      return { is: asks ? 'request' : 'answer' }
    }
    if (this.#onlyHeard(frame)) return { is: 'request' }
    return { is: frame.direction === (this.#asker ?? 'to-device') ? 'request' : 'answer' }
  }

  /** All of the bus comes from one side. */
  #onlyHeard(frame: Heard): boolean {
    return frame.direction === 'from-device' && !this.#seen.has('to-device')
  }
}

function fits(expected: number | 'more' | 'free', length: number): boolean {
  return expected === 'free' || expected === length
}

function isAnswered(unit: number, pdu: Uint8Array): boolean {
  const listenOnly = pdu[0] === 8 && pdu[1] === 0 && pdu[2] === LISTEN_ONLY
  return unit !== BROADCAST && !listenOnly
}

function sameFunction(request: Uint8Array, answer: Uint8Array): boolean {
  return request[0] === ((answer[0] ?? 0) & ~REFUSED)
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
