import { constants, openSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { atTestEnd } from '../e2e/at-test-end.ts'

/** The device's own end of a cable: what a test reads from it and writes to it, as the device would. */
export class Device {
  readonly #stream: ReadStream
  #got: Buffer[] = []
  #size = 0

  constructor(path: string) {
    this.#stream = new ReadStream(
      openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    )
    this.#stream.on('data', (chunk: Buffer) => {
      this.#got.push(chunk)
      this.#size += chunk.length
    })
    // The far end of a PTY that is gone reads as an I/O error.
    this.#stream.on('error', () => undefined)
    atTestEnd(() => void this.#stream.destroy())
  }

  get size(): number {
    return this.#size
  }

  get got(): Buffer {
    return Buffer.concat(this.#got)
  }

  onData(listener: (chunk: Buffer) => void): void {
    this.#stream.on('data', listener)
  }

  write(bytes: Uint8Array | string): void {
    this.#stream.write(bytes)
  }

  /** From now on, everything goes back as it came. */
  echo(): void {
    this.#stream.on('data', (chunk: Buffer) => this.#stream.write(chunk))
  }
}
