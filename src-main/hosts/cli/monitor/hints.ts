/** What a monitor says by itself, besides what was recorded: which decoder would fit, and that the baud rate is probably wrong. Changes nothing. */
import { BaudDoctor } from '../../../traffic/baud-doctor.ts'
import { suggestion } from '../../../traffic/detection.ts'
import type { Row } from '../../../traffic/row.ts'

/** A guess is made after so many rows, and again after twice as many … */
const FIRST_GUESS = 8
/** … until it would have been sure long ago. */
const LAST_GUESS = 4096
/** What a guess looks at. */
const GUESS_ROWS = 200

/** Less sure is not said. */
const SURE = 0.8
/** The doctor is asked no more often than this, in bytes of the device. */
const ASK_BYTES = 64

export interface HintOptions {
  /** Somebody chose a decoder already. */
  readonly hasDecoder: boolean
  readonly lastRows: (count: number) => readonly Row[]
}

export class Hints {
  readonly #options: HintOptions
  #doctor = new BaudDoctor()
  #rows = 0
  #guessAt = FIRST_GUESS
  #bytes = 0
  #told = ''

  constructor(options: HintOptions) {
    this.#options = options
    if (options.hasDecoder) this.#guessAt = Infinity
  }

  /** Every row that was recorded, in order. */
  look(row: Row): void {
    this.#doctor.look(row)
    if (row.content.type !== 'bytes') return
    this.#rows++
    if (row.content.direction === 'from-device') this.#bytes += row.content.bytes.length
  }

  /** `looks like Modbus RTU: --decode modbus-rtu`, once; undefined: nothing, or not yet. */
  decoder(): string | undefined {
    if (this.#rows < this.#guessAt) return undefined
    while (this.#guessAt <= this.#rows) this.#guessAt *= 2
    const found = suggestion(this.#options.lastRows(GUESS_ROWS))
    if (!found && this.#guessAt <= LAST_GUESS) return undefined
    this.#guessAt = Infinity
    // Text is what is shown anyway.
    if (!found || found.kind.id === 'lines') return undefined
    return `looks like ${found.kind.name}: --decode ${found.kind.id}`
  }

  /** `Garbled: probably 9600 (…)`, each finding once; undefined: nothing new. */
  baudRate(): string | undefined {
    if (this.#bytes < ASK_BYTES) return undefined
    this.#bytes = 0
    const found = this.#doctor.finding()
    if (!found || found.confidence < SURE || found.text === this.#told) return undefined
    this.#told = found.text
    return `${found.text.charAt(0).toUpperCase()}${found.text.slice(1)}, ${Math.round(found.confidence * 100)} % sure (${found.why})`
  }
}
