/**
 * The requests of an RFC 2217 client, one in flight at a time: some servers lose the second of two. Called by remote.ts;
 * sends through a function, and knows no connection.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { ComPortMessage } from '../protocol/rfc2217.ts'

/**
 * How long an answer may take, in ms. RFC 2217 names no time; pyserial waits 3 s, gensio 5 s. Less here, since a program's tcsetattr
 * waits behind it; and a late answer is not lost, it is taken as news.
 */
export const REQUEST_TIMEOUT_MS = 2000

/** For questions that a known server (pyserial's) leaves unanswered: ten times the slowest answer so far, within these. */
const OPTIONAL_TIMEOUT_MS = { least: 250, most: 1000, factor: 10 } as const

/** `optional`: may well stay unanswered, waits less. `background`: optional, and lets all others go first. */
export type Urgency = 'wish' | 'question' | 'optional' | 'background'

interface Pending {
  readonly request: ComPortMessage
  readonly urgency: Urgency
  /** Called with true once it was acknowledged, false when its time was over. */
  readonly settle: (acknowledged: boolean) => void
}

export class RequestQueue {
  readonly #send: (request: ComPortMessage) => void
  readonly #clock: Clock
  #waiting: Pending[] = []
  #inFlight: (Pending & { readonly sentMs: number; readonly timer: Disposable }) | undefined
  #slowestMs = 0
  #stopped = false

  constructor(send: (request: ComPortMessage) => void, clock: Clock) {
    this.#send = send
    this.#clock = clock
  }

  /** Nobody will answer any more. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** Resolves with whether the server acknowledged it; never rejects. After `stop`: false at once. */
  ask(request: ComPortMessage, urgency: Urgency = 'wish'): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false)
    return new Promise((settle) => {
      const pending = { request, urgency, settle }
      const background = this.#waiting.findIndex((each) => each.urgency === 'background')
      if (urgency === 'background' || background < 0) this.#waiting.push(pending)
      else this.#waiting.splice(background, 0, pending)
      this.#next()
    })
  }

  /** The server said something: answers the request that it acknowledges, undefined where it is unasked. */
  offer(reply: ComPortMessage): ComPortMessage | undefined {
    const current = this.#inFlight
    if (!current || !acknowledges(reply, current.request)) return undefined
    this.#slowestMs = Math.max(this.#slowestMs, this.#clock.nowMs() - current.sentMs)
    this.#settle(true)
    return current.request
  }

  /** Settles everything that waits as not acknowledged; idempotent. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    const waiting = this.#waiting
    this.#waiting = []
    this.#settle(false)
    for (const each of waiting) each.settle(false)
  }

  #next(): void {
    if (this.#inFlight) return
    const pending = this.#waiting.shift()
    if (!pending) return
    const timer = this.#clock.after(this.#timeoutMs(pending.urgency), () => {
      this.#settle(false)
    })
    this.#inFlight = { ...pending, sentMs: this.#clock.nowMs(), timer }
    this.#send(pending.request)
  }

  #settle(acknowledged: boolean): void {
    const current = this.#inFlight
    if (!current) return
    this.#inFlight = undefined
    current.timer.dispose()
    current.settle(acknowledged)
    this.#next()
  }

  #timeoutMs(urgency: Urgency): number {
    if (urgency === 'wish' || urgency === 'question') return REQUEST_TIMEOUT_MS
    const { least, most, factor } = OPTIONAL_TIMEOUT_MS
    return Math.min(most, Math.max(least, this.#slowestMs * factor))
  }
}

/**
 * Beyond the answer of the request's own kind: any SET-CONTROL answer acknowledges a break, and one about flow control also DTR and
 * RTS (sredird always answers 105 1); a state acknowledges a mask (ser2net sends it instead).
 */
function acknowledges(reply: ComPortMessage, request: ComPortMessage): boolean {
  switch (request.type) {
    case 'control':
      if (reply.type !== 'control') return false
      return reply.about === request.about || request.about === 'break' || isSredirds(reply, request)
    case 'lineStateMask':
    case 'modemStateMask':
      return reply.type === request.type || reply.type === 'lineState' || reply.type === 'modemState'
    case 'signature':
    case 'baudRate':
    case 'dataSize':
    case 'parity':
    case 'stopSize':
    case 'lineState':
    case 'modemState':
    case 'suspend':
    case 'resume':
    case 'purge':
      return reply.type === request.type
  }
}

function isSredirds(reply: ComPortMessage, request: ComPortMessage & { readonly type: 'control' }): boolean {
  const isLine = request.about === 'dtr' || request.about === 'rts'
  return isLine && reply.type === 'control' && reply.about === 'flow' && reply.flow === 'none'
}
