/**
 * Opens capture files: pcapng as we write it, back to exactly what was recorded, and pcapng or pcap of other programs, where their packets are serial
 * traffic (RTAC serial, Wireshark's upper PDU, and USER0 to USER15 as plain bytes). Called with the file's bytes in any portions; between two calls
 * the logs may be read and shown, so a file may be larger than memory. Never throws on a file, and says in words what it could not read.
 */
import type { Direction } from '../../contract/traffic.ts'
import { cleanText } from '../../protocol/ascii-json.ts'
import { bytesCount, grouped, inForceAfter, type InForce } from '../../traffic/event-words.ts'
import { TrafficLog } from '../../traffic/log.ts'
import { MAX_SESSION } from '../../traffic/page.ts'
import type { CaptureMeta } from '../format.ts'
import type { CaptureTrouble } from './capture-blocks.ts'
import { LogBuilder, MAX_RECORD } from './log-builder.ts'
import { readInterfaceNote, readPacketNotes, type PacketNotes } from './notes.ts'
import { PacketReader, type FoundInterface, type FoundPacket } from './packet-reader.ts'
import { INBOUND, LINK_TYPE, OUTBOUND } from './pcapng-blocks.ts'
import { offsetNs } from './record-packets.ts'
import { RTAC_HEADER, rtacDirection, rtacEvents } from './rtac.ts'
import { SharedPages } from './shared-pages.ts'
import { readUpperPdu } from './upper-pdu.ts'

export interface ReadingOptions {
  /** All logs together keep the newest so many bytes, and a little more for each; at least some MiB, whatever the file's size. */
  readonly maxBytes: number
}

export interface Recording {
  readonly meta: CaptureMeta
  readonly log: TrafficLog
  /** It was written by Farport. */
  readonly isOwn: boolean
}

/** One interface of the file, or several that are one recording. */
interface Open extends Recording {
  readonly linkType: number
  readonly builder: LogBuilder
  readonly key: string | undefined
  /** A note said what its clock is. */
  hasClock: boolean
  inForce: InForce
  /** A record whose rest comes in the next packet. */
  parts: Uint8Array[]
  partNotes: PacketNotes
}

/** Packets before the first one may be older by so much; else they are told at that time. */
const EARLIER_NS = 3_600_000_000_000n
/** The end of the year 9999. */
const LATEST_NS = 253_402_300_799_999_999_999n

/** Each has memory of its own. */
export const MAX_RECORDINGS = 64

/** Kinds of trouble are told by name, no more of them than this. */
const MAX_PROBLEMS = 20
const OTHER_PROBLEMS = 'other things were left out'

export class RecordingReader {
  readonly #packets: PacketReader
  readonly #pages: SharedPages
  readonly #open: Open[] = []
  readonly #byInterface = new Map<number, Open | 'derived' | { readonly linkType: number } | undefined>()
  readonly #problems = new Map<string, number>()
  /** What the first packet of each is. */
  readonly #starts = new Map<Open, { readonly record: number; readonly bytes: number }>()
  #hasEnd = false
  /** Packets by link types that are not read. */
  readonly #foreign = new Map<number, number>()

