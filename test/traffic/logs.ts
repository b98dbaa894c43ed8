/** Recordings of all kinds, for property tests. */
import * as fc from 'fast-check'
import { DATA_BITS, FLOW_CONTROLS, PARITIES, STOP_BITS } from '../../src-main/contract/line.ts'
import { DIRECTIONS, type Direction, type TrafficEvent } from '../../src-main/contract/traffic.ts'
import { TrafficLog } from '../../src-main/traffic/log.ts'
import { CountedStore } from './stores.ts'

const session = fc.integer({ min: 0, max: 5 })
const count = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 1e9 }))
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 12 }))
const level = fc.constantFrom<boolean | 'unknown'>(true, false, 'unknown')
const settings = fc.record({
  baudRate: fc.constantFrom(1, 9600, 115_200, 4_000_000_000),
  dataBits: fc.constantFrom(...DATA_BITS),
  parity: fc.constantFrom(...PARITIES),
  stopBits: fc.constantFrom(...STOP_BITS),
  flowControl: fc.constantFrom(...FLOW_CONTROLS)
})
const lines = fc.record({ dtr: fc.boolean(), rts: fc.boolean(), break: fc.boolean() })
const modem = fc.record({ cts: level, dsr: level, dcd: level, ri: level })
const line = fc.record({ overrun: count, parity: count, framing: count, break: count })

function event<T extends object>(type: string, fields: fc.Arbitrary<T>): fc.Arbitrary<TrafficEvent> {
  return fields.map((each) => ({ type, ...each }) as unknown as TrafficEvent)
}

export const trafficEvents: fc.Arbitrary<TrafficEvent> = fc.oneof(
  event('settings', fc.record({ session, settings, label: text }, { requiredKeys: ['session', 'settings'] })),
  event('lines', fc.record({ session, lines })),
  event('modem', fc.record({ modem })),
  event('line', fc.record({ line })),
  event('break', fc.record({ session, durationMs: count })),
  event('attached', fc.record({ session, label: text })),
  event('detached', fc.record({ session, label: text, why: text })),
  event('blocked', fc.record({ by: fc.constantFrom('cts', 'flow-control', 'peer'), bytes: count })),
  event('unblocked', fc.record({ moved: fc.boolean(), durationMs: count })),
  event('control', fc.record({ step: fc.constantFrom('asked', 'taken'), session, label: text, from: text })),
  event('port', fc.record({ state: fc.constant('open'), settings, lines, modem })),
  event('port', fc.record({ state: fc.constant('closed'), why: text })),
  event('lost', fc.record({ direction: fc.constantFrom(...DIRECTIONS), session, bytes: count, why: text })),
  event('marker', fc.record({ number: count, text })),
  event('missed', fc.record({ records: count, bytes: count, why: text }))
)

/** One thing that happens, so many ns after the one before. */
export type Happening = { readonly afterNs: number } & (
  | { readonly bytes: Uint8Array; readonly direction: Direction; readonly session: number }
  | { readonly event: TrafficEvent }
)

const afterNs = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2e9 }))
const bytes = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 300, maxLength: 3000 }) }
)

export const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ afterNs, bytes, direction: fc.constantFrom(...DIRECTIONS), session })
    },
    { weight: 1, arbitrary: fc.record({ afterNs, event: trafficEvents }) }
  ),
  { maxLength: 30 }
)

/** A log of small pages with the clock set anew for each, `stepMs` further than the time that passed. */
export function logOf(
  all: readonly Happening[],
  options: { pageSize?: number; maxPages?: number; wallMs?: number; stepMs?: number } = {}
): TrafficLog {
  const { pageSize = 2048, maxPages = 1000, wallMs = 1_795_000_000_000, stepMs = 0 } = options
  let wallOffsetMs = wallMs
  const log = new TrafficLog({
    store: new CountedStore(pageSize),
    maxPages,
    wallOffsetMs: () => (wallOffsetMs += stepMs)
  })
  let timeNs = 1_000_000_000
  for (const each of all) {
    timeNs += each.afterNs
    if ('event' in each) log.event(timeNs, each.event)
    else log.bytes(timeNs, each.direction, each.session, each.bytes)
  }
  return log
}

/** Everything that a log holds, record by record. */
export function records(log: TrafficLog): unknown[] {
  return log.pages.flatMap((page) =>
    Array.from({ length: page.count }, (_, record) => ({
      number: page.first + record,
      timeNs: page.timeNs(record),
      wallOffsetMs: page.wallOffsetMs,
      ...(page.isEvent(record)
        ? { event: page.event(record) }
        : {
            direction: page.direction(record),
            session: page.session(record),
            isContinued: page.isContinued(record),
            bytes: Buffer.from(page.bytes(record)).toString('hex')
          })
    }))
  )
}
