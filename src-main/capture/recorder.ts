/**
 * What passes on one share or link, kept in memory: the flight recorder. Called by its hub for each chunk and event, and read by whoever
 * shows, saves or sends it. It outlives the hubs of its share, which come and go as that is switched. Never waits, never throws, makes no
 * object per chunk.
 */
import type { Clock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { Recorder as HubRecorder } from '../bridge/tap.ts'
import type { LineSettings } from '../contract/line.ts'
import type { RecordingState } from '../contract/state.ts'
import type { Direction, HubEvent } from '../contract/traffic.ts'
import type { TrafficLog } from '../traffic/log.ts'
import type { Ring, RingPool } from './ring-pool.ts'
import { SettingsHistory } from './settings-history.ts'
import type { WallOffset } from './wall-offset.ts'

/** Listeners of `onGrow` hear no more often, in ms: what a window can show. */
export const GROW_MS = 16

/**
 * How often somebody looks whether the wall clock was set or the computer slept, in ms; only while something is recorded. What comes within
 * that after it has the time from before, and a look costs no more than a chunk.
 */
const WALL_LOOK_MS = 10

const NS_PER_MS = 1e6

/** Longest text of a marker, in UTF-16 units. */
const MAX_MARKER = 1000

export interface RecorderOptions {
  readonly pool: RingPool
  readonly wall: WallOffset
  /** That of the hubs. */
  readonly clock: Clock
  /** Default true. */
  readonly on?: boolean
}

/** What is held. Times are of the recording computer's monotonic clock, ns. */
export interface Span {
  /** Of the oldest and the newest record; absent: there is none. */
  readonly times?: { readonly fromNs: number; readonly toNs: number }
  readonly records: number
  /** Of the line. */
  readonly bytes: number
  /** Of memory. */
  readonly size: number
}

export class Recorder implements HubRecorder, Disposable {
  readonly #clock: Clock
  readonly #wall: WallOffset
  readonly #ring: Ring
  readonly #log: TrafficLog
  readonly #settings = new SettingsHistory()
  readonly #grown = new Emitter<void>()
  readonly #keepers = new Set<Disposable>()
  #on: boolean
  #due: Disposable | undefined
  #toldMs = -Infinity
  #lookMs = 0
  #markers = 0
  /** What passed while it was off. */
  #missedRecords = 0
  #missedBytes = 0
  /** Bytes that ever passed while it was off; and those of all that went to the device. The log knows the rest. */
  #unrecorded = 0
  #toDevice = 0
  #disposed = false

  /** Records came, or it was cleared: at most once in GROW_MS, and never within the call that brought them. Free while nobody listens. */
  readonly onGrow: Event<void> = this.#grown.event

  constructor({ pool, wall, clock, on = true }: RecorderOptions) {
    this.#clock = clock
    this.#wall = wall
    this.#ring = pool.open()
    this.#log = this.#ring.log
    this.#on = on
  }

  /** To be read only. */
  get log(): TrafficLog {
    return this.#log
  }

  get on(): boolean {
    return this.#on
  }

  get span(): Span {
    const { pages, first, end, lineBytes: bytes, size } = this.#log
    const [oldest] = pages
    const newest = pages.at(-1)
    const times = oldest &&
      newest && { fromNs: oldest.timeNs(0), toNs: newest.timeNs(Math.max(0, newest.count - 1)) }
    return { ...(times && { times }), records: end - first, bytes, size }
  }

  /** As people see it. */
  get state(): RecordingState {
    const { times, records, bytes, size } = this.span
    const offsetMs = this.#log.pages[0]?.wallOffsetMs ?? 0
    const since = times && Math.round(times.fromNs / NS_PER_MS + offsetMs)
    const held = { on: this.#on, ...(since !== undefined && { since }), bytes, records, size }
    const passed = this.#log.bytesEver + this.#unrecorded
    return { ...held, bytesToDevice: this.#toDevice, bytesFromDevice: passed - this.#toDevice }
  }

  /** In force at this record; undefined: nobody said so far. */
  settingsAt(record: number): LineSettings | undefined {
    return this.#settings.at(record)
  }

  /** On: the next record says what was missed. Off: what is held stays. Repeated calls are safe. */
  switch(on: boolean): void {
    if (on === this.#on || this.#disposed) return
    this.#on = on
    if (!on || this.#missedRecords === 0) return
    const [records, bytes] = [this.#missedRecords, this.#missedBytes]
    this.#missedRecords = this.#missedBytes = 0
    this.#log.event(this.#nowNs, { type: 'missed', records, bytes, why: 'the recording was off' })
    this.#grew()
  }

  /** Answers its number, from 1; 0 while it is off. */
  mark(text: string): number {
    if (!this.#on || this.#disposed) return 0
    const number = ++this.#markers
    this.#log.event(this.#nowNs, { type: 'marker', number, text: text.slice(0, MAX_MARKER) })
    this.#grew()
    return number
  }

  /** What is held is gone; numbers go on. */
  clear(): void {
    this.#log.clear()
    this.#grew()
  }

  // The hub's side.

  bytes(timeMs: number, direction: Direction, session: number, chunk: Uint8Array): void {
    if (direction === 'to-device') this.#toDevice += chunk.length
    if (!this.#on) {
      this.#missed(chunk.length)
      return
    }
    if (timeMs >= this.#lookMs) this.#look(timeMs)
    this.#log.bytes(timeMs * NS_PER_MS, direction, session, chunk)
    if (this.#grown.hasListeners) this.#grew()
  }

  event(timeMs: number, event: HubEvent): void {
    if (event.type === 'settings' || (event.type === 'port' && event.state === 'open'))
      this.#settings.add(this.#log.end, event.settings, this.#log.first)
    if (!this.#on) {
      this.#missedRecords++
      return
    }
    if (timeMs >= this.#lookMs) this.#look(timeMs)
    this.#log.event(timeMs * NS_PER_MS, event)
    if (this.#grown.hasListeners) this.#grew()
  }

  /** A hub of its share ended; it stays, and so does what it holds. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  /** What it holds may still be read after its end, until this is disposed: by a capture that has not written all of it yet. */
  keep(): Disposable {
    const keeper = {
      dispose: () => {
        this.#keepers.delete(keeper)
        this.#free()
      }
    }
    this.#keepers.add(keeper)
    return keeper
  }

  /** The end: nothing is recorded any more, and once nobody keeps it, its memory is for others. */
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#on = false
    this.#due?.dispose()
    this.#grown.dispose()
    this.#free()
  }

  #free(): void {
    if (this.#disposed && this.#keepers.size === 0) this.#ring.close()
  }

  /** Apart, so that what is called for each chunk stays small enough to be compiled into its caller. */
  #missed(bytes: number): void {
    this.#missedRecords++
    this.#missedBytes += bytes
    this.#unrecorded += bytes
  }

  get #nowNs(): number {
    return this.#clock.nowMs() * NS_PER_MS
  }

  /** A wall clock that was set, or a computer that slept: from here on it is another one. */
  #look(timeMs: number): void {
    this.#lookMs = timeMs + WALL_LOOK_MS
    this.#wall.look()
    const last = this.#log.pages.at(-1)
    if (last && last.wallOffsetMs !== this.#wall.ms) this.#log.newPage()
  }

  #grew(): void {
    if (this.#due || !this.#grown.hasListeners) return
    const waitMs = Math.max(0, this.#toldMs + GROW_MS - this.#clock.nowMs())
    this.#due = this.#clock.after(waitMs, () => {
      this.#due = undefined
      this.#toldMs = this.#clock.nowMs()
      this.#grown.fire()
    })
  }
}
