/**
 * Pages of a recording as a peer may see them: who uses a share by the names of those we are paired with, and nothing of addresses or of
 * what went wrong in whose words. As the state hides it (instance/permits.ts). Called by traffic-topic.ts.
 */
import type { TrafficEvent } from '../../contract/traffic.ts'
import { copyRecords, encodeEvent, PageWriter } from '../../traffic/page-writer.ts'
import { INDEX_ENTRY, Page, PAGE_HEADER, pageMemory } from '../../traffic/page.ts'
import type { Slice } from './cursor.ts'

/** As in the state. */
export const ANOTHER_CLIENT = 'another client'

export interface PeerEyes {
  /** The label of that session may be told: it is a paired computer's. */
  isKnown(session: number): boolean
  /** The label is that of one that `isKnown`. */
  isKnownLabel(label: string): boolean
  /** What the owner of this computer is called there. */
  readonly owner: string
}

/** A page of its own, with the same numbers. */
export function peerPage({ page, from, to }: Slice, eyes: PeerEyes): Uint8Array {
  const events = new Map<number, Uint8Array>()
  let grown = 0
  for (let record = from; record < to; record++) {
    if (!page.isEvent(record)) continue
    const event = page.event(record)
    const told = encodeEvent(event ? peerEvent(event, eyes) : UNREADABLE)
    events.set(record, told)
    grown += told.length - (page.end(record) - page.start(record))
  }
  const copy = copyRecords(page, from, to)
  if (events.size === 0) return copy
  return rewritten({ page, from, to }, events, copy, grown)
}

/** Nobody writes one; a peer gets nothing of it. */
const UNREADABLE: TrafficEvent = { type: 'missed', records: 1, bytes: 0, why: 'it cannot be told' }

function rewritten(
  { page, from, to }: Slice,
  events: ReadonlyMap<number, Uint8Array>,
  copy: Uint8Array,
  grown: number
): Uint8Array {
  const size = PAGE_HEADER + (page.end(to - 1) - page.start(from)) + grown + (to - from) * INDEX_ENTRY
  const bytes = new Uint8Array(Math.ceil(size / INDEX_ENTRY) * INDEX_ENTRY)
  const { first, wallOffsetMs, bytesBefore } = new Page(pageMemory(copy))
  const writer = new PageWriter(bytes, first, wallOffsetMs, bytesBefore)
  for (let record = from; record < to; record++) {
    const told = events.get(record)
    const timeNs = page.timeNs(record)
    if (told) writer.encoded(timeNs, told)
    else
      writer.bytes(
        timeNs,
        page.direction(record),
        page.session(record),
        page.bytes(record),
        0,
        page.isContinued(record)
      )
  }
  return bytes
}

function peerEvent(event: TrafficEvent, eyes: PeerEyes): TrafficEvent {
  const labelOf = (session: number, label: string): string => {
    if (session === 0) return eyes.owner
    return eyes.isKnown(session) ? label : ANOTHER_CLIENT
  }
  switch (event.type) {
    case 'settings':
    case 'lines':
    case 'break':
      return event.label === undefined ? event : { ...event, label: labelOf(event.session, event.label) }
    case 'attached':
    case 'detached':
      return { type: event.type, session: event.session, label: labelOf(event.session, event.label) }
    case 'control': {
      const { from, ...rest } = event
      const label = labelOf(event.session, event.label)
      if (from === undefined) return { ...rest, label }
      return { ...rest, label, from: eyes.isKnownLabel(from) ? from : ANOTHER_CLIENT }
    }
    case 'port':
      if (event.state === 'open') return event
      return { type: 'port', state: 'closed', ...(/unplug/i.test(event.why ?? '') && { why: 'unplugged' }) }
    case 'lost':
      return { ...event, why: event.direction === 'to-device' ? 'not taken' : 'not delivered' }
    case 'modem':
    case 'line':
    case 'blocked':
    case 'unblocked':
    case 'marker':
    case 'missed':
      return event
  }
}
