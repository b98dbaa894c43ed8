import { once } from 'node:events'

/** Standard output by the piece: whoever writes waits while it takes nothing more, so that nothing piles up here. */
export class Output {
  readonly #stream: NodeJS.WritableStream
  readonly #end: AbortSignal

  /** `end`: nobody waits for it any longer. */
  constructor(stream: NodeJS.WritableStream, end: AbortSignal) {
    this.#stream = stream
    this.#end = end
  }

  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.#write(`${lines.join('\n')}\n`)
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#write(bytes)
  }

  async #write(piece: string | Uint8Array): Promise<void> {
    if (this.#stream.write(piece) || this.#end.aborted) return
    // A reader that went away is told of elsewhere (run.ts): here it only holds nobody up.
    await once(this.#stream, 'drain', { signal: this.#end }).catch(() => undefined)
  }
}
