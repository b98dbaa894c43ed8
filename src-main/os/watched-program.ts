/**
 * A program that is to run as long as something of ours does: started again when it ends, after 0.5 s, then 1 s, … up to 10 s. Called for helpers
 * without a window of their own (hub4com). What it says is read away; the last line of its errors is kept for people.
 *
 * It ends with this process. One that was killed leaves it behind, as Windows gives nobody's children to a killer; who needs more than that has
 * program.ts, on POSIX.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { Backoff } from '../base/backoff.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'

/** What lived so long did not fail at its start. */
const HEALTHY_MS = 10_000

/** For it to end by itself before it is killed. */
const END_MS = 2000

/** Of a line of errors, in characters. */
const LINE_LENGTH = 200

export interface WatchedOptions {
  /** The program, and its words. */
  readonly command: readonly [string, ...string[]]
  readonly clock?: Clock
}

export class WatchedProgram {
  readonly #options: WatchedOptions
  readonly #clock: Clock
  readonly #backoff = new Backoff()
  readonly #failures = new Emitter<string>()
  readonly #onExit = (): void => void this.#child?.kill('SIGKILL')
  #child: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  #again: Disposable | undefined
  #said = ''
  #isStopped = false

  /** It ended, and not by us, or could not be started; it is started again. As the end of a sentence: `ended with 1: no such port`. */
  readonly onFailure: Event<string> = this.#failures.event

  /** Starts it. */
  constructor(options: WatchedOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    process.on('exit', this.#onExit)
    this.#start()
  }

  /** Undefined: it does not run now. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when it has ended. Idempotent. */
  async stop(): Promise<void> {
    if (!this.#isStopped) {
      this.#isStopped = true
      process.off('exit', this.#onExit)
      this.#again?.dispose()
      const child = this.#child
      child?.kill()
      const timer = this.#clock.after(END_MS, () => child?.kill('SIGKILL'))
      void this.#ended.then(() => timer.dispose())
    }
    return this.#ended
  }

  #start(): void {
    const [program, ...words] = this.#options.command
    const begunMs = this.#clock.nowMs()
    this.#said = ''
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true })
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', (piece: string) => this.#hear(piece))
    this.#ended = new Promise((resolve) => {
      const end = (why: string): void => {
        if (this.#child !== child) return
        this.#child = undefined
        resolve()
        if (this.#isStopped) return
        if (this.#clock.nowMs() - begunMs > HEALTHY_MS) this.#backoff.reset()
        this.#again = this.#clock.after(this.#backoff.next(), () => this.#start())
        this.#failures.fire(why)
      }
      child.once('error', (error) => end(`could not be started: ${error.message}`))
      // 'close' and not 'exit': by then all that it said was heard.
      child.once('close', (code, signal) => {
        const how = code === null ? `was ended by ${signal ?? 'somebody'}` : `ended with ${code}`
        end(this.#last === '' ? how : `${how}: ${this.#last}`)
      })
    })
  }

  #hear(piece: string): void {
    // The last line that is whole is in there, whatever comes.
    this.#said = (this.#said + piece).slice(-2 * LINE_LENGTH)
  }

  get #last(): string {
    const lines = this.#said.split(/[\r\n]+/).map((line) => line.trim())
    return (lines.filter((line) => line !== '').at(-1) ?? '').slice(0, LINE_LENGTH)
  }
}
