/**
 * Telnet (RFC 854, 855, 856) as a codec: bytes in, events out; messages in, bytes out. Called by net/telnet-link; knows
 * neither role nor option: who answers a negotiation, and how, is decided in telnet-options.ts and above.
 *
 *     FF FF             one data byte 0xFF
 *     FF F3             a command of two bytes: BRK; likewise NOP, AYT, …
 *     FF FB 2C          WILL (FB), WONT (FC), DO (FD), DONT (FE) and the option
 *     FF FA 2C … FF F0  subnegotiation: SB, option, bytes with FF doubled, IAC SE
 *     anything else     data
 *
 * Known deviations of peers:
 * - Binary or not, no serial server or client adds or strips a NUL behind CR (ser2net and gensio never do, pyserial neither), and
 *   many never negotiate BINARY at all. So the NVT rule CR NUL → CR (RFC 854) is followed only for a peer that
 *   explicitly refused to send binary (WONT BINARY): from anybody else a NUL behind a CR is data of the user.
 * - For the same reason a bare CR is sent as it is, also to a peer that refused binary.
 * - A subnegotiation that is never ended, or broken off by another command, is dropped; the connection lives on.
 */
import type { Codec, Violation } from './codec.ts'
import { doubleIacs, undouble } from './telnet-escape.ts'

/** RFC 854; EOF, SUSP and ABORT are RFC 1184's, EOR is RFC 885's. */
export const TELNET = {
  eof: 236,
  susp: 237,
  abort: 238,
  eor: 239,
  se: 240,
  nop: 241,
  dm: 242,
  brk: 243,
  ip: 244,
  ao: 245,
  ayt: 246,
  ec: 247,
  el: 248,
  ga: 249,
  sb: 250,
  will: 251,
  wont: 252,
  do: 253,
  dont: 254,
  iac: 255
} as const

/** BINARY: RFC 856. ECHO: RFC 857. SUPPRESS-GO-AHEAD: RFC 858. COM-PORT-OPTION: RFC 2217. */
export const OPTION = { binary: 0, echo: 1, suppressGoAhead: 3, comPort: 44 } as const

export const COMMANDS = [
  'eof',
  'susp',
  'abort',
  'eor',
  'nop',
  'dm',
  'brk',
  'ip',
  'ao',
  'ayt',
  'ec',
  'el',
  'ga'
] as const
export const VERBS = ['will', 'wont', 'do', 'dont'] as const

export type TelnetCommand = (typeof COMMANDS)[number]
export type Verb = (typeof VERBS)[number]

/** Option byte and unescaped bytes together; the longest that serial peers send are signatures below 100 bytes. */
export const MAX_SUBNEGOTIATION = 4096

/** How much of an offending subnegotiation a violation shows. */
const SHOWN = 16

/**
 * From this many pieces on, data that doubled 0xFFs cut up is copied, byte by byte, and joined: an erased flash image is all 0xFF
 * and would travel on as single bytes.
 */
const MAX_PIECES = 8

const CR = 13

export interface Negotiation {
  readonly type: 'negotiation'
  readonly verb: Verb
  /** 0-255. */
  readonly option: number
}

export type TelnetMessage =
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'command'; readonly command: TelnetCommand }
  | Negotiation
  | { readonly type: 'subnegotiation'; readonly option: number; readonly bytes: Uint8Array }

export type TelnetEvent = TelnetMessage | Violation

const COMMAND_BY_CODE = new Map<number, TelnetCommand>(COMMANDS.map((each) => [TELNET[each], each]))
const VERB_BY_CODE = new Map<number, Verb>(VERBS.map((each) => [TELNET[each], each]))

export class TelnetCodec implements Codec<TelnetEvent, TelnetMessage> {
  #state: 'data' | 'iac' | 'verb' | 'subnegotiation' | 'subnegotiation-iac' = 'data'
  #verb: Verb = 'will'
  /** The peer said WONT BINARY: it sends NVT text, where CR NUL means CR. */
  #nvt = false
  #afterCr = false
  // One subnegotiation, unescaped; made at the first one, since plain telnet clients never send any.
  #buffer = new Uint8Array(0)
  #size = 0
  #tooLong = false

