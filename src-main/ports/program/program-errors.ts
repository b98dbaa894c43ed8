/**
 * What a program says on standard error: never data, but told to people. Each line is made fit for a terminal, the secrets are
 * taken out, and a program that does not stop talking is cut short.
 */
import { cleanText } from '../../os/sysfs-tree.ts'
import type { Clock } from '../../base/clock.ts'

/** So many lines are told in each `WINDOW_MS`; how many more there were is told at its end. */
const LINES_TOLD = 5
const WINDOW_MS = 10_000

/** A line that is longer goes on as the next one. */
const LONGEST_LINE = 4096

export interface ProgramErrorsOptions {
  readonly clock: Clock
  /** Takes the secrets out. */
  readonly redact: (text: string) => string
  /** Lines that mean nothing here. */
  readonly noise?: RegExp
  readonly tell: (line: string) => void
}

export class ProgramErrors {
  readonly #options: ProgramErrorsOptions
  #rest = ''
  #last: string | undefined
  #told = 0
  #untold = 0
  #windowMs = Number.NEGATIVE_INFINITY

  constructor(options: ProgramErrorsOptions) {
    this.#options = options
  }

  /** The last line that said anything; undefined: there was none. */
  get last(): string | undefined {
    return this.#last
  }

  take(piece: Buffer): void {
    // Latin-1 never fails and never splits a character; UTF-8 is put together again for each line.
    const lines = (this.#rest + piece.toString('latin1')).split(/[\r\n]/)
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > LONGEST_LINE) {
      lines.push(this.#rest)
      this.#rest = ''
    }
    for (const line of lines) this.#line(line)
  }

  /** The program ended: what it said without an end of line, and what was not told. */
  end(): void {
    this.#line(this.#rest)
    this.#rest = ''
    this.#tellUntold()
  }

  #line(latin1: string): void {
    const { redact, noise, tell, clock } = this.#options
    const line = cleanText(redact(Buffer.from(latin1, 'latin1').toString('utf8')))
    if (line === undefined || noise?.test(line)) return
    this.#last = line
    if (clock.nowMs() - this.#windowMs >= WINDOW_MS) {
      this.#tellUntold()
      this.#windowMs = clock.nowMs()
      this.#told = 0
    }
    if (this.#told === LINES_TOLD) {
      this.#untold += 1
      return
    }
    this.#told += 1
    tell(line)
  }

  #tellUntold(): void {
    if (this.#untold > 0) this.#options.tell(`(${this.#untold} more lines like these)`)
    this.#untold = 0
  }
}
