/**
 * Two recordings of one connection as one pcapng: an interface for each side, their packets in the order of time by one clock. Called by exports with
 * what both-ends.ts found; the file opens here again as two recordings.
 */
import type { TrafficLog } from '../../traffic/log.ts'
import type { Page } from '../../traffic/page.ts'
import type { CaptureMeta } from '../format.ts'
import { PcapngBlocks } from './pcapng-blocks.ts'
import { RecordPackets, wallNsOf } from './record-packets.ts'

export interface EndRecording {
  readonly meta: CaptureMeta
  readonly log: TrafficLog
}

/** So much is made at a time, in records. */
const PORTION = 128

/** How the link's times become those of the share's clock: as both-ends.ts found it. */
export interface EndsClock {
  readonly offsetNs?: number | undefined
  readonly correctionNs?: (wallNs: bigint) => number
}

/** The file piece by piece. */
export function* bothEndsFile(
  share: EndRecording,
  link: EndRecording,
  { offsetNs = 0, correctionNs }: EndsClock = {}
): Generator<Uint8Array> {
  const blocks = new PcapngBlocks()
  const offsetMs = offsetNs / 1e6
  const ends = [
    new End(share, new RecordPackets(blocks, 0), 0, undefined),
    new End(link, new RecordPackets(blocks, 1, offsetMs), offsetMs, correctionNs)
  ] as const
  blocks.section(share.meta.program ?? 'Farport')
  ends[0].packets.start({ ...share.meta, name: `${share.meta.name} (share)` })
  ends[1].packets.start({ ...link.meta, name: `${link.meta.name} (link)` })
  const [first, second] = ends
  for (let count = 1; first.wallNs !== undefined || second.wallNs !== undefined; count++) {
    const isFirst =
      second.wallNs === undefined || (first.wallNs !== undefined && first.wallNs <= second.wallNs)
    ;(isFirst ? first : second).write()
    if (count % PORTION === 0) yield blocks.take()
  }
  for (const { packets } of ends) packets.end()
  yield blocks.take()
}

/** One side, and how far it is written. */
class End {
  readonly packets: RecordPackets
  readonly #pages: readonly Page[]
  readonly #shiftMs: number
  readonly #correctionNs: EndsClock['correctionNs']
  #page = 0
  #record = 0
  #wallNs: bigint | undefined

  constructor(
    { log }: EndRecording,
    packets: RecordPackets,
    shiftMs: number,
    correctionNs: EndsClock['correctionNs']
  ) {
    this.#pages = [...log.pages]
    this.packets = packets
    this.#shiftMs = shiftMs
    this.#correctionNs = correctionNs
    this.#skipEmpty()
  }

  /** Of the next record, by the clock of the file; undefined: there is none. */
  get wallNs(): bigint | undefined {
    return this.#wallNs
  }

  write(): void {
    const page = this.#pages[this.#page]
    if (!page) return
    this.packets.record(page, this.#record++)
    this.#skipEmpty()
  }

  /** To the next record, where there is one. */
  #skipEmpty(): void {
    while (this.#record >= (this.#pages[this.#page]?.count ?? Infinity)) {
      this.#page++
      this.#record = 0
    }
    const page = this.#pages[this.#page]
    this.#wallNs = undefined
    if (!page) return
    const timeNs = page.timeNs(this.#record)
    const correctionNs = this.#correctionNs?.(wallNsOf(timeNs, page.wallOffsetMs)) ?? 0
    this.packets.correctionNs = correctionNs
    this.#wallNs = wallNsOf(timeNs + correctionNs, page.wallOffsetMs + this.#shiftMs)
  }
}
