/**
 * A serial device that a test holds in its own hands: a PTY's slave behind a link. Pulled out and plugged in at will, and exact:
 * what its user's kernel took before it was pulled out has all arrived here.
 */
import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Pty } from '../../../src-main/os/pty.ts'
import type { PtyStream } from '../../../src-main/os/pty-stream.ts'

/** How often a PTY is looked at that nobody has open. */
const LOOK_MS = 5

/** What is not heard of for so long has come to rest. */
const REST_MS = 1000

const SETTINGS = { baudRate: 115_200, stopBits: 1, flowControl: 'none' } as const

export class Pluggable {
  /** What programs open. */
  readonly path: string
  readonly #received: (bytes: Buffer) => void
  #pty: Pty | undefined
  #stream: PtyStream | undefined
  #taking = true
  #movedMs = 0
  /** Written while nobody had it open. */
  #unsent: Uint8Array[] = []

  /** Not plugged in yet. `received` gets what its user sends, in order, also while it is being pulled out. */
  constructor(folder: string, received: (bytes: Buffer) => void, name = 'tty') {
    this.path = join(folder, name)
    this.#received = (bytes) => {
      this.#movedMs = performance.now()
      received(bytes)
    }
  }

  /** Bytes that were written here and that the kernel did not take. */
  get queued(): number {
    return this.#unsent.reduce((sum, { length }) => sum + length, this.#stream?.queued ?? 0)
  }

  /** Somebody has it open, and is spoken to. */
  get open(): boolean {
    return this.#stream !== undefined
  }

  /** Resolves when nothing has come or gone for a while. */
  async atRest(): Promise<void> {
    do await new Promise((resolve) => setTimeout(resolve, REST_MS / 10))
    while (this.queued > 0 || performance.now() - this.#movedMs < REST_MS)
  }

  /** With a fresh PTY each time, as a USB adapter has a fresh node. */
  plug(): void {
    const pty = Pty.open(SETTINGS)
    this.#pty = pty
    this.#listenLater(pty)
    symlinkSync(pty.slave, `${this.path}.new`)
    renameSync(`${this.path}.new`, this.path)
  }

  /**
   * Gone, and its user told by a hang-up. `user` is stopped for the moment that it takes to read what the kernel has for us:
   * then the bytes it wrote are here, and all others it still has itself.
   */
  unplug(user: number): void {
    const pty = this.#pty
    if (!pty) return
    freeze(user)
    try {
      // Nothing comes twice: the stream is at rest, and what it was given before has been handed on.
      this.#stream?.stop()
      this.#readAll(pty)
      rmSync(this.path, { force: true })
      pty.close()
      this.#unsent = []
    } finally {
      process.kill(user, 'SIGCONT')
    }
    this.#pty = this.#stream = undefined
  }

  /** Waits for whoever opens it; what waits when it is pulled out is lost with it. */
  write(bytes: Uint8Array): void {
    if (this.#stream) this.#stream.write(bytes)
    else this.#unsent.push(bytes)
  }

  /** Takes nothing until `release`: its user's kernel refuses bytes, as with CTS off. It can still speak. */
  hold(): void {
    this.#taking = false
    this.#stream?.pause()
  }

  release(): void {
    this.#taking = true
    this.#stream?.resume()
  }

  dispose(): void {
    this.#stream?.stop()
    this.#pty?.close()
    this.#pty = this.#stream = undefined
  }

  #listen(pty: Pty): void {
    this.#stream = pty.stream({
      packet: (flags, data) => {
        if (flags === 0 && data.length > 0) this.#received(data)
      },
      written: () => undefined,
      // Its user closed it; the next one is heard again.
      ended: () => {
        this.#stream?.stop()
        this.#stream = undefined
        this.#listenLater(pty)
      }
    })
    if (this.#taking) this.#stream.resume()
    for (const bytes of this.#unsent.splice(0)) this.#stream.write(bytes)
  }

  /** Once somebody has it open: a stream on a PTY that nobody has open would end at once. */
  #listenLater(pty: Pty): void {
    if (this.#pty !== pty) return
    if (this.#taking) this.#readAll(pty)
    if (pty.presence().open) this.#listen(pty)
    else setTimeout(() => this.#listenLater(pty), LOOK_MS)
  }

  #readAll(pty: Pty): void {
    for (;;) {
      const packet = pty.read()
      if (typeof packet === 'string') return
      if (packet[0] === 0 && packet.length > 1) this.#received(packet.subarray(1))
    }
  }
}

/** SIGSTOP takes effect a little later. */
function freeze(pid: number): void {
  process.kill(pid, 'SIGSTOP')
  while (!/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
}
