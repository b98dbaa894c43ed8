/** The bytes alone, as they passed: of one direction, or of both in the order of their times. */
import type { Direction } from '../../contract/traffic.ts'
import type { Page } from '../../traffic/page.ts'
import type { CaptureFormat } from '../format.ts'
import { ByteWriter } from './byte-writer.ts'

export class RawFile implements CaptureFormat {
  readonly #direction: Direction | undefined
  readonly #out = new ByteWriter()

  /** Absent: both. */
  constructor(direction?: Direction) {
    this.#direction = direction
  }

  start(): Uint8Array {
    return this.#out.take()
  }

  page(page: Page, from: number, to: number): Uint8Array {
    for (let record = from; record < to; record++)
      if (!page.isEvent(record) && (!this.#direction || page.direction(record) === this.#direction))
        this.#out.bytes(page.bytes(record))
    return this.#out.take()
  }

  end(): Uint8Array {
    return this.#out.take()
  }
}
