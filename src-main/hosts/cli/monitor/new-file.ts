import { open, type FileHandle } from 'node:fs/promises'
import { Fault } from '../../../contract/faults.ts'
import { systemWords } from '../system-words.ts'

/** A file that was not there before: what is there may be all that somebody has of a fault, and is never replaced. */
export class NewFile {
  readonly path: string
  readonly #handle: FileHandle
  #size = 0

  private constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }

  /** Rejects with `path-taken`, or with `usage` where it cannot be made. */
  static async open(path: string): Promise<NewFile> {
    try {
      return new NewFile(path, await open(path, 'wx'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST')
        throw new Fault(
          'path-taken',
          `${path} is there already, and is not replaced. Choose another name.`,
          error
        )
      throw new Fault(
        'usage',
        `${path} cannot be written (${systemWords(error)}). Choose another place.`,
        error
      )
    }
  }

  get size(): number {
    return this.#size
  }

  /**
   * All of it. Rejects with `usage` where the disk takes no more; what it took is in the file, cut to what `whole` says of it (CaptureFormat.whole):
   * half a block at its end would have other programs refuse the file.
   */
  async write(bytes: Uint8Array, whole = (_piece: Uint8Array, length: number) => length): Promise<void> {
    let at = 0
    try {
      while (at < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at)
        at += bytesWritten
        this.#size += bytesWritten
      }
    } catch (error) {
      await this.#cut(at - whole(bytes, at))
      throw new Fault(
        'usage',
        `${this.path} cannot be written any further (${systemWords(error)}): what came until then is in it. Make room, or choose another place.`,
        error
      )
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  /** Where it cannot be cut, the reader here tells what follows. */
  async #cut(excess: number): Promise<void> {
    if (excess === 0) return
    const size = this.#size - excess
    await this.#handle.truncate(size).then(
      () => (this.#size = size),
      () => undefined
    )
  }
}
