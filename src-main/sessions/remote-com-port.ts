/**
 * The server's side of RFC 2217 for one client: requests in, answers and notifications out. Called by remote.ts; it decides
 * nothing about the device, whoever serves the session does.
 *
 * Why it is as it is (peers that were seen):
 * - Every request is answered, the impossible ones with what is in force: pyserial waits 3 s for each answer and then fails.
 * - A mask is acknowledged (the Cyclades client hangs without) and followed by the modem state.
 * - One modem state comes unasked after the negotiation: pyserial's `.cts` fails before it has seen one.
 * - Requests are served before the negotiation is done: hub4com sends them at once.
 */
import type { ControlLines, ControlWish, LineSettings, LineWish, Purge } from '../contract/line.ts'
import { HIGH_WATER } from '../base/duplex.ts'
import type { TelnetLink } from '../net/telnet-link.ts'
import { comPort, decodeComPort } from '../protocol/rfc2217.ts'
import type { ComPortMessage } from '../protocol/rfc2217.ts'
import {
  INITIAL_LINE_MASK,
  INITIAL_MODEM_MASK,
  lineStateBits,
  modemDeltaBits,
  modemLevelBits
} from '../protocol/rfc2217-codes.ts'
import { AnswerQueue } from './remote-answers.ts'
import type { Notice } from './session.ts'

/** What the client wants, handed on. `answer` may be called later, once. */
export interface ComPortAsks {
  apply(wish: LineWish, answer: (actual: LineSettings) => void): void
  control(wish: ControlWish, answer: (actual: ControlLines) => void): void
  purge(which: Purge): void
}

export class ComPortServer {
  readonly #link: TelnetLink
  readonly #asks: ComPortAsks
  readonly #signature: string
  readonly #answers: AnswerQueue

  #notifying = false
  #modemMask = INITIAL_MODEM_MASK
  #lineMask = INITIAL_LINE_MASK
  /** What is, what the client was told last, and what changed in between (so that a short pulse is told). */
  #levels: number | undefined
  #toldLevels = 0
  #deltas = 0
  #lineBits = 0

