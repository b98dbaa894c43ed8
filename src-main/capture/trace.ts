/**
 * Trace files of one share, as ser2net's: what passes, written down as it passes. Called by the hub as a Tap and closed by the
 * junction; knows the traffic alone, and never holds it up. Open and close strings pass below the hub: they are in no trace, as
 * with ser2net.
 *
 * Files are opened, and their names made, when the first client comes or the port opens, and closed when the port is closed and
 * nobody is here: a device that is plugged out and in goes on in the same file.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Recorder } from '../bridge/tap.ts'
import type { TraceSpec } from '../contract/commands.ts'
import type { Direction, HubEvent } from '../contract/traffic.ts'
import { disk as realDisk, type Disk } from './disk.ts'
import { TraceFile } from './trace-file.ts'
import { clientLeftLine, gapLine, hexdump, openLine, portClosedLine, timestamp } from './trace-lines.ts'

export interface TraceOptions {
  readonly traces: readonly TraceSpec[]
  /** The path for such a name. `client`: the label of whoever is here first, empty where nobody is. */
  readonly pathOf: (file: string, time: Date, client: string) => string
  /** One line for people. */
  readonly report: (text: string) => void
  readonly clock?: Clock
  readonly disk?: Disk
  readonly now?: () => Date
}

/** How long a file may take for its last bytes while the share goes on. */
const CLOSE_MS = 10_000

interface OpenTrace {
  readonly sink: TraceFile
  /** How each direction is written; absent: it is not. */
  readonly ways: Readonly<Partial<Record<Direction, TraceSpec>>>
  readonly timestamp: boolean
}

export class Trace implements Recorder {
  readonly #options: TraceOptions
  readonly #clock: Clock
  readonly #now: () => Date
  /** Traces into the same file are one. */
  readonly #groups: readonly (readonly [file: string, traces: readonly TraceSpec[]])[]
  #open: OpenTrace[] | undefined
  /** Open ones, and closed ones that still have something to write. */
  readonly #sinks = new Map<TraceFile, Promise<void> | undefined>()
  readonly #clients = new Map<number, string>()
  #portOpen = false
  #closed = false
  #stamp = ''
  #stampSecond = 0

  constructor(options: TraceOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#now = options.now ?? (() => new Date())
    const files = new Set(options.traces.map(({ file }) => file))
    this.#groups = [...files].map((file) => [file, options.traces.filter((each) => each.file === file)])
  }

  bytes(_timeMs: number, direction: Direction, _session: number, chunk: Uint8Array): void {
    for (const { sink, ways } of this.#open ?? []) {
      const spec = ways[direction]
      if (!spec) continue
      sink.write(spec.hexdump ? hexdump(chunk, direction, spec.timestamp ? this.#stampNow() : '') : chunk)
    }
  }

  event(_timeMs: number, event: HubEvent): void {
    switch (event.type) {
      case 'attached':
        this.#clients.set(event.session, event.label)
        this.#update()
        this.#note((time) => openLine(time, event.label))
        break
      case 'detached':
        this.#clients.delete(event.session)
        this.#note((time) => clientLeftLine(time, event.label, event.why))
        this.#update()
        break
      case 'port':
        this.#portOpen = event.state === 'open'
        if (event.state === 'closed') this.#note((time) => portClosedLine(time, event.why))
        this.#update()
        break
      case 'settings':
      case 'lines':
      case 'modem':
      case 'line':
      case 'break':
      case 'control':
      case 'lost':
      case 'blocked':
      case 'unblocked':
        break
    }
  }

  async close(timeoutMs: number): Promise<void> {
    this.#closed = true
    this.#update()
    await Promise.all([...this.#sinks.keys()].map((sink) => sink.close(timeoutMs)))
  }

  /** Opens or closes the files where that is due. */
  #update(): void {
    const wanted = !this.#closed && (this.#portOpen || this.#clients.size > 0)
    if (wanted && !this.#open) this.#begin()
    if (!wanted && this.#open) this.#end()
  }

  #begin(): void {
    // One time for all: their names belong together.
    const time = this.#now()
    const [client = ''] = this.#clients.values()
    this.#open = this.#groups.map(([file, traces]) => {
      const timestamp = traces.some((each) => each.timestamp)
      const rotateBytes = traces.find((each) => each.rotateBytes !== undefined)?.rotateBytes
      const path = this.#options.pathOf(file, time, client)
      const sink = this.#openFile(path, rotateBytes, timestamp)
      return { sink, timestamp, ways: waysOf(traces) }
    })
  }

  #openFile(path: string, rotateBytes: number | undefined, timestamp: boolean): TraceFile {
    const before = [...this.#sinks.entries()].filter(([sink]) => sink.path === path).at(-1)
    const sink = new TraceFile({
      path,
      rotateBytes,
      clock: this.#clock,
      disk: this.#options.disk ?? realDisk,
      report: (text) => this.#options.report(`trace file ${path}: ${text}`),
      ...(timestamp && { gap: (bytes) => gapLine(this.#now(), bytes) }),
      after: before?.[1]
    })
    this.#sinks.set(sink, undefined)
    return sink
  }

  #end(): void {
    for (const { sink } of this.#open ?? []) {
      const closed = sink.close(CLOSE_MS).then(() => {
        this.#sinks.delete(sink)
      })
      this.#sinks.set(sink, closed)
    }
    this.#open = undefined
  }

  #note(line: (time: Date) => Uint8Array): void {
    for (const { sink, timestamp } of this.#open ?? []) if (timestamp) sink.write(line(this.#now()))
  }

  /** Made anew once a second. */
  #stampNow(): string {
    const time = this.#now()
    const second = Math.floor(time.getTime() / 1000)
    if (second !== this.#stampSecond) this.#stamp = timestamp(time)
    this.#stampSecond = second
    return this.#stamp
  }
}

function waysOf(traces: readonly TraceSpec[]): OpenTrace['ways'] {
  const read = traces.find(({ what }) => what !== 'write')
  const write = traces.find(({ what }) => what !== 'read')
  return { ...(read && { 'from-device': read }), ...(write && { 'to-device': write }) }
}
