import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { DEFAULT_SETTINGS, NO_LINE_ERRORS, UNKNOWN_MODEM_STATE } from '../../src-main/contract/line.ts'
import type { TrafficEvent } from '../../src-main/contract/traffic.ts'
import {
  columnWords,
  cutAtPictures,
  hexLines,
  hexWords,
  textWords
} from '../../src-main/traffic/byte-words.ts'
import { eventWords, inForceAfter, NOTHING_KNOWN, type InForce } from '../../src-main/traffic/event-words.ts'
import type { Row } from '../../src-main/traffic/row.ts'
import {
  clockWords,
  isoWords,
  TimeTrail,
  wallTime,
  type TimeMode
} from '../../src-main/traffic/time-words.ts'
import { anyBytes } from '../properties.ts'

const SLOW = { ...DEFAULT_SETTINGS, baudRate: 9600 }
const LINES = { dtr: false, rts: false, break: false }
const label = 'workshop-pc'

const EVENTS: readonly (readonly [TrafficEvent, string, InForce?])[] = [
  [
    { type: 'settings', session: 1, label, settings: DEFAULT_SETTINGS },
    'Settings 9600 → 115200 8N1 (workshop-pc)',
    { settings: SLOW }
  ],
  [{ type: 'settings', session: 0, settings: SLOW }, 'Settings 9600 8N1'],
  [
    { type: 'settings', session: 0, settings: { ...SLOW, parity: 'even', dataBits: 7 } },
    'Settings 9600 8N1 → 9600 7E1',
    { settings: SLOW }
  ],
  [{ type: 'lines', session: 1, lines: { ...LINES, dtr: true } }, 'DTR on', { lines: LINES }],
  [{ type: 'lines', session: 1, lines: { ...LINES, dtr: true } }, 'DTR on, RTS off'],
  [{ type: 'lines', session: 1, lines: { ...LINES, break: true } }, 'Break on', { lines: LINES }],
  [{ type: 'modem', modem: { ...UNKNOWN_MODEM_STATE, cts: true } }, 'CTS on'],
  [{ type: 'modem', modem: UNKNOWN_MODEM_STATE }, 'The state of the modem lines is not known'],
  [
    { type: 'modem', modem: { cts: true, dsr: false, dcd: true, ri: false } },
    'DSR off',
    { modem: { cts: true, dsr: true, dcd: true, ri: false } }
  ],
  [{ type: 'line', line: { ...NO_LINE_ERRORS, parity: 1 } }, 'Parity error'],
  [{ type: 'line', line: { ...NO_LINE_ERRORS, framing: 3, overrun: 1 } }, '3 framing errors, overrun'],
  [{ type: 'line', line: { ...NO_LINE_ERRORS, break: 1 } }, 'Break received'],
  [{ type: 'break', session: 1, durationMs: 250 }, 'Break 250 ms'],
  [{ type: 'attached', session: 1, label }, 'workshop-pc connected'],
  [
    { type: 'detached', session: 1, label, why: 'closed by the client' },
    'workshop-pc left (closed by the client)'
  ],
  [
    { type: 'control', step: 'taken', session: 2, label, from: 'bench' },
    'workshop-pc took control; bench watches from now on'
  ],
  [
    { type: 'blocked', by: 'cts', bytes: 1204 },
    'Waiting for CTS: the device takes nothing (1,204 bytes wait)'
  ],
  [{ type: 'unblocked', moved: true, durationMs: 4200 }, 'The device takes data again (after 4 s)'],
  [
    { type: 'port', state: 'open', settings: SLOW, lines: LINES, modem: UNKNOWN_MODEM_STATE },
    'Port open, 9600 8N1'
  ],
  [{ type: 'port', state: 'closed' }, 'Port closed'],
  [{ type: 'port', state: 'closed', why: 'the device was unplugged' }, 'Device unplugged'],
  [
    { type: 'lost', direction: 'from-device', session: 1, bytes: 1, why: 'too slow' },
    '1 byte lost from the device: too slow'
  ],
  [{ type: 'marker', number: 3, text: 'pressed start' }, 'Marker 3: pressed start'],
  [{ type: 'missed', records: 7, bytes: 1204, why: '' }, '1,204 bytes not captured'],
  [{ type: 'missed', records: 7, bytes: 0, why: 'off' }, '7 records not captured (off)']
]

it.each(EVENTS.map(([event, text, before]) => ({ event, text, before })))(
  'says: $text',
  ({ event, text, before }) => {
    expect(eventWords(event, before).text).toBe(text)
  }
)

