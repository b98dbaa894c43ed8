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

/** The file piece by piece. `offsetNs`: of BothEnds; what the link recorded is moved by it to the share's clock. */
export function* bothEndsFile(share: EndRecording, link: EndRecording, offsetNs = 0): Generator<Uint8Array> {
  const blocks = new PcapngBlocks()
  const offsetMs = offsetNs / 1e6
  const ends = [
    new End(share, new RecordPackets(blocks, 0), 0),
    new End(link, new RecordPackets(blocks, 1, offsetMs), offsetMs)
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
  #page = 0
  #record = 0

  constructor({ log }: EndRecording, packets: RecordPackets, shiftMs: number) {
    this.#pages = [...log.pages]
    this.packets = packets
    this.#shiftMs = shiftMs
    this.#skipEmpty()
  }

  /** Of the next record; undefined: there is none. */
  get wallNs(): bigint | undefined {
    const page = this.#pages[this.#page]
    return page && wallNsOf(page.timeNs(this.#record), page.wallOffsetMs + this.#shiftMs)
  }

  write(): void {
    const page = this.#pages[this.#page]
    if (!page) return
    this.packets.record(page, this.#record++)
    this.#skipEmpty()
  }

  #skipEmpty(): void {
    while (this.#record >= (this.#pages[this.#page]?.count ?? Infinity)) {
      this.#page++
      this.#record = 0
    }
  }
}
