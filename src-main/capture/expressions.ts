/**
 * Runs users' regular expressions beside the traffic: in a thread of its own, which is ended where it takes too long. Called by the commands
 * and the core that search recordings (RunExpressions of traffic/filter/row-search.ts); nothing else ever runs a user's expression.
 *
 * The thread's program is a text, so that it needs no file of its own in any of the builds. An expression that takes for ever cannot be
 * interrupted in any other way: the whole thread goes, and the next search has a new one.
 */
import { Worker } from 'node:worker_threads'
import type { Disposable } from '../base/event.ts'
import { systemClock, type Clock } from '../base/clock.ts'
import { Fault } from '../contract/faults.ts'
import { packed, type PackedTexts } from '../traffic/filter/packed-texts.ts'
import type { RunExpressions } from '../traffic/filter/row-search.ts'

/** For the rows of one question, some hundred KiB at the most, in ms. */
export const EXPRESSION_MS = 500

/** `at`: which expression it is at, so that it can be named when it had to be ended. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads')
parentPort.on('message', ({ id, expressions, bytes, ends, at }) => {
  const all = Buffer.from(bytes.buffer).latin1Slice()
  const fits = new Uint8Array(ends.length * expressions.length)
  for (const [index, expression] of expressions.entries()) {
    at[0] = index
    for (let row = 0, from = 0; row < ends.length; from = ends[row++])
      if (expression.test(all.slice(from, ends[row]))) fits[row * expressions.length + index] = 1
  }
  parentPort.postMessage({ id, fits }, [fits.buffer])
})
parentPort.postMessage({ id: 0, fits: new Uint8Array(0) })
`

interface Answer {
  readonly id: number
  /** A byte for each text and expression, those of one text together. */
  readonly fits: Uint8Array
}

interface Question {
  readonly expressions: readonly RegExp[]
  readonly texts: PackedTexts
  readonly resolve: (fits: Uint8Array) => void
  readonly reject: (fault: Fault) => void
  /** Which expression the thread is at; memory of both. */
  readonly at: Int32Array<SharedArrayBuffer>
}

export class ExpressionRunner implements Disposable {
  readonly #clock: Clock
  readonly #waiting: Question[] = []
  #worker: Worker | undefined
  /** It has started: until then its time does not count. */
  #isUp = false
  #current: { readonly question: Question; readonly id: number } | undefined
  #limit: Disposable | undefined
  #lastId = 0
  #isDisposed = false

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /**
   * For each text, for each expression: does it fit? Texts are read at once, as Latin-1, a character for each byte. Rejects with the Fault `usage`
   * where one takes more than EXPRESSION_MS; another question may follow. One at a time, in order.
   */
  readonly run: RunExpressions = async (expressions, texts) => {
    const count = expressions.length
    const fits = await this.#ask(expressions, packed(texts))
    return texts.map((_, text) => expressions.map((__, index) => fits[text * count + index] === 1))
  }

  dispose(): void {
    this.#isDisposed = true
    this.#drop()
    const over = new Fault('usage', 'The search is over.')
    this.#current?.question.reject(over)
    this.#current = undefined
    for (const { reject } of this.#waiting.splice(0)) reject(over)
  }

  #ask(expressions: readonly RegExp[], texts: PackedTexts): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#isDisposed) {
        reject(new Fault('usage', 'The search is over.'))
        return
      }
      const at = new Int32Array(new SharedArrayBuffer(4))
      this.#waiting.push({ expressions, texts, resolve, reject, at })
      this.#next()
    })
  }

  #next(): void {
    if (this.#current || this.#waiting.length === 0) return
    const worker = (this.#worker ??= this.#start())
    if (!this.#isUp) return
    const question = this.#waiting.shift()
    if (!question) return
    const id = ++this.#lastId
    this.#current = { question, id }
    const { expressions, texts, at } = question
    this.#limit = this.#clock.after(EXPRESSION_MS, () => this.#tooLong())
    // Without `g` and `y`: an expression that remembers where it stopped would skip the next text.
    const plain = expressions.map(({ source, flags }) => new RegExp(source, flags.replace(/[gy]/g, '')))
    // Only a question keeps the process.
    worker.ref()
    const { bytes, ends } = texts
    worker.postMessage({ id, expressions: plain, bytes, ends, at }, [bytes.buffer, ends.buffer])
  }

  #start(): Worker {
    const worker = new Worker(PROGRAM, { eval: true, stdout: false, stderr: false })
    worker.on('message', (answer: Answer) => {
      if (worker === this.#worker) this.#take(answer)
    })
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#failed(error)
    })
    return worker
  }

  #take({ id, fits }: Answer): void {
    if (!this.#isUp) {
      this.#isUp = true
    } else if (id === this.#current?.id) {
      const { question } = this.#current
      this.#settled()
      question.resolve(fits)
    }
    this.#next()
  }

  #tooLong(): void {
    const question = this.#current?.question
    const expression = question?.expressions[question.at[0] ?? 0]
    this.#drop()
    this.#settled()
    question?.reject(
      new Fault(
        'usage',
        `The expression ${String(expression)} takes more than ${EXPRESSION_MS} ms and was ended. Make it simpler: no repetition within a repetition, like (a+)+.`
      )
    )
    this.#next()
  }

  #failed(error: unknown): void {
    const questions = [...(this.#current ? [this.#current.question] : []), ...this.#waiting.splice(0)]
    this.#drop()
    this.#settled()
    const why = error instanceof Error ? error.message : String(error)
    for (const { reject } of questions)
      reject(new Fault('usage', `The expression cannot be run (${why}). Make it simpler.`, error))
  }

  #settled(): void {
    this.#worker?.unref()
    this.#limit?.dispose()
    this.#limit = undefined
    this.#current = undefined
  }

  #drop(): void {
    this.#limit?.dispose()
    this.#limit = undefined
    void this.#worker?.terminate()
    this.#worker = undefined
    this.#isUp = false
  }
}