  constructor(link: TelnetLink, asks: ComPortAsks, signature: string) {
    this.#link = link
    this.#asks = asks
    this.#signature = signature
    this.#answers = new AnswerQueue(
      (bytes) => {
        link.sendBytes(bytes)
      },
      (full) => {
        link.holdBack(full)
      }
    )
    link.onUncongested(() => {
      this.#reportChanges()
    })
  }

  /** The client agreed to RFC 2217: it is told the modem state now and each change from now on. */
  start(): void {
    if (this.#notifying) return
    this.#notifying = true
    this.#deltas = 0
    if (this.#modemMask !== 0) this.#link.sendBytes(this.#takeModemState(this.#modemMask))
  }

  /** The client withdrew: no more notifications; requests are still answered. */
  stop(): void {
    this.#notifying = false
  }

  /** The bytes of one subnegotiation of ours; answers false where they are none of a client's. */
  receive(bytes: Uint8Array): boolean {
    const message = decodeComPort('client', bytes)
    if (message.type === 'violation') return false
    this.#serve(message)
    // Who sends requests speaks RFC 2217, also when it never says WILL.
    this.start()
    return true
  }

  notify({ modem, line }: Notice): void {
    if (modem) {
      const levels = modemLevelBits(modem)
      if (this.#levels !== undefined) this.#deltas |= modemDeltaBits(this.#levels, levels)
      this.#levels = levels
    }
    if (line) this.#lineBits |= lineStateBits(line)
    if (modem || line) this.#reportChanges()
  }

  #serve(message: ComPortMessage): void {
    switch (message.type) {
      case 'signature':
        this.#reserve()({ type: 'signature', text: this.#signature })
        break
      case 'baudRate': {
        const { type, short } = message
        this.#apply(message.baudRate === 0 ? {} : { baudRate: message.baudRate }, ({ baudRate }) => ({
          type,
          baudRate,
          short
        }))
        break
      }
      case 'dataSize':
        this.#apply(wishFor('dataBits', message.dataBits), ({ dataBits }) => ({ type: 'dataSize', dataBits }))
        break
      case 'parity':
        this.#apply(wishFor('parity', message.parity), ({ parity }) => ({ type: 'parity', parity }))
        break
      case 'stopSize':
        this.#apply(wishFor('stopBits', message.stopBits), ({ stopBits }) => ({ type: 'stopSize', stopBits }))
        break
      case 'control':
        this.#control(message)
        break
      case 'lineState':
        this.#answers.reserve()(() => this.#takeLineState(0xff))
        break
      case 'modemState':
        // A poll asks for what is, whatever was masked out of the notifications.
        this.#answers.reserve()(() => this.#takeModemState(0xff))
        break
      case 'suspend':
        this.#link.suspend()
        break
      case 'resume':
        this.#link.release()
        break
      case 'lineStateMask':
        this.#lineMask = message.mask
        this.#acknowledgeMask(message)
        break
      case 'modemStateMask':
        this.#modemMask = message.mask
        this.#acknowledgeMask(message)
        break
      case 'purge':
        if (message.which) this.#asks.purge(message.which)
        if (message.which && message.which !== 'transmit') this.#link.dropSuspended()
        this.#reserve()(message)
        break
    }
  }

  #control(message: ComPortMessage & { readonly type: 'control' }): void {
    const { type } = message
    switch (message.about) {
      case 'flow':
        this.#apply(wishFor('flowControl', message.flow), ({ flowControl }) => ({
          type,
          about: 'flow',
          flow: flowControl
        }))
        break
      case 'inboundFlow':
        // Our flow control is for both directions: an inbound one alone is impossible, and answered with what is.
        this.#apply({}, ({ flowControl }) => ({ type, about: 'inboundFlow', flow: flowControl }))
        break
      case 'break':
      case 'dtr':
      case 'rts': {
        const { about, on } = message
        const answer = this.#reserve()
        this.#asks.control(on === undefined ? {} : { [about]: on }, (lines) => {
          answer({ type, about, on: lines[about] })
        })
        break
      }
    }
  }

  #apply(wish: LineWish, toAnswer: (actual: LineSettings) => ComPortMessage): void {
    const answer = this.#reserve()
    this.#asks.apply(wish, (actual) => {
      answer(toAnswer(actual))
    })
  }

  #acknowledgeMask(message: ComPortMessage): void {
    this.#answers.reserve()(() => {
      const modemState = this.#modemMask === 0 ? [] : this.#takeModemState(this.#modemMask)
      return Uint8Array.of(...this.#encode(message), ...modemState)
    })
  }

  #reportChanges(): void {
    // A client that reads nothing is told the latest when it reads again.
    if (!this.#notifying || this.#link.queued > HIGH_WATER) return
    const changed = ((this.#levels ?? 0) ^ this.#toldLevels) | this.#deltas
    if ((changed & this.#modemMask) !== 0) this.#link.sendBytes(this.#takeModemState(this.#modemMask))
    if ((this.#lineBits & this.#lineMask) !== 0) this.#link.sendBytes(this.#takeLineState(this.#lineMask))
  }

  #takeLineState(mask: number): Uint8Array {
    const bits = this.#lineBits & mask
    this.#lineBits = 0
    return this.#encode({ type: 'lineState', bits })
  }

  #takeModemState(mask: number): Uint8Array {
    const levels = this.#levels ?? 0
    const bits = (levels | this.#deltas) & mask
    this.#toldLevels = levels
    this.#deltas = 0
    return this.#encode({ type: 'modemState', bits })
  }

  #reserve(): (message: ComPortMessage) => void {
    const fill = this.#answers.reserve()
    return (message) => {
      fill(() => this.#encode(message))
    }
  }

  #encode(message: ComPortMessage): Uint8Array {
    return this.#link.encode(comPort('server', message))
  }
}

/** A query, or a value that nobody knows, wishes nothing. */
function wishFor<Key extends keyof LineSettings>(key: Key, value: LineSettings[Key] | undefined): LineWish {
  return value === undefined ? {} : { [key]: value }
}
