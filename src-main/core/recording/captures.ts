/**
 * The captures of an instance: saving what a recording holds, capturing on, and the folder of files. Called by the commands about them, and
 * by the state. Reads recordings; opens no port.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Disposable, Event } from '../../base/event.ts'
import { Emitter } from '../../base/event.ts'
import { Lifetime } from '../../base/lifetime.ts'
import type { CaptureMeta } from '../../capture/format.ts'
import type { Recorder } from '../../capture/recorder.ts'
import { Fault } from '../../contract/faults.ts'
import type {
  CaptureContent,
  CapturesState,
  CaptureFileState,
  CaptureState,
  SavedCapture
} from '../../contract/recording.ts'
import type { ServiceArguments } from '../../contract/service-commands.ts'
import type { TopicArguments } from '../../contract/topics.ts'
import type { Subscriber } from '../../rpc/subscription.ts'
import type { Core } from '../core.ts'
import type { FarEnd } from './both-ends.ts'
import { CaptureFile } from './capture-file.ts'
import { streamCapture } from './capture-topic.ts'
import { captureName, CapturesFolder, exportedName, type NewFile } from './captures-folder.ts'
import { recordSince } from './cursor.ts'
import { exportOf, ofFile, ofLog, type Records } from './export.ts'
import { formOf } from './forms.ts'
import { replay } from './replay.ts'
import { RunningCapture } from './running-capture.ts'
import { Uploads } from './uploads.ts'

const NS_PER_MS = 1e6

/** Each takes a look at the recording 60 times a second, and a file. */
export const MAX_RUNNING = 64

/** A change of the folder is looked for so often while somebody watches, in ms. */
const LOOK_MS = 2000

export interface CapturesOptions {
  readonly folder: string
  readonly clock: Clock
  /** Where replays go. */
  readonly core: Pick<Core, 'joined' | 'join'>
  /** By the id of the state; undefined: there is none. */
  readonly recorder: (id: string) => Recorder | undefined
  /** What a file says of the share or link. */
  readonly meta: (id: string) => CaptureMeta
  /** What the link of that id leads to. Throws `usage`: to no share of another Farport. */
  readonly far: (id: string) => FarEnd
  /** What runs may be something else now. */
  readonly onState: Event<void>
  /** One line for people about the share or link of that id. */
  readonly tell: (level: 'info' | 'warning', id: string, text: string) => void
}

export class Captures implements Disposable {
  readonly folder: CapturesFolder
  readonly #options: CapturesOptions
  readonly #running = new Map<string, RunningCapture>()
  readonly #uploads: Uploads
  readonly #changes = new Emitter<void>()
  readonly #life = new Lifetime()
  #files: readonly CaptureFileState[] | undefined
  #watch: Disposable | undefined
  #looking: Promise<void> | undefined
  #closed = false

  /** `state` changed in more than its counts. */
  readonly onChange: Event<void> = this.#changes.event

  constructor(options: CapturesOptions) {
    this.#options = options
    this.folder = new CapturesFolder(options.folder)
    this.#uploads = new Uploads(this.folder, options.clock)
    this.#life.add(options.onState(() => this.#endOrphans()))
    this.#life.add(this.#uploads)
  }