  constructor(options: ReadingOptions) {
    this.#pages = new SharedPages(options.maxBytes)
    this.#packets = new PacketReader({
      interface: (index, found) => this.#interface(index, found),
      packet: (packet) => this.#packet(packet),
      trouble: (trouble) => this.#trouble(trouble),
      ended: () => (this.#hasEnd = true)
    })
  }

  /** In the order of the file. */
  get recordings(): readonly Recording[] {
    return this.#open
  }

  /** False: there is no use in more. */
  push(bytes: Uint8Array): boolean {
    const goesOn = this.#packets.push(bytes)
    this.#flush()
    return goesOn
  }

  /** No more comes. Answers what of the file was not read, a line each; empty: all of it was. */
  end(): readonly string[] {
    this.#packets.end()
    for (const each of this.#open) this.#endParts(each)
    this.#flush()
    const isCut = this.#open.some(({ isOwn }) => isOwn) && !this.#hasEnd
    const isEmpty = this.#open.length === 0 && this.#problems.size === 0
    return [
      ...Array.from(this.#problems, ([text, count]) =>
        count === 1 ? text : `${text} (${grouped(count)} times)`
      ),
      ...Array.from(
        this.#foreign,
        ([type, count]) => `packets of link type ${type} are no serial traffic: ${grouped(count)} left out`
      ),
      ...(isEmpty ? ['there is no serial traffic in this file'] : []),
      ...(isCut ? ['the file has no end: its writer was stopped, or still writes'] : [])
    ]
  }

  /** What the logs had to give up, a line each: news for those alone who did not take the records as they came. */
  notKept(): readonly string[] {
    return this.#open.flatMap((each) => this.#gone(each))
  }

  #interface(index: number, found: FoundInterface): void {
    const { linkType } = found
    const note = readInterfaceNote(found.comments)
    if (note && 'derived' in note) this.#byInterface.set(index, 'derived')
    else if (note && linkType === LINK_TYPE.rtac) this.#byInterface.set(index, this.#own(found, note.meta))
    else if (isSerial(linkType))
      this.#byInterface.set(index, this.#begin(foreignMeta(found, index), linkType))
    else this.#byInterface.set(index, { linkType })
  }

  /** The next file of a rotation, behind the one before, is the same recording. */
  #own(found: FoundInterface, meta: CaptureMeta): Open | undefined {
    const key = JSON.stringify([meta.name, meta.port, meta.computer])
    const before = this.#open.find((each) => each.key === key)
    const program = found.program === undefined ? {} : { program: cleanText(found.program) }
    return before ?? this.#begin({ ...meta, ...program }, found.linkType, key)
  }

  #begin(meta: CaptureMeta, linkType: number, key?: string): Open | undefined {
    if (this.#open.length >= MAX_RECORDINGS) return undefined
    const log = new TrafficLog({ store: this.#pages.store(), maxPages: Infinity, wallOffsetMs: () => 0 })
    const builder = new LogBuilder(log)
    const inForce = { settings: meta.settings }
    const isOwn = key !== undefined
    const rest = { hasClock: false, inForce, parts: [], partNotes: {} }
    const open: Open = { meta, log, isOwn, linkType, builder, key, ...rest }
    this.#open.push(open)
    return open
  }

  #packet(packet: FoundPacket): void {
    const open = this.#byInterface.get(packet.interface)
    if (open === undefined) this.#problem(`packets of more than ${MAX_RECORDINGS} recordings were left out`)
    else if (open === 'derived') return
    else if ('log' in open) this.#serial(open, packet)
    else this.#foreign.set(open.linkType, (this.#foreign.get(open.linkType) ?? 0) + 1)
  }

  #serial(open: Open, packet: FoundPacket): void {
    const notes = open.isOwn ? readPacketNotes(packet.comments) : {}
    if (notes.page) {
      open.builder.goOn(notes.page)
      open.hasClock = true
    }
    const timeNs = this.#timeNs(open, packet.wallNs)
    if (packet.cutOff > 0) this.#problem('packets of which the file has only the beginning')
    if (open.linkType === LINK_TYPE.rtac) this.#rtac(open, packet, timeNs, notes)
    else if (open.linkType === LINK_TYPE.upperPdu) {
      const found = readUpperPdu(packet.data)
      if (!found) this.#problem('a packet with broken tags was left out')
      else this.#bytes(open, timeNs, found.direction ?? directionOf(packet), packet, found.bytes, notes)
    } else this.#bytes(open, timeNs, directionOf(packet), packet, packet.data, notes)
  }

  #rtac(open: Open, packet: FoundPacket, timeNs: number, notes: PacketNotes): void {
    const { data } = packet
    if (data.length < RTAC_HEADER) {
      this.#problem('a packet that is too short was left out')
      return
    }
    const code = data[8] ?? 0
    const direction = rtacDirection(code)
    const bytes = data.subarray(RTAC_HEADER)
    const events = notes.event ? [notes.event] : direction ? [] : rtacEvents(code, data[9] ?? 0, open.inForce)
    for (const event of events) {
      this.#endParts(open)
      open.inForce = inForceAfter(event, open.inForce)
      open.builder.event(timeNs, event)
    }
    if (!notes.event) this.#bytes(open, timeNs, direction ?? directionOf(packet), packet, bytes, notes)
  }

  #bytes(
    open: Open,
    timeNs: number,
    direction: Direction,
    { queue }: FoundPacket,
    bytes: Uint8Array,
    notes: PacketNotes
  ): void {
    const session = open.isOwn ? queue & MAX_SESSION : 0
    const isFirst = open.parts.length === 0
    const size = open.parts.reduce((sum, part) => sum + part.length, bytes.length)
    if (notes.more && size < MAX_RECORD) {
      if (isFirst) open.partNotes = notes
      open.parts.push(bytes.slice())
      return
    }
    const all = isFirst ? bytes : Uint8Array.from(Buffer.concat([...open.parts, bytes]))
    const { continued } = isFirst ? notes : open.partNotes
    open.parts = []
    for (let at = 0; at < all.length; at += MAX_RECORD)
      open.builder.bytes(
        timeNs,
        direction,
        session,
        all.subarray(at, at + MAX_RECORD),
        at > 0 || continued === true
      )
  }

  /** The rest of a record never came. */
  #endParts(open: Open): void {
    if (open.parts.length === 0) return
    this.#problem('a record of which the end is missing was left out')
    open.parts = []
  }

  /** In the log's own ns: as recorded, or since somewhat before the first packet of another program's file. */
  #timeNs(open: Open, wallNs: bigint): number {
    const { builder } = open
    const real = wallNs < 0n ? 0n : wallNs > LATEST_NS ? LATEST_NS : wallNs
    if (!this.#starts.has(open)) {
      if (!open.hasClock) {
        const baseNs = real > EARLIER_NS ? real - EARLIER_NS : 0n
        builder.goOn({ first: 0, bytesBefore: 0, wallOffsetMs: Number(baseNs / 1_000_000n) })
      }
      this.#starts.set(open, { record: builder.end, bytes: builder.bytesBefore })
    }
    const timeNs = Number(real - offsetNs(builder.wallOffsetMs))
    if (timeNs >= 0) return timeNs
    this.#problem('packets are older than those before them: their times are not right')
    return 0
  }

  #gone(open: Open): string[] {
    const { log, meta } = open
    const start = this.#starts.get(open)
    const [first] = log.pages
    if (!start || log.dropped === 0 || !first) return []
    const bytes = bytesCount(Math.max(0, first.bytesBefore - start.bytes))
    const records = grouped(Math.max(0, log.first - start.record))
    return [`${meta.name}: the first ${records} records (${bytes}) did not fit into memory`]
  }

  #trouble(trouble: CaptureTrouble | { readonly is: 'strange'; readonly what: string }): void {
    switch (trouble.is) {
      case 'not-a-capture': {
        this.#problem('this is neither a pcapng nor a pcap file')
        return
      }
      case 'damaged': {
        this.#problem(`damaged at byte ${grouped(trouble.at)}: what comes behind was left out`)
        return
      }
      case 'large': {
        this.#problem(`a block of ${bytesCount(trouble.bytes)} was left out: too large for serial traffic`)
        return
      }
      case 'unfinished': {
        this.#problem('the last block is not whole and was left out')
        return
      }
      case 'strange': {
        this.#problem(`${trouble.what} was left out`)
        return
      }
    }
  }

  #problem(text: string): void {
    const count = this.#problems.get(text) ?? 0
    const isTold = count > 0 || this.#problems.size < MAX_PROBLEMS
    const told = isTold ? text : OTHER_PROBLEMS
    this.#problems.set(told, (this.#problems.get(told) ?? 0) + 1)
  }

  #flush(): void {
    for (const { builder } of this.#open) builder.flush()
  }
}

function isSerial(linkType: number): boolean {
  if (linkType === LINK_TYPE.rtac || linkType === LINK_TYPE.upperPdu) return true
  return linkType >= LINK_TYPE.user0 && linkType <= LINK_TYPE.user15
}

/** Where a packet does not tell its way, it was heard. */
function directionOf({ flags }: FoundPacket): Direction {
  const way = flags & (INBOUND | OUTBOUND)
  return way === OUTBOUND ? 'to-device' : 'from-device'
}

function foreignMeta({ name, program }: FoundInterface, index: number): CaptureMeta {
  const own = cleanText(name)
  const by = program === undefined ? '' : cleanText(program)
  return { name: own === '' ? `interface ${index + 1}` : own, ...(by !== '' && { program: by }) }
}
