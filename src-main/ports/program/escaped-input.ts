/**
 * What goes to a program that looks for an escape character behind each end of a line: data in which there is none to be found,
 * and the escapes that we mean. It follows the program's own look at its input: behind CR or LF, and at the start, one escape
 * character is a command and two are one character of data; behind a command the line still begins.
 */
import type { Escapes } from './profiles.ts'

const CR = 0x0d
const LF = 0x0a

export class EscapedInput {
  readonly #escapes: Escapes
  #lineBegins = true

  constructor(escapes: Escapes) {
    this.#escapes = escapes
  }

  /** An escape sent now would be heeded. */
  get lineBegins(): boolean {
    return this.#lineBegins
  }

  /** What to send so that the program reads these bytes; the same chunk where nothing has to be doubled. */
  data(chunk: Uint8Array): Uint8Array {
    if (chunk.length === 0) return chunk
    const { character } = this.#escapes
    const pieces: Uint8Array[] = []
    let done = 0
    for (let at = chunk.indexOf(character); at >= 0; at = chunk.indexOf(character, at + 1)) {
      if (at === 0 ? !this.#lineBegins : !endsLine(chunk[at - 1])) continue
      // Up to it, and then again from it on.
      pieces.push(chunk.subarray(done, at + 1))
      done = at
    }
    this.#lineBegins = endsLine(chunk[chunk.length - 1])
    return pieces.length === 0 ? chunk : Buffer.concat([...pieces, chunk.subarray(done)])
  }

  /** A break. Where no line begins, a carriage return has to go before it: the program heeds no escape elsewhere. */
  break(): Uint8Array {
    const { character, break: command } = this.#escapes
    const start = this.#lineBegins ? [] : [CR]
    this.#lineBegins = true
    return Uint8Array.from([...start, character, command])
  }

  /** The program's own end; undefined where that would need a carriage return, which could start half a command. */
  end(): Uint8Array | undefined {
    const { character, end } = this.#escapes
    return this.#lineBegins ? Uint8Array.from([character, end]) : undefined
  }
}

function endsLine(byte: number | undefined): boolean {
  return byte === CR || byte === LF
}