  /** Data are views of `chunk` (see MAX_PIECES); subnegotiations are copies of their own. */
  receive(chunk: Uint8Array): TelnetEvent[] {
    const events: TelnetEvent[] = []
    let pieces: Uint8Array[] = []
    const endOfData = (): void => {
      const joined = pieces.length > MAX_PIECES ? [concat(pieces)] : pieces
      for (const bytes of joined) events.push({ type: 'data', bytes })
      pieces = []
    }
    const emit = (event: TelnetEvent): void => {
      endOfData()
      events.push(event)
    }

    let at = 0
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0
      switch (this.#state) {
        case 'data': {
          const end = indexOrEnd(chunk, TELNET.iac, at)
          this.#takeData(chunk, at, end, pieces)
          if (end < chunk.length) this.#state = 'iac'
          at = end + 1
          break
        }
        case 'iac':
          if (byte === TELNET.iac && pieces.length >= MAX_PIECES && !this.#nvt) {
            at = this.#takeDense(chunk, at, pieces)
          } else if (byte === TELNET.iac) {
            // The second 0xFF is the data byte: the piece starts with it and goes on behind.
            const end = indexOrEnd(chunk, TELNET.iac, at + 1)
            this.#takeData(chunk, at, end, pieces)
            this.#state = end < chunk.length ? 'iac' : 'data'
            at = end + 1
          } else {
            this.#takeCommand(byte, emit)
            at += 1
          }
          break
        case 'verb':
          if (byte === OPTION.binary && this.#verb === 'will') this.#nvt = false
          if (byte === OPTION.binary && this.#verb === 'wont') this.#nvt = true
          emit({ type: 'negotiation', verb: this.#verb, option: byte })
          this.#state = 'data'
          at += 1
          break
        case 'subnegotiation': {
          const end = indexOrEnd(chunk, TELNET.iac, at)
          this.#collect(chunk, at, end, emit)
          if (end < chunk.length) this.#state = 'subnegotiation-iac'
          at = end + 1
          break
        }
        case 'subnegotiation-iac':
          if (byte === TELNET.iac) {
            this.#collect(chunk, at, at + 1, emit)
            this.#state = 'subnegotiation'
          } else if (byte === TELNET.se) {
            this.#endSubnegotiation(emit)
          } else {
            if (!this.#tooLong) emit(this.#violation('a command inside a subnegotiation', 'RFC 855'))
            this.#takeCommand(byte, emit)
          }
          at += 1
          break
      }
    }
    endOfData()
    return events
  }

  /** Data without 0xFF comes back as the very same buffer. */
  send(message: TelnetMessage): Uint8Array {
    switch (message.type) {
      case 'data':
        return doubleIacs(message.bytes)
      case 'command':
        return Uint8Array.of(TELNET.iac, TELNET[message.command])
      case 'negotiation':
        return Uint8Array.of(TELNET.iac, TELNET[message.verb], message.option)
      case 'subnegotiation':
        return concat([
          Uint8Array.of(TELNET.iac, TELNET.sb),
          doubleIacs(Uint8Array.of(message.option, ...message.bytes)),
          Uint8Array.of(TELNET.iac, TELNET.se)
        ])
    }
  }

  #takeData(chunk: Uint8Array, from: number, end: number, pieces: Uint8Array[]): void {
    let start = from
    if (this.#nvt) {
      if (this.#afterCr && start < end && chunk[start] === 0) start += 1
      for (let cr = chunk.indexOf(CR, start); cr >= 0 && cr < end - 1; cr = chunk.indexOf(CR, cr + 1)) {
        if (chunk[cr + 1] !== 0) continue
        pieces.push(chunk.subarray(start, cr + 1))
        start = cr + 2
      }
    }
    // Nothing between two IACs tells nothing about a CR before them.
    if (end > from) this.#afterCr = chunk[end - 1] === CR
    if (start < end) pieces.push(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end))
  }

  /** From the second byte of a doubled IAC up to a command or the end; answers where that is. */
  #takeDense(chunk: Uint8Array, from: number, pieces: Uint8Array[]): number {
    const { plain, end } = undouble(chunk, from)
    pieces.push(plain)
    this.#afterCr = plain.at(-1) === CR
    this.#state = 'data'
    return end
  }

  #takeCommand(code: number, emit: (event: TelnetEvent) => void): void {
    const verb = VERB_BY_CODE.get(code)
    const command = COMMAND_BY_CODE.get(code)
    this.#state = 'data'
    if (verb) {
      this.#verb = verb
      this.#state = 'verb'
    } else if (code === TELNET.sb) {
      this.#size = 0
      this.#tooLong = false
      this.#state = 'subnegotiation'
    } else if (command) {
      emit({ type: 'command', command })
    } else {
      const what = code === TELNET.se ? 'the end of a subnegotiation that never began' : 'an unknown command'
      emit({ type: 'violation', what, section: 'RFC 854', bytes: Uint8Array.of(TELNET.iac, code) })
    }
  }

  #collect(chunk: Uint8Array, start: number, end: number, emit: (event: TelnetEvent) => void): void {
    if (this.#tooLong || start === end) return
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(MAX_SUBNEGOTIATION)
    const room = MAX_SUBNEGOTIATION - this.#size
    const taken = chunk.subarray(start, Math.min(end, start + room))
    this.#buffer.set(taken, this.#size)
    this.#size += taken.length
    if (end - start > room) {
      this.#tooLong = true
      emit(this.#violation(`a subnegotiation of more than ${MAX_SUBNEGOTIATION} bytes`, 'RFC 855'))
    }
  }

  #endSubnegotiation(emit: (event: TelnetEvent) => void): void {
    this.#state = 'data'
    if (this.#tooLong) return
    const option = this.#buffer[0]
    if (this.#size === 0 || option === undefined)
      emit(this.#violation('a subnegotiation without an option', 'RFC 855'))
    else emit({ type: 'subnegotiation', option, bytes: this.#buffer.slice(1, this.#size) })
  }

  #violation(what: string, section: string): Violation {
    return { type: 'violation', what, section, bytes: this.#buffer.slice(0, Math.min(this.#size, SHOWN)) }
  }
}

function indexOrEnd(chunk: Uint8Array, byte: number, from: number): number {
  const index = chunk.indexOf(byte, from)
  return index < 0 ? chunk.length : index
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, each) => sum + each.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}
