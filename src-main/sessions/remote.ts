/**
 * A client on the network as a Session: the server role of RFC 2217, telnet or raw over any Connection. Called by
 * remote-source, one per connection; never opens anything, and in raw mode never adds a byte of its own accord.
 */
import { ByteMatch } from '../base/byte-match.ts'
import type { CloseReason } from '../contract/close.ts'
import type { ControlLines, ControlWish, LineSettings, LineWish, Purge } from '../contract/line.ts'
import type { Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { Connection } from '../net/connection.ts'
import { TelnetLink } from '../net/telnet-link.ts'
import type { RemoteMode } from '../net/telnet-link.ts'
import type { Violation } from '../protocol/codec.ts'
import { OPTION } from '../protocol/telnet.ts'
import type { TelnetCommand } from '../protocol/telnet.ts'
import type { Greeting } from './greeting.ts'
import { ComPortServer } from './remote-com-port.ts'
import type { Notice, Request, Session, SessionIdentity } from './session.ts'

/** How long the break of IAC BRK is, in ms: telnet gives no length, and 250 is what tcsendbreak does at the least. */
export const TELNET_BREAK_MS = 250

/** The answer to IAC AYT (RFC 854: visible evidence that we are there). */
export const HERE = '\r\n[Farport: yes]\r\n'

const SIGNATURE = 'Farport'

const ENOUGH: CloseReason = { code: 'done', message: 'the device sent the close-on string' }

export class RemoteSession implements Session {
  readonly who: SessionIdentity
  readonly #connection: Connection
  readonly #mode: RemoteMode
  readonly #link: TelnetLink
  readonly #comPort: ComPortServer | undefined
  readonly #applies = new Emitter<Request<LineWish, LineSettings>>()
  readonly #controls = new Emitter<Request<ControlWish, ControlLines>>()
  readonly #breaks = new Emitter<number>()
  readonly #purges = new Emitter<Purge>()
  readonly #enough = new Emitter<CloseReason>()
  readonly #violations = new Emitter<Violation>()
  readonly #closeOn: ByteMatch | undefined
  /** Until it was sent. */
  #banner: Uint8Array | undefined

  readonly onData: Event<Uint8Array>
  readonly onDrain: Event<void>
  readonly onClose: Event<CloseReason>
  readonly onInputEnd: Event<void> | undefined
  readonly onApply = this.#applies.event
  readonly onControl = this.#controls.event
  readonly onBreak = this.#breaks.event
  readonly onPurge = this.#purges.event
  readonly onEnough = this.#enough.event
  /** What the client did against its protocol; for a log. */
  readonly onViolation = this.#violations.event

  /**
   * Takes the connection over, and speaks first: except in raw mode. The banner waits until somebody serves the session. `who`: where
   * more is known than the address.
   */
  constructor(connection: Connection, mode: RemoteMode, greeting: Greeting = {}, who = whoIsAt(connection)) {
    this.who = who
    this.#connection = connection
    this.#mode = mode
    this.#banner = greeting.banner
    this.#closeOn = greeting.closeOn && new ByteMatch(greeting.closeOn)
    const withComPort = mode === 'rfc2217'
    this.#link = new TelnetLink(connection, {
      mode,
      holding: 'all',
      agreeable: {
        us: new Set([OPTION.binary, OPTION.echo, OPTION.suppressGoAhead]),
        him: new Set([OPTION.binary, OPTION.suppressGoAhead, ...(withComPort ? [OPTION.comPort] : [])])
      }
    })
    this.onData = this.#link.onData
    this.onDrain = this.#link.onDrain
    this.onClose = this.#link.onClose
    this.onInputEnd = connection.onInputEnd
    this.#link.onCommand((command) => {
      this.#obey(command)
    })
    this.#link.onViolation((violation) => {
      this.#violations.fire(violation)
    })
    this.#comPort = withComPort ? this.#serveComPort(greeting.signature ?? SIGNATURE) : undefined
    this.#greet(withComPort)
  }

  get queued(): number {
    return this.#link.queued
  }

  write(chunk: Uint8Array): boolean {
    this.#welcome()
    const more = this.#link.write(chunk)
    if (this.#closeOn?.seen(chunk)) queueMicrotask(() => this.#enough.fire(ENOUGH))
    return more
  }

  pause(): void {
    this.#link.pause()
  }

  resume(): void {
    this.#welcome()
    this.#link.resume()
  }

  /** Settings are told to nobody: RFC 2217 clients take an unasked 101 for the answer to their own request (pyserial does). */
  notify(notice: Notice): void {
    this.#comPort?.notify(notice)
  }

  probe(): void {
    this.#connection.probe()
  }

  /** Who is refused is told why, as ser2net does; in raw mode nobody is told anything. */
  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (reason.code === 'refused' && this.#mode !== 'raw')
      this.#link.write(asciiBytes(`${reason.message}\r\n`))
    return this.#link.close(reason, timeoutMs)
  }

  abort(reason: CloseReason): void {
    this.#link.abort(reason)
  }

  /**
   * What ser2net says, in its order: clients were tried against it. `DO COM-PORT` alone: gensio refuses every serial
   * call after a `WILL`. DONT ECHO needs no negotiating, it is already so.
   */
  #greet(withComPort: boolean): void {
    this.#link.negotiate(
      ['us', OPTION.suppressGoAhead, true],
      ['him', OPTION.suppressGoAhead, true],
      ['us', OPTION.echo, true],
      { type: 'negotiation', verb: 'dont', option: OPTION.echo },
      ['him', OPTION.binary, true],
      ['us', OPTION.binary, true],
      ['him', OPTION.comPort, withComPort]
    )
  }

  /** Who is refused gets no banner, so it waits for the first sign that the session is served; nothing of the device precedes it. */
  #welcome(): void {
    if (!this.#banner) return
    this.#link.write(this.#banner)
    this.#banner = undefined
  }

  #serveComPort(signature: string): ComPortServer {
    const asks = {
      apply: (wish: LineWish, answer: (actual: LineSettings) => void) => {
        this.#applies.fire({ wish, answer })
      },
      control: (wish: ControlWish, answer: (actual: ControlLines) => void) => {
        this.#controls.fire({ wish, answer })
      },
      purge: (which: Purge) => {
        this.#purges.fire(which)
      }
    }
    const server = new ComPortServer(this.#link, asks, signature)
    this.#link.onOption(({ side, option, enabled }) => {
      if (side !== 'him' || option !== OPTION.comPort) return
      if (enabled) server.start()
      else server.stop()
    })
    this.#link.onSubnegotiation(({ option, bytes }) => {
      if (option === OPTION.comPort && server.receive(bytes)) return
      this.#violations.fire({
        type: 'violation',
        what: 'an unknown subnegotiation',
        section: 'RFC 2217',
        bytes
      })
    })
    return server
  }

  /** BRK and AYT are asked of us; the other commands are for terminals with a login behind them. */
  #obey(command: TelnetCommand): void {
    if (command === 'brk') this.#breaks.fire(TELNET_BREAK_MS)
    if (command === 'ayt') this.#link.sendBytes(asciiBytes(HERE))
  }
}

function whoIsAt({ remote, remoteAddress, far }: Connection): SessionIdentity {
  const address = remoteAddress && { address: remoteAddress }
  if (!far) return { kind: 'address', label: remote, ...address }
  const { id, name, by, observe } = far
  // Only whom this installation knows is a peer to it; an authority's word is good for coming in.
  if (by === 'known') return { kind: 'peer', label: name, peer: id, observe, ...address }
  return { kind: 'address', label: `${name} (${remote})`, observe, ...address }
}

function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (each) => each.charCodeAt(0) & 0x7f)
}