it('bears what a newer Farport recorded', () => {
  expect(eventWords({ type: 'weather' } as unknown as TrafficEvent).text).toBe('Event "weather"')
})

it('tells each change once', () => {
  let before = NOTHING_KNOWN
  const told = [SLOW, DEFAULT_SETTINGS, DEFAULT_SETTINGS].map((settings): string => {
    const event: TrafficEvent = { type: 'settings', session: 0, settings }
    const { text } = eventWords(event, before)
    before = inForceAfter(event, before)
    return text
  })
  expect(told).toEqual(['Settings 9600 8N1', 'Settings 9600 → 115200 8N1', 'Settings 115200 8N1'])
})

it('shows control bytes in three ways', () => {
  const bytes = Buffer.from('OK\r\n\t\u007f\u0000ä\u202e')
  expect(textWords(bytes)).toBe('OK␍␊␉␡␀ä<U+202E>')
  expect(textWords(bytes, 'names')).toBe('OK<CR><LF><HT><DEL><NUL>ä<U+202E>')
  expect(textWords(bytes, 'hidden')).toBe('OK ä<U+202E>')
  expect(textWords(Uint8Array.of(0x41, 0xe4))).toBe('Aä')
})

it('cuts a text where pictures of control bytes stand, for those who draw their names', () => {
  expect(cutAtPictures(textWords(Uint8Array.of(0x4f, 0x4b, 13, 10, 0x7f)))).toEqual([
    'OK',
    'CR',
    '',
    'LF',
    '',
    'DEL',
    ''
  ])
  expect(cutAtPictures('OK')).toEqual(['OK'])
  fc.assert(
    fc.property(anyBytes(), (bytes) => {
      for (const [at, piece] of cutAtPictures(textWords(bytes)).entries())
        if (at % 2 === 1) expect(piece).toMatch(/^[A-Z][A-Z0-9]{1,2}$/)
    })
  )
})

it('never lets through what acts on a terminal', () => {
  fc.assert(
    fc.property(anyBytes(), fc.constantFrom('pictures', 'names', 'hidden'), (bytes, controls) => {
      expect(textWords(bytes, controls)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    })
  )
})

it('writes bytes in hexadecimal', () => {
  const bytes = Buffer.from('Hello\n')
  expect(hexWords(bytes)).toBe('48 65 6C 6C 6F 0A')
  expect(columnWords(bytes)).toBe('Hello.')
  expect(hexLines(bytes, 4)).toEqual([
    { hex: '48 65 6C 6C', text: 'Hell' },
    { hex: '6F 0A      ', text: 'o.' }
  ])
})

const MS = 1e6
function row(timeNs: number, direction: 'to-device' | 'from-device' | undefined, endNs = timeNs): Row {
  return {
    number: 0,
    timeNs,
    endNs,
    wallOffsetMs: Date.UTC(2026, 10, 21, 13, 2, 9),
    content: direction
      ? { type: 'bytes', direction, session: 0, bytes: new Uint8Array(1) }
      : { type: 'event', event: { type: 'marker', number: 1, text: '' } }
  }
}

const ROWS = [
  row(123.456 * MS, 'to-device', 125 * MS),
  row(126 * MS, undefined),
  row(130 * MS, 'from-device'),
  row(1200 * MS, 'to-device')
]
const utc = (timeNs: number): string => clockWords(wallTime(timeNs, ROWS[0]!.wallOffsetMs))

it.each<[TimeMode, string[]]>([
  ['clock', [utc(123.456 * MS), utc(126 * MS), utc(130 * MS), utc(1200 * MS)]],
  ['start', ['0.000000', '0.002544', '0.006544', '1.076544']],
  ['previous', ['', '+0.002544', '+0.004000', '+1.070000']],
  ['other', ['', '', '+0.005000', '+1.070000']]
])('tells times by %s', (mode, expected) => {
  const trail = new TimeTrail(mode)
  expect(ROWS.map((each) => trail.words(each))).toEqual(expected)
})

it('tells the wall clock to the ns', () => {
  expect(utc(123.456 * MS)).toMatch(/^\d\d:\d\d:09\.123456$/)
  expect(isoWords(wallTime(1_999_999_999, Date.UTC(2026, 10, 21)))).toBe('2026-11-21T00:00:01.999999999Z')
  expect(isoWords(wallTime(1, 1000.999_999))).toBe('1970-01-01T00:00:01.001000000Z')
  expect(isoWords(wallTime(1e300, 0))).toBe('9999-12-31T23:59:59.999999999Z')
  expect(isoWords(wallTime(0, -5))).toBe('1970-01-01T00:00:00.000000000Z')
})
