/** Files that come from elsewhere into the folder of captures, piece by piece. Called by captures.ts. */
import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import type { SavedCapture } from '../../contract/recording.ts'
import type { ServiceArguments } from '../../contract/service-commands.ts'
import { portionsOf } from './capture-reader.ts'
import type { CapturesFolder } from './captures-folder.ts'

/** Of one file. */
const MAX_BYTES = 4 * 1024 * 1024 * 1024
/** Without a piece it is given up, in ms. */
const IDLE_MS = 60_000
/** That come at once. */
const MAX_UPLOADS = 8

interface Upload {
  readonly handle: FileHandle
  at: number
  idle: Disposable
}

export class Uploads implements Disposable {
  readonly #folder: CapturesFolder
  readonly #clock: Clock
  readonly #uploads = new Map<string, Upload>()
  /** One piece after the other. */
  #row: Promise<unknown> = Promise.resolve()

  constructor(folder: CapturesFolder, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
  }

  /** Answers when that was the last piece, and it is a capture. Rejects with `usage`, `path-taken`, `file-unusable`; then it is gone. */
  take(piece: ServiceArguments<'capture.upload'>): Promise<SavedCapture | undefined> {
    const taken = this.#row.then(() => this.#take(piece))
    this.#row = taken.catch(() => undefined)
    return taken
  }

  dispose(): void {
    for (const name of [...this.#uploads.keys()]) void this.#drop(name)
  }

  async #take({
    name,
    at,
    bytes,
    done
  }: ServiceArguments<'capture.upload'>): Promise<SavedCapture | undefined> {
    const upload = at === 0 ? await this.#begin(name) : this.#uploads.get(name)
    if (upload?.at !== at)
      throw new Fault('usage', `${name} goes on at byte ${upload?.at ?? 0}: send it again from there.`)
    try {
      if (at + bytes.length > MAX_BYTES) throw new Fault('usage', `${name} is too large to be kept here.`)
      await upload.handle.writeFile(bytes)
      upload.at += bytes.length
      upload.idle.dispose()
      if (done) return await this.#finish(name, upload)
      upload.idle = this.#idle(name)
      return undefined
    } catch (error) {
      await this.#drop(name)
      if (error instanceof Fault) throw error
      throw new Fault('file-unusable', `${name} could not be written: ${(error as Error).message}.`, error)
    }
  }

  async #begin(name: string): Promise<Upload> {
    if (this.#uploads.size >= MAX_UPLOADS)
      throw new Fault('usage', 'There are too many files on their way here: wait for one of them.')
    await this.#drop(name)
    const { handle } = await this.#folder.create(name, false)
    const upload = { handle, at: 0, idle: this.#idle(name) }
    this.#uploads.set(name, upload)
    return upload
  }

  async #finish(name: string, { handle, at }: Upload): Promise<SavedCapture> {
    await handle.close()
    this.#uploads.delete(name)
    let records = 0
    const read = await this.#folder.open(name)
    try {
      for await (const { slice } of portionsOf(read)) records += slice.to - slice.from
    } finally {
      await read.close()
    }
    if (records > 0) return { name, path: this.#folder.place(name), bytes: at, records }
    await this.#folder.remove(name)
    throw new Fault(
      'usage',
      `${name} is no capture that can be read here: give a pcapng file, or CSV or JSON Lines of Farport.`
    )
  }

  async #drop(name: string): Promise<void> {
    const upload = this.#uploads.get(name)
    if (!upload) return
    this.#uploads.delete(name)
    upload.idle.dispose()
    await upload.handle.close().catch(() => undefined)
    await this.#folder.remove(name).catch(() => undefined)
  }

  #idle(name: string): Disposable {
    return this.#clock.after(IDLE_MS, () => void this.#drop(name), 'idle')
  }
}
