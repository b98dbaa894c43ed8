/** A PtySource in a directory of its own, and a record of all that its sessions say. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { CloseReason } from '../../src-main/contract/close.ts'
import type { ControlWish, LineSettings, LineWish, Purge } from '../../src-main/contract/line.ts'
import { ALL_CAPABILITIES, DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import type { PtyOptions } from '../../src-main/sessions/pty-source.ts'
import { PtySource } from '../../src-main/sessions/pty-source.ts'
import type { Request, Session } from '../../src-main/sessions/session.ts'
import { PtyProgram } from './pty-program.ts'

/** One session as the hub would see it. */
export class Visit {
  readonly session: Session
  readonly chunks: Uint8Array[] = []
  readonly wishes: LineWish[] = []
  readonly requests: Request<LineWish, LineSettings>[] = []
  readonly controls: ControlWish[] = []
  readonly purges: Purge[] = []
  /** All of it, in order; data in pieces as it came together. */
  readonly log: string[] = []
  closed: CloseReason | undefined
  drains = 0

  constructor(session: Session) {
    this.session = session
    session.onData((chunk) => {
      this.chunks.push(chunk)
      this.log.push(`data ${chunk.length}`)
    })
    session.onApply((request) => {
      this.requests.push(request)
      this.wishes.push(request.wish)
      this.log.push(`apply ${JSON.stringify(request.wish)}`)
    })
    session.onControl(({ wish }) => {
      this.controls.push(wish)
      this.log.push(`control ${JSON.stringify(wish)}`)
    })
    session.onPurge((which) => {
      this.purges.push(which)
      this.log.push(`purge ${which}`)
    })
    session.onDrain(() => (this.drains += 1))
    session.onClose((reason) => {
      this.closed = reason
      this.log.push('close')
    })
  }

  get data(): Buffer {
    return Buffer.concat(this.chunks)
  }

  /** What the hub says of a far port that is there. */
  tell(settings: LineWish): void {
    this.session.notify({
      settings: { ...DEFAULT_SETTINGS, ...settings },
      capabilities: ALL_CAPABILITIES
    })
  }
}

export class PtyRig {
  readonly directory = mkdtempSync(join(tmpdir(), 'farport-pty-'))
  readonly visits: Visit[] = []
  readonly #programs: PtyProgram[] = []
  readonly #sources: PtySource[] = []

  readonly link = join(this.directory, 'port')
  readonly private = join(this.directory, 'private')

  constructor() {
    mkdirSync(this.private, { mode: 0o700 })
  }

  /** `greet` runs before the session is resumed, as the hub's greeting does. */
  open(options: PtyOptions & { greet?: (visit: Visit) => void; resume?: boolean } = {}): PtySource {
    const { greet, resume = true, ...rest } = options
    const source = PtySource.open({ link: this.link, directory: this.private, ...rest })
    this.#sources.push(source)
    source.onSession((session) => {
      const visit = new Visit(session)
      this.visits.push(visit)
      greet?.(visit)
      if (resume) session.resume()
    })
    return source
  }

  program(path = this.link): PtyProgram {
    const program = new PtyProgram(path)
    this.#programs.push(program)
    return program
  }

  /** Closes every program that is there. */
  closePrograms(): void {
    for (const program of this.#programs) program.close()
  }

  /** The n-th session, from 0, once it is there. */
  visit(index = 0): Promise<Visit> {
    return until(() => this.visits[index])
  }

  async dispose(): Promise<void> {
    this.closePrograms()
    for (const source of this.#sources) await source.close()
    for (const { session } of this.visits) session.abort({ code: 'shutdown', message: 'the test is over' })
    rmSync(this.directory, { recursive: true })
  }
}

/** The first value that is neither undefined nor false. */
export function until<T>(look: () => T | undefined | false): Promise<T> {
  return vi.waitFor(
    () => {
      const value = look()
      if (value === undefined || value === false) throw new Error('not yet')
      return value
    },
    { timeout: 3000, interval: 3 }
  )
}
