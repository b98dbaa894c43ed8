/**
 * Runs users' regular expressions in a thread of the page, which is ended where one takes too long: an expression can be so written that it
 * takes years, and cannot be interrupted otherwise. Called by filter and find; one for a page is enough.
 */
import type { Clock } from '../../../src-main/base/clock.ts'
import type { Disposable } from '../../../src-main/base/event.ts'
import { packed } from '../../../src-main/traffic/filter/packed-texts.ts'
import { words } from '../../words/words.ts'
import { pageClock } from '../../clock.ts'
import type { Answer, Question } from './filter-question.ts'

/** For the rows of one question, in ms. */
export const EXPRESSION_MS = 500

/** What is used of a Worker. */
export interface Thread {
  onmessage: ((event: MessageEvent<Answer | undefined>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
  postMessage(question: Question): void
  terminate(): void
}

interface Asked {
  readonly question: Question
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

export class Expressions implements Disposable {
  readonly #make: () => Thread
  readonly #clock: Clock
  readonly #waiting: Asked[] = []
  #thread: Thread | undefined
  /** It has started: until then its time does not count. */
  #isUp = false
  #current: Asked | undefined
  #limit: Disposable | undefined
  #lastId = 0

  constructor(make: () => Thread = makeThread, clock: Clock = pageClock) {
    this.#make = make
    this.#clock = clock
  }

  /** Starts the thread before anybody needs it. */
  warm(): void {
    this.#thread ??= this.#start()
  }

  /** For each text, for each expression: does it fit? Rejects with words to show where that took more than EXPRESSION_MS. */
  readonly run = async (
    expressions: readonly RegExp[],
    texts: readonly Uint8Array[]
  ): Promise<readonly (readonly boolean[])[]> => {
    const { fits } = await this.#ask('fit', expressions, texts)
    return texts.map((_, row) => expressions.map((__, index) => fits[row * expressions.length + index] === 1))
  }

  /** Where it fits, as pairs of from and to; rejects as `run`. */
  async places(expression: RegExp, text: Uint8Array): Promise<Uint32Array> {
    return (await this.#ask('places', [expression], [text])).places
  }

  dispose(): void {
    this.#drop()
    const over = new Error(words.monitorFind.searchOver)
    this.#current?.reject(over)
    this.#current = undefined
    for (const { reject } of this.#waiting.splice(0)) reject(over)
  }

  #ask(
    want: Question['want'],
    expressions: readonly RegExp[],
    texts: readonly Uint8Array[]
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const question: Question = { id: ++this.#lastId, want, expressions, ...packed(texts) }
      this.#waiting.push({ question, resolve, reject })
      this.#next()
    })
  }

  #next(): void {
    if (this.#current || this.#waiting.length === 0) return
    const thread = (this.#thread ??= this.#start())
    if (!this.#isUp) return
    this.#current = this.#waiting.shift()
    if (!this.#current) return
    this.#limit = this.#clock.after(EXPRESSION_MS, () => {
      const [expression] = this.#current?.question.expressions ?? []
      this.#fail(new Error(words.monitorFind.tooLong(String(expression), EXPRESSION_MS)))
    })
    thread.postMessage(this.#current.question)
  }

  #start(): Thread {
    const thread = this.#make()
    thread.onmessage = ({ data }) => {
      if (thread !== this.#thread) return
      if (!data) this.#isUp = true
      else if (data.id === this.#current?.question.id) {
        const { resolve } = this.#current
        this.#settled()
        resolve(data)
      }
      this.#next()
    }
    thread.onerror = ({ message }) => {
      if (thread === this.#thread) this.#fail(new Error(words.monitorFind.cannotRun(message)))
    }
    return thread
  }

  /** The thread goes with the question that it could not answer; one that never started takes all of them with it. */
  #fail(error: Error): void {
    const failed = this.#current ? [this.#current] : this.#waiting.splice(0)
    this.#drop()
    this.#settled()
    for (const { reject } of failed) reject(error)
    this.#next()
  }

  #settled(): void {
    this.#limit?.dispose()
    this.#limit = undefined
    this.#current = undefined
  }

  #drop(): void {
    this.#limit?.dispose()
    this.#thread?.terminate()
    this.#thread = undefined
    this.#isUp = false
  }
}

function makeThread(): Thread {
  return new Worker(new URL('./filter-worker.ts', import.meta.url), { type: 'module' })
}
