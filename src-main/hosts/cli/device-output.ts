import { once } from 'node:events'

/** What a device says, on standard output as it is; and lines of ours between, each on a line of its own. */
export class DeviceOutput {
  readonly #stdout: NodeJS.WriteStream
  #lineOpen = false

  constructor(stdout: NodeJS.WriteStream) {
    this.#stdout = stdout
  }

  /** Answers a promise where standard output is not read: the device shall wait until it is. */
  write(bytes: Uint8Array): Promise<unknown> | undefined {
    if (bytes.length > 0) this.#lineOpen = bytes.at(-1) !== 0x0a
    // A reader that went away is told of elsewhere (run.ts): here it only holds nobody up.
    return this.#stdout.write(bytes) ? undefined : once(this.#stdout, 'drain').catch(() => undefined)
  }

  line(text: string): void {
    this.#stdout.write(`${this.#lineOpen ? '\n' : ''}${text}\n`)
    this.#lineOpen = false
  }
}
