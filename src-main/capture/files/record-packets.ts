/** The records of one recording as packets of one interface. Called by the pcapng writers; remembers what is in force on the line. */
import type { TrafficEvent } from '../../contract/traffic.ts'
import { eventWords, inForceAfter, type InForce } from '../../traffic/event-words.ts'
import type { Page } from '../../traffic/page.ts'
import type { CaptureMeta } from '../format.ts'
import { interfaceNote, packetNotes, type PageNote } from './notes.ts'
import { INBOUND, LINK_TYPE, OUTBOUND, type InterfaceFacts, type PcapngBlocks } from './pcapng-blocks.ts'
import { RTAC, rtacCode, rtacHeader, rtacLines } from './rtac.ts'
import { formatSettings } from '../../contract/line.ts'

/** Wireshark takes no packet above 262,144 bytes: a longer record becomes several. */
const MAX_DATA = 0x30000
const NOTHING = new Uint8Array(0)

export class RecordPackets {
  readonly #blocks: PcapngBlocks
  readonly #interface: number
  /** Of the clock, against that of the file. */
  readonly #shiftMs: number
  /** What the next record's time is besides, ns: of a clock that drifts. It is told as if it had been recorded so. */
  correctionNs = 0
  #inForce: InForce = {}
  /** What the next record is, if all goes on as before. */
  #next = -1
  #wallOffsetMs = NaN
  /** Of what was written, for the statistics. */
  #packets = 0
  #lastWallNs = 0n

  constructor(blocks: PcapngBlocks, index: number, shiftMs = 0) {
    this.#blocks = blocks
    this.#interface = index
    this.#shiftMs = shiftMs
  }

  /** Before any record. */
  start(meta: CaptureMeta): void {
    this.#inForce = { settings: meta.settings }
    this.#blocks.interface(interfaceOf(meta))
  }

  /** The record at this place of the page. */
  record(page: Page, record: number): void {
    const wallNs = wallNsOf(page.timeNs(record) + this.correctionNs, page.wallOffsetMs + this.#shiftMs)
    const note = this.#pageNote(page, record)
    this.#lastWallNs = wallNs
    if (page.isEvent(record)) this.#event(wallNs, page.event(record) ?? UNREADABLE, note)
    else this.#bytes(page, record, wallNs, note)
  }

  end(): void {
    this.#blocks.statistics(this.#interface, this.#lastWallNs, this.#packets)
  }

  #event(wallNs: bigint, event: TrafficEvent, page: PageNote | undefined): void {
    const { text } = eventWords(event, this.#inForce)
    this.#inForce = inForceAfter(event, this.#inForce)
    const direction = event.type === 'line' ? INBOUND : event.type === 'break' ? OUTBOUND : 0
    const comments = [text, ...packetNotes({ event, ...(page && { page }) })]
    this.#packet(wallNs, rtacCode(event), NOTHING, direction, 0, comments)
  }

  #bytes(page: Page, record: number, wallNs: bigint, note: PageNote | undefined): void {
    const bytes = page.bytes(record)
    const isToDevice = page.direction(record) === 'to-device'
    const code = isToDevice ? RTAC.transmit : RTAC.receive
    const direction = isToDevice ? OUTBOUND : INBOUND
    for (let at = 0; at < bytes.length; at += MAX_DATA) {
      const comments = packetNotes({
        ...(at === 0 && note && { page: note }),
        continued: at === 0 && page.isContinued(record),
        more: at + MAX_DATA < bytes.length
      })
      const part = bytes.length > MAX_DATA ? bytes.subarray(at, at + MAX_DATA) : bytes
      this.#packet(wallNs, code, part, direction, page.session(record), comments)
    }
  }

  #packet(
    wallNs: bigint,
    code: number,
    data: Uint8Array,
    direction: number,
    queue: number,
    comments: readonly string[]
  ): void {
    const header = rtacHeader(wallNs, code, rtacLines(this.#inForce))
    this.#blocks.packet({ interface: this.#interface, wallNs, header, data, direction, queue, comments })
    this.#packets++
  }

  /** Undefined: the record has the number and the clock that are expected. */
  #pageNote(page: Page, record: number): PageNote | undefined {
    const wallOffsetMs = page.wallOffsetMs + this.#shiftMs
    const number = page.first + record
    const isExpected = number === this.#next && wallOffsetMs === this.#wallOffsetMs
    this.#next = number + 1
    this.#wallOffsetMs = wallOffsetMs
    return isExpected ? undefined : { first: number, wallOffsetMs, bytesBefore: bytesBefore(page, record) }
  }
}

const UNREADABLE: TrafficEvent = { type: 'missed', records: 1, bytes: 0, why: 'an event that cannot be read' }

/** ns since 1970; what lies before is 1970. Two numbers of ms added up would be wrong by 256 ns. */
export function wallNsOf(timeNs: number, wallOffsetMs: number): bigint {
  const wallNs = BigInt(Number.isFinite(timeNs) ? Math.round(timeNs) : 0) + offsetNs(wallOffsetMs)
  return wallNs < 0n ? 0n : BigInt.asUintN(64, wallNs)
}

/** The same offset in ns, exactly. */
export function offsetNs(wallOffsetMs: number): bigint {
  const whole = Math.floor(wallOffsetMs)
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((wallOffsetMs - whole) * 1e6))
}

function bytesBefore(page: Page, record: number): number {
  let bytes = page.bytesBefore
  for (let each = 0; each < record; each++)
    if (!page.isEvent(each)) bytes += page.end(each) - page.start(each)
  return bytes
}

function interfaceOf(meta: CaptureMeta): InterfaceFacts {
  const { name, port, computer, settings } = meta
  const facts = [port, settings && formatSettings(settings), computer && `on ${computer}`]
  return {
    linkType: LINK_TYPE.rtac,
    name,
    description: facts.filter((each) => each !== undefined && each !== '').join(', ') || undefined,
    speed: settings?.baudRate,
    comments: [interfaceNote(meta)]
  }
}
