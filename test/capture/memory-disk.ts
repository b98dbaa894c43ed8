import type { Disk, DiskFile } from '../../src-main/capture/disk.ts'

/** A disk in the hand: it can be full, refuse, be slow, or not answer at all. */
export class MemoryDisk implements Disk {
  readonly files = new Map<string, Buffer>()
  /** Set: openings fail with this. */
  refuse: string | undefined
  /** How many bytes it still takes. */
  room = Infinity
  /** The most that one write takes. */
  piece = Infinity
  regular = true
  opens = 0
  closes = 0
  #held: (() => void)[] | undefined

  text(path: string): string {
    return this.files.get(path)?.toString('latin1') ?? ''
  }

  /** From now on nothing is answered until `proceed`. */
  hold(): void {
    this.#held ??= []
  }

  proceed(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const go of held) go()
  }

  async open(path: string): Promise<DiskFile> {
    await this.#answer()
    if (this.refuse !== undefined) throw systemError(this.refuse, 'open')
    if (!this.files.has(path)) this.files.set(path, Buffer.alloc(0))
    this.opens++
    return {
      size: this.files.get(path)!.length,
      regular: this.regular,
      write: async (chunks) => {
        await this.#answer()
        const bytes = Buffer.concat(chunks).subarray(0, Math.min(this.room, this.piece))
        if (bytes.length === 0) throw systemError('ENOSPC', 'write')
        this.room -= bytes.length
        this.files.set(path, Buffer.concat([this.files.get(path)!, bytes]))
        return bytes.length
      },
      close: () => {
        this.closes++
        return Promise.resolve()
      }
    }
  }

  rename(from: string, to: string): Promise<void> {
    if (this.refuse !== undefined) return Promise.reject(systemError(this.refuse, 'rename'))
    this.files.set(to, this.files.get(from)!)
    this.files.delete(from)
    return Promise.resolve()
  }

  async #answer(): Promise<void> {
    if (this.#held) await new Promise<void>((resolve) => this.#held?.push(resolve))
  }
}

function systemError(code: string, call: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: it did not work, ${call}`), { code })
}
