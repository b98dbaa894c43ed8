/**
 * What only we put into pcapng files, so that they open again as they were recorded: comments that begin with `farport ` and go on with JSON, beside
 * those for people. Everything read back from one is looked at: a file may be anybody's.
 *
 *     of an interface    {"version":1,"name":…,"port":…,"computer":…,"settings":{…}}, or {"derived":true}: made from the bytes of another one
 *     of a packet        {"page":[number of the record, wall offset in ms, bytes before]}    where numbers or the clock go on otherwise
 *                        {"event":{…}}      exactly what was recorded
 *                        {"continued":true} the record goes on with the chunk before: a page ended within
 *                        {"more":true}      the record goes on in the next packet of this interface
 *
 * Sessions stand in epb_queue.
 */
import type { LineSettings } from '../../contract/line.ts'
import type { TrafficEvent } from '../../contract/traffic.ts'
import { soundEvent, soundSettings } from '../../traffic/sound-event.ts'
import type { CaptureMeta } from '../format.ts'

const PREFIX = 'farport '
const VERSION = 1

/** Beyond these, numbers that are added up are no longer exact. */
const MAX_COUNT = 2 ** 50
const MAX_WALL_MS = 1e14

export interface PageNote {
  readonly first: number
  readonly wallOffsetMs: number
  readonly bytesBefore: number
}

export interface PacketNotes {
  page?: PageNote
  event?: TrafficEvent
  continued?: boolean
  more?: boolean
}

export type InterfaceNote = { readonly meta: CaptureMeta } | { readonly derived: true }

export function interfaceNote({ name, port, computer, settings }: CaptureMeta): string {
  return note({ version: VERSION, name, port, computer, settings })
}

export const DERIVED_NOTE = note({ derived: true })

/** None where there is nothing to say. */
export function packetNotes({ page, event, continued, more }: PacketNotes): string[] {
  const notes: string[] = []
  if (page) notes.push(note({ page: [page.first, page.wallOffsetMs, page.bytesBefore] }))
  if (event) notes.push(note({ event }))
  if (continued) notes.push(note({ continued }))
  if (more) notes.push(note({ more }))
  return notes
}

/** Undefined: the interface is not ours. */
export function readInterfaceNote(comments: readonly string[]): InterfaceNote | undefined {
  for (const value of notesIn(comments)) {
    if (value.derived === true) return { derived: true }
    if (typeof value.version !== 'number' || typeof value.name !== 'string') continue
    const settings: LineSettings | undefined = soundSettings(value.settings)
    const meta: CaptureMeta = {
      name: value.name,
      ...(typeof value.port === 'string' && { port: value.port }),
      ...(typeof value.computer === 'string' && { computer: value.computer }),
      ...(settings && { settings })
    }
    return { meta }
  }
  return undefined
}

export function readPacketNotes(comments: readonly string[]): PacketNotes {
  const found: PacketNotes = {}
  for (const value of notesIn(comments)) {
    const page = pageOf(value.page)
    if (page) found.page = page
    const event = soundEvent(value.event)
    if (event) found.event = event
    if (value.continued === true) found.continued = true
    if (value.more === true) found.more = true
  }
  return found
}

function pageOf(value: unknown): PageNote | undefined {
  if (!Array.isArray(value)) return undefined
  const [first, wallOffsetMs, bytesBefore] = value as unknown[]
  const isCount = (each: unknown): each is number =>
    Number.isSafeInteger(each) && (each as number) >= 0 && (each as number) <= MAX_COUNT
  if (!isCount(first) || !isCount(bytesBefore)) return undefined
  if (typeof wallOffsetMs !== 'number' || Math.abs(wallOffsetMs) > MAX_WALL_MS) return undefined
  return { first, wallOffsetMs, bytesBefore }
}

function* notesIn(comments: readonly string[]): Generator<Record<string, unknown>> {
  for (const comment of comments) {
    if (!comment.startsWith(PREFIX)) continue
    try {
      const value: unknown = JSON.parse(comment.slice(PREFIX.length))
      if (typeof value === 'object' && value !== null) yield value as Record<string, unknown>
    } catch {
      // A comment of somebody else's that happens to begin like ours.
    }
  }
}

function note(value: object): string {
  return PREFIX + JSON.stringify(value)
}