  /** Undefined: nobody looked so far, and nothing runs. */
  get state(): CapturesState | undefined {
    if (!this.#files && this.#running.size === 0) return undefined
    return {
      folder: this.folder.path,
      running: Object.fromEntries([...this.#running].map(([id, each]) => [id, each.state])),
      files: this.#files ?? []
    }
  }

  /** An owner watches the state, or none does any more: the folder is looked at while one does. */
  watch(watches: boolean): void {
    this.#watch?.dispose()
    this.#watch = watches ? this.#options.clock.every(LOOK_MS, () => void this.look(), 'idle') : undefined
    // What nobody looks at grows old: the next one who watches is told what is there then.
    this.#files = undefined
    if (watches) void this.look()
  }

  /** Looks into the folder; resolves when `state` has what is there. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  /** "Save the last minutes". Rejects with `usage`, `path-taken`, `file-unusable`, or the signal's reason; then no file is left. */
  async save(
    { id, lastMs, file, bothEnds = false, records = {}, ...wish }: ServiceArguments<'recording.save'>,
    signal: AbortSignal
  ): Promise<SavedCapture> {
    if (bothEnds) return this.#saveBothEnds({ id, lastMs, file, records, ...wish }, signal)
    const recorder = this.#recorder(id)
    const { log } = recorder
    const from = Math.max(this.#first(recorder, lastMs) ?? log.first, records.from ?? 0)
    const end = Math.min(log.end, records.to ?? Infinity)
    if (wish.filter !== undefined) return this.#saveFiltered({ id, file, ...wish }, { from, to: end }, signal)
    const form = await formOf(wish)
    const name = file ?? captureName(this.#options.meta(id).name, wish.format, new Date(), wish.direction)
    const made = await this.folder.create(name, file === undefined)
    const settings = recorder.settingsAt(from)
    const meta = { ...this.#options.meta(id), ...(settings && { settings }) }
    const written = new CaptureFile({ log, from, meta, form: form(), handle: made.handle })
    const write = async (): Promise<CaptureFile> => {
      while (await written.write(end)) signal.throwIfAborted()
      await written.end()
      return written
    }
    return this.#written(made, write, signal)
  }

  /** A stored file, or a part of it, in another form beside it. Rejects as `save`. */
  async export(
    { name: source, recording, file, records = {}, ...wish }: ServiceArguments<'capture.export'>,
    signal: AbortSignal
  ): Promise<SavedCapture> {
    const { from = 0, to = Infinity } = records
    const handle = await this.folder.open(source)
    try {
      const write = await exportOf(wish, { from, to })
      const made = await this.folder.create(
        file ?? exportedName(source, wish.format, wish.direction),
        file === undefined
      )
      return await this.#written(
        made,
        () => write(ofFile(source, handle, recording), made.handle, signal),
        signal
      )
    } finally {
      await handle.close()
    }
  }

  /** What a stored file holds. Rejects with `usage`, `file-unusable`, or the signal's reason. */
  async examine(
    { name, records }: ServiceArguments<'capture.examine'>,
    signal: AbortSignal
  ): Promise<CaptureContent> {
    const handle = await this.folder.open(name)
    try {
      const { examine } = await import('./examine.ts')
      return await examine(handle, records, signal)
    } finally {
      await handle.close()
    }
  }

  /** Rejects as `save`. */
  async start({ ...args }: Omit<ServiceArguments<'capture.start'>, 'bothEnds'>): Promise<CaptureState> {
    const { id: of, lastMs, file, maxBytes, maxMs, rotate, ...wish } = args
    const recorder = this.#recorder(of)
    if (this.#closed || [...this.#running.values()].filter(({ state }) => !state.fault).length >= MAX_RUNNING)
      throw new Fault('usage', `No more than ${MAX_RUNNING} captures run at once: stop one of them first.`)
    if (rotate !== undefined && maxBytes === undefined && maxMs === undefined)
      throw new Fault('usage', 'When does the next file begin? Give a size or a time with rotate.')
    const from = this.#first(recorder, lastMs) ?? recorder.log.end
    const form = await formOf(wish)
    const meta = this.#options.meta(of)
    const id = randomBytes(6).toString('hex')
    const capture = await RunningCapture.start({
      ...{ id, of, recorder, from, form, meta, format: wish.format, folder: this.folder },
      clock: this.#options.clock,
      name: file ?? captureName(meta.name, wish.format, new Date(), wish.direction),
      isOurName: file === undefined,
      ...(maxBytes !== undefined && { maxBytes }),
      ...(maxMs !== undefined && { maxMs }),
      ...(rotate !== undefined && { rotate }),
      changed: () => void this.#lookIfWatched(),
      over: (fault) => this.#over(id, of, fault)
    })
    // The one before that failed is told by now.
    for (const [each, { state }] of this.#running)
      if (state.of === of && state.fault) this.#running.delete(each)
    this.#running.set(id, capture)
    await this.#lookIfWatched()
    return capture.state
  }

  /** Resolves when everything is on the disk; also for one that a fault stopped, which is gone then. */
  async stop(id: string): Promise<CaptureState> {
    const capture = this.#running.get(id)
    if (!capture) throw new Fault('usage', `No capture runs with the id ${id}. See the list of captures.`)
    await capture.stop()
    this.#running.delete(id)
    await this.#lookIfWatched()
    return capture.state
  }

  async rename(name: string, to: string): Promise<void> {
    this.#refuseRunning(name)
    await this.folder.rename(name, to)
    await this.#lookIfWatched()
  }

  async remove(name: string): Promise<void> {
    this.#refuseRunning(name)
    await this.folder.remove(name)
    await this.#lookIfWatched()
  }

  async upload(piece: ServiceArguments<'capture.upload'>): Promise<SavedCapture | undefined> {
    const saved = await this.#uploads.take(piece)
    if (saved) await this.#lookIfWatched()
    return saved
  }

  /** The topic `capture`. */
  subscribe({ name }: TopicArguments<'capture'>, subscriber: Subscriber): Disposable {
    return streamCapture(this.folder.open(name), subscriber)
  }

  /** The topic `replay`. */
  replay(spec: TopicArguments<'replay'>, subscriber: Subscriber): Disposable {
    const { core, clock } = this.#options
    return replay({ core, clock, open: (name) => this.folder.open(name) }, spec, subscriber)
  }

  /** Resolves when all that run are on the disk. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    this.dispose()
    await Promise.all([...this.#running.values()].map((each) => each.stop()))
  }

  dispose(): void {
    this.#life.dispose()
    this.#watch?.dispose()
    this.#watch = undefined
  }

  /** What is read of both ends comes before the file is made: most that goes wrong does so there. */
  async #saveBothEnds(
    { id, lastMs, file, format, records = {}, ...wish }: Omit<ServiceArguments<'recording.save'>, 'bothEnds'>,
    signal: AbortSignal
  ): Promise<SavedCapture> {
    if (format !== 'pcapng' || Object.keys({ ...wish, ...records }).length > 0)
      throw new Fault(
        'usage',
        'Both ends are saved as pcapng: whole, without a decoder and without a filter.'
      )
    const { far: farOf, meta: metaOf, clock } = this.#options
    const recorder = this.#recorder(id)
    const far = farOf(id)
    const { log } = recorder
    const from = this.#first(recorder, lastMs) ?? log.first
    const settings = recorder.settingsAt(from)
    const meta = { ...metaOf(id), ...(settings && { settings }) }
    const { readBothEnds, writeAll } = await import('./both-ends.ts')
    const read = await readBothEnds({ far, log, from, meta, lastMs, clock }, signal)
    const name = file ?? captureName(`${meta.name} both ends`, format, new Date())
    const made = await this.folder.create(name, file === undefined)
    const write = async () => ({
      bytes: await writeAll(read.file, made.handle, signal),
      records: read.records
    })
    const saved = await this.#written(made, write, signal)
    return { ...saved, bothEnds: read.result }
  }

  async #saveFiltered(
    { id, file, ...wish }: ServiceArguments<'recording.save'>,
    records: Records,
    signal: AbortSignal
  ): Promise<SavedCapture> {
    const recorder = this.#recorder(id)
    const settings = recorder.settingsAt(records.from)
    const meta = { ...this.#options.meta(id), ...(settings && { settings }) }
    const write = await exportOf(wish, records)
    const made = await this.folder.create(
      file ?? captureName(meta.name, wish.format, new Date(), wish.direction),
      file === undefined
    )
    return this.#written(made, () => write(ofLog(recorder.log, meta, records), made.handle, signal), signal)
  }

  /** A file that is whole, or is not there. */
  async #written(
    made: NewFile,
    write: () => Promise<Pick<SavedCapture, 'bytes' | 'records'>>,
    signal: AbortSignal
  ): Promise<SavedCapture> {
    try {
      const { bytes, records } = await write()
      await made.handle.close()
      await this.#lookIfWatched()
      return { name: made.name, path: this.folder.place(made.name), bytes, records }
    } catch (error) {
      await this.#givenUp(made)
      if (signal.aborted) throw error
      throw unwritten(made.name, error)
    }
  }

  /** No part of a file stays. */
  async #givenUp({ name, handle }: NewFile): Promise<void> {
    await handle.close().catch(() => undefined)
    await this.folder.remove(name).catch(() => undefined)
  }

  async #look(): Promise<void> {
    const files = await this.folder.list()
    const isNew = JSON.stringify(files) !== JSON.stringify(this.#files)
    this.#files = files
    if (isNew) this.#changes.fire()
  }

  async #lookIfWatched(): Promise<void> {
    if (this.#watch) await this.look()
    this.#changes.fire()
  }

  #over(id: string, of: string, fault: Fault | undefined): void {
    const capture = this.#running.get(id)
    if (!fault) this.#running.delete(id)
    if (fault) this.#options.tell('warning', of, fault.message)
    else if (capture) this.#options.tell('info', of, `the capture ${capture.state.file} is complete`)
    void this.#lookIfWatched()
  }

  /** What they wrote down is there no more. */
  #endOrphans(): void {
    for (const [id, capture] of this.#running)
      if (!this.#options.recorder(capture.state.of) && !capture.state.fault)
        void this.stop(id).catch(() => undefined)
  }

  #refuseRunning(name: string): void {
    for (const each of this.#running.values())
      if (each.isWriting(name)) throw new Fault('usage', `${name} is being written: stop that capture first.`)
  }

  #recorder(id: string): Recorder {
    const recorder = this.#options.recorder(id)
    if (recorder) return recorder
    throw new Fault('usage', `There is no share or link ${id} that has run, so nothing of it is recorded.`)
  }

  #first({ log }: Recorder, lastMs: number | undefined): number | undefined {
    if (lastMs === undefined) return undefined
    return recordSince(log, (this.#options.clock.nowMs() - lastMs) * NS_PER_MS)
  }
}

function unwritten(name: string, error: unknown): Fault {
  if (error instanceof Fault) return error
  const why = error instanceof Error ? error.message : String(error)
  return new Fault(
    'file-unusable',
    `${name} could not be written: ${why}. Make room on the disk and save again.`,
    error
  )
}
