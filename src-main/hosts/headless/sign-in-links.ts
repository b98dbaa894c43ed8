/**
 * The one-time tokens that stand in the links to the page. Called by page-host.ts. Keeps their digests alone, in memory: with the process
 * every link is gone.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'

/** 256 bits: nobody guesses one. */
const TOKEN_BYTES = 32

/** Long enough to walk to another computer, in ms. */
export const LINK_MS = 60 * 60_000

/** Links that nobody opened yet; the oldest one makes room. */
export const MAX_LINKS = 16

interface Link {
  readonly digest: Buffer
  readonly untilMs: number
}

export class SignInLinks {
  readonly #clock: Clock
  #links: Link[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A new one, as text that needs no escapes in a URL. */
  issue(): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const link = { digest: digestOf(token), untilMs: this.#clock.nowMs() + LINK_MS }
    this.#links = [...this.#links, link].slice(-MAX_LINKS)
    return token
  }

  /** Whether it is one that was issued, in time, and not used yet; from now on it is. Takes as long for any. */
  redeem(token: string): boolean {
    const digest = digestOf(token)
    const nowMs = this.#clock.nowMs()
    let found = undefined as Link | undefined
    for (const link of this.#links) if (timingSafeEqual(link.digest, digest)) found = link
    this.#links = this.#links.filter((each) => each !== found && each.untilMs > nowMs)
    return found !== undefined && found.untilMs > nowMs
  }

  /** None of them is good any more. */
  clear(): void {
    this.#links = []
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
