/**
 * Memory for the logs of one opened file: one limit for all, and small pages first, so that many interfaces with little traffic cost little. Where the
 * limit is reached, whoever wants a page gives up its own oldest one; each log has one page in any case.
 */
import type { PageStore } from '../../traffic/log.ts'
import { MAX_RECORD } from './log-builder.ts'

const FIRST_PAGE = 64 * 1024
/** The largest record, and what stands around it. */
const LARGEST_PAGE = MAX_RECORD + 4096

export class SharedPages {
  readonly #maxBytes: number
  #used = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** For one log. */
  store(): PageStore {
    let pages = 0
    let size = FIRST_PAGE
    return {
      take: () => {
        if (pages > 0 && this.#used + size > this.#maxBytes) return undefined
        const bytes = new Uint8Array(size)
        pages++
        this.#used += size
        size = LARGEST_PAGE
        return bytes
      },
      give: (bytes) => {
        pages--
        this.#used -= bytes.length
      }
    }
  }
}
