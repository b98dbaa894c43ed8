/**
 * A capture that goes on: what a recording gets from now on, written into files until somebody stops it, a limit is reached or the disk is
 * full. A full disk ends the capture, and never the traffic. Called by captures.ts.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import type { CaptureFormatSource, CaptureMeta } from '../../capture/format.ts'
import type { Recorder } from '../../capture/recorder.ts'
import { Fault } from '../../contract/faults.ts'
import type { CaptureFormatName, CaptureState } from '../../contract/recording.ts'
import { CaptureFile } from './capture-file.ts'
import { numbered, type CapturesFolder } from './captures-folder.ts'

/** A disk that took nothing for so long hangs, in ms. */
export const STALL_MS = 5000

export interface RunningOptions {
  readonly id: string
  readonly of: string
  readonly recorder: Recorder
  /** The first record. */
  readonly from: number
  readonly format: CaptureFormatName
  readonly form: CaptureFormatSource
  readonly meta: CaptureMeta
  readonly folder: CapturesFolder
  readonly name: string
  /** A number may stand behind the name where it is taken. */
  readonly isOurName: boolean
  readonly maxBytes?: number
  readonly maxMs?: number
  readonly rotate?: number
  readonly clock: Clock
  /** Something that people see changed: files, faults; not the counts. */
  readonly changed: () => void
  /** It is over: by its limit, or with the fault. */
  readonly over: (fault: Fault | undefined) => void
}

export class RunningCapture {
  readonly #options: RunningOptions
  readonly #since = Date.now()
  readonly #life = new Lifetime()
  readonly #names: string[] = []
  #file: CaptureFile | undefined
  #limit: Disposable | undefined
  /** Of the files before. */
  #before = { bytes: 0, records: 0, missed: 0, files: 0 }
  #fault: Fault | undefined
  #isTimeOver = false
  #isStopped = false
  #wake: () => void = () => undefined
  #running: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | undefined

  private constructor(options: RunningOptions) {
    this.#options = options
  }

  /** Rejects where the first file cannot be made; then nothing is left behind. */
  static async start(options: RunningOptions): Promise<RunningCapture> {
    const capture = new RunningCapture(options)
    await capture.#begin(options.from, options.name)
    capture.#life.add(options.recorder.keep())
    capture.#life.add(options.recorder.onGrow(() => capture.#wake()))
    capture.#running = capture.#run()
    return capture
  }

  get state(): CaptureState {
    const { id, of, format } = this.#options
    const [now, before] = [this.#file, this.#before]
    const missed = before.missed + (now?.missed ?? 0)
    return {
      ...{ id, of, format, since: this.#since, file: this.#names.at(-1) ?? '' },
      bytes: before.bytes + (now?.bytes ?? 0),
      records: before.records + (now?.records ?? 0),
      files: before.files + (now ? 1 : 0),
      ...(missed > 0 && { missed }),
      ...(this.#fault && { fault: this.#fault.toJSON() })
    }
  }

  /** One of its files: nobody else may take it away. */
  isWriting(name: string): boolean {
    return this.#file !== undefined && this.#names.at(-1) === name
  }

  /**
   * Resolves when what was recorded until now is in the file, and that is closed; or with the fault, where the disk took nothing for STALL_MS.
   * Never rejects; repeated calls are safe.
   */
  stop(): Promise<void> {
    this.#isStopped = true
    this.#wake()
    return (this.#stopping ??= this.#stopped())
  }

  async #stopped(): Promise<void> {
    const { clock } = this.#options
    let bytes = -1
    let isLate = (): void => undefined
    // A disk that is slow has its time, one that hangs has not: a network drive that is gone never answers.
    const watch = clock.every(STALL_MS, () => {
      if (this.state.bytes === bytes) isLate()
      bytes = this.state.bytes
    })
    const late = new Promise<false>((resolve) => (isLate = () => resolve(false)))
    const isOver = await Promise.race([this.#running.then(() => true), late])
    watch.dispose()
    if (isOver || this.#fault) return
    this.#fault = new Fault(
      'file-unusable',
      `The capture ${this.#names.at(-1) ?? ''} is not complete: the disk takes nothing any more. See whether it is still there.`
    )
    this.#life.dispose()
    this.#options.over(this.#fault)
  }

  async #run(): Promise<void> {
    try {
      while (await this.#writeSome()) {
        if (!this.#isFull() || (await this.#turn())) continue
        await this.#end()
        this.#life.dispose()
        this.#options.over(undefined)
        return
      }
      const { end } = this.#options.recorder.log
      while (await this.#file?.write(end));
      await this.#end()
    } catch (error) {
      await this.#fail(error as Error)
    }
  }

  /** One portion, or the wait for one; false: it is stopped. */
  async #writeSome(): Promise<boolean> {
    const wrote = await this.#file?.write()
    if (!wrote && !this.#isStopped && !this.#isFull())
      await new Promise<void>((resolve) => (this.#wake = resolve))
    return !this.#isStopped
  }

  #isFull(): boolean {
    return this.#isTimeOver || (this.#file?.bytes ?? 0) >= (this.#options.maxBytes ?? Infinity)
  }

  /** The next file; false: that was all of it. */
  async #turn(): Promise<boolean> {
    const { rotate, folder, name } = this.#options
    if (rotate === undefined || !this.#file) return false
    const { next } = this.#file
    await this.#end()
    while (this.#names.length >= rotate) {
      const oldest = this.#names.shift()
      // Who moved it away meant to keep it.
      if (oldest !== undefined) await folder.remove(oldest).catch(() => undefined)
    }
    await this.#begin(next, numbered(name, this.#before.files + 1))
    this.#options.changed()
    return true
  }

  async #begin(from: number, wish: string): Promise<void> {
    const { folder, recorder, form, meta, isOurName, maxMs, clock } = this.#options
    const { name, handle } = await folder.create(wish, isOurName || this.#before.files > 0)
    const settings = recorder.settingsAt(from)
    this.#names.push(name)
    this.#file = new CaptureFile({
      ...{ log: recorder.log, from, form: form(), handle },
      meta: { ...meta, ...(settings && { settings }) }
    })
    this.#isTimeOver = false
    if (maxMs !== undefined)
      this.#limit = clock.after(maxMs, () => {
        this.#isTimeOver = true
        this.#wake()
      })
  }

  async #end(): Promise<void> {
    const file = this.#file
    this.#limit?.dispose()
    if (!file) return
    try {
      await file.end()
    } finally {
      const { bytes, records, missed, files } = this.#before
      this.#before = {
        bytes: bytes + file.bytes,
        records: records + file.records,
        missed: missed + file.missed,
        files: files + 1
      }
      this.#file = undefined
      if (this.#isStopped) this.#life.dispose()
    }
  }

  async #fail(error: Error): Promise<void> {
    if (this.#fault) {
      // A disk that hung, and answers after all: that was told.
      await this.#end().catch(() => undefined)
      return
    }
    const name = this.#names.at(-1) ?? ''
    this.#fault = new Fault(
      'file-unusable',
      `The capture ${name} stopped: ${error.message}. Make room on the disk, and start it again.`,
      error
    )
    // What could not be written before cannot be now: only closed.
    await this.#end().catch(() => undefined)
    this.#life.dispose()
    this.#options.over(this.#fault)
  }
}
