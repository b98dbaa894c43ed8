/** The topic `capture`: a stored file as pages, as fast as whoever reads them gives credit. Called by captures.ts. */
import type { FileHandle } from 'node:fs/promises'
import type { Disposable } from '../../base/event.ts'
import { toFault } from '../../contract/faults.ts'
import type { CaptureItem } from '../../contract/recording.ts'
import type { Subscriber } from '../../rpc/subscription.ts'
import { copyRecords } from '../../traffic/page-writer.ts'
import { portionsOf, type Portion } from './capture-reader.ts'

/** `open` may reject with a Fault, which ends it. */
export function streamCapture(open: Promise<FileHandle>, subscriber: Subscriber): Disposable {
  const reading = new Reading(subscriber)
  void reading.run(open)
  return reading
}

class Reading implements Disposable {
  readonly #subscriber: Subscriber
  readonly #told = new Set<number>()
  #over = false
  #wake: () => void = () => undefined

  constructor(subscriber: Subscriber) {
    this.#subscriber = subscriber
    subscriber.onCredit = () => this.#wake()
  }

  async run(opening: Promise<FileHandle>): Promise<void> {
    try {
      const handle = await opening
      try {
        await this.#read(handle)
      } finally {
        await handle.close()
      }
      this.#subscriber.end()
    } catch (error) {
      this.#subscriber.end(toFault(error))
    }
  }

  dispose(): void {
    this.#over = true
    this.#wake()
  }

  async #read(handle: FileHandle): Promise<void> {
    const portions = portionsOf(handle)
    for (;;) {
      const { done, value } = await portions.next()
      if (this.#over) return
      if (done) {
        await this.#send({ type: 'end', problems: value })
        return
      }
      await this.#tell(value)
    }
  }

  async #tell({ index, recording, slice }: Portion): Promise<void> {
    if (!this.#told.has(index)) {
      this.#told.add(index)
      const { meta, isOwn } = recording
      await this.#send({ type: 'begin', recording: index, isOwn, ...meta })
    }
    const page = copyRecords(slice.page, slice.from, slice.to)
    await this.#send({ type: 'page', recording: index, page })
  }

  async #send(item: CaptureItem): Promise<void> {
    while (!this.#over && this.#subscriber.credit === 0)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    if (!this.#over) this.#subscriber.send(item)
  }
}
