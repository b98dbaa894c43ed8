import { describe, expect, test } from 'vitest'
import type { TrafficEvent } from '../../../../src-main/contract/traffic.ts'
import { colorDepth, paint } from '../../../../src-main/hosts/cli/monitor/colors.ts'
import { RowLines, type LineOptions } from '../../../../src-main/hosts/cli/monitor/row-lines.ts'
import type { ShownRow } from '../../../../src-main/capture/filtered-rows.ts'
import type { Decoded } from '../../../../src-main/traffic/decoder.ts'

const plain = paint(1)

const lines = (options: Partial<LineOptions> = {}): RowLines =>
  new RowLines({
    view: 'lines',
    time: 'start',
    controls: 'pictures',
    paint: plain,
    columns: () => Infinity,
    ...options
  })

function row(
  text: string | Uint8Array,
  timeMs = 0,
  direction: 'to-device' | 'from-device' = 'from-device'
): ShownRow {
  const bytes = typeof text === 'string' ? Uint8Array.from(Buffer.from(text, 'latin1')) : text
  const timeNs = timeMs * 1e6
  return {
    row: {
      number: 0,
      timeNs,
      endNs: timeNs,
      wallOffsetMs: 0,
      content: { type: 'bytes', direction, session: 0, bytes }
    }
  }
}

const event = (content: TrafficEvent): ShownRow => ({
  row: { number: 0, timeNs: 0, endNs: 0, wallOffsetMs: 0, content: { type: 'event', event: content } }
})

const decoded = (text: string, verdict: Decoded['verdict'] = 'ok'): Decoded => ({ text, verdict, fields: [] })

describe('rows as lines', () => {
  test('time, direction, text', () => {
    const of = lines()
    expect(of.of(row('AT\r\n', 5, 'to-device'))).toEqual(['    0.000000 → AT␍␊'])
    expect(of.of(row('OK\r\n', 17.5))).toEqual(['    0.012500 ← OK␍␊'])
  })

  test('nothing of a row acts on a terminal', () => {
    const [line = ''] = lines({ time: undefined }).of(row('\x1b[2J\x9b31m\x07\x00\x7f', 0))
    expect(line).toBe('← ␛[2J<U+009B>31m␇␀␡')
    const told = lines({ time: undefined }).of(
      event({ type: 'attached', session: 1, label: 'x\x1b[31m\nfarport: done' })
    )
    expect(told).toEqual([expect.stringMatching(/^· x ?\[31m farport: done connected$/)])
    const words = lines({ time: undefined }).of({ ...row('a'), decoded: decoded('\x1b]0;title\x07') })
    expect(words).toEqual(['← a  │ ]0;title'])
  })

  test('control bytes by name, or not at all', () => {
    expect(lines({ time: undefined, controls: 'names' }).of(row('a\r\n'))).toEqual(['← a<CR><LF>'])
    expect(lines({ time: undefined, controls: 'hidden' }).of(row('a\r\n'))).toEqual(['← a'])
  })

  test('events have signs, and errors another one', () => {
    const of = lines({ time: undefined })
    expect(of.of(event({ type: 'marker', number: 3, text: 'pressed start' }))).toEqual([
      '· Marker 3: pressed start'
    ])
    expect(of.of(event({ type: 'missed', records: 2, bytes: 1204, why: '' }))).toEqual([
      '! 1,204 bytes not captured'
    ])
  })

  test('what changed is told alone, once it is known what was before', () => {
    const of = lines({ time: undefined })
    const settings = {
      baudRate: 9600,
      dataBits: 8,
      parity: 'none',
      stopBits: 1,
      flowControl: 'none'
    } as const
    of.of(event({ type: 'settings', session: 0, settings }))
    expect(
      of.of(
        event({
          type: 'settings',
          session: 1,
          label: 'workshop-pc',
          settings: { ...settings, baudRate: 115_200 }
        })
      )
    ).toEqual(['· Settings 9600 → 115200 8N1 (workshop-pc)'])
  })

  test('a row that goes on has another sign', () => {
    expect(lines({ time: undefined }).of({ ...row('rest'), isRest: true })).toEqual(['… rest'])
  })
})

describe('bytes', () => {
  const bytes = Uint8Array.from({ length: 20 }, (_, at) => 0x41 + at)

  test('in one line where nobody folds', () => {
    const [line = '', ...more] = lines({ view: 'hex', time: undefined }).of(row(bytes))
    expect(more).toEqual([])
    expect(line.split(' ')).toHaveLength(21)
  })

  test.each([80, 60, 40, 34, 20, 12, 1])('fit into %i places, in whole eights where one fits', (columns) => {
    for (const view of ['hex', 'mixed'] as const) {
      const shown = lines({ view, time: undefined, columns: () => columns }).of(row(bytes))
      if (columns > 12) for (const line of shown) expect(line.length).toBeLessThanOrEqual(columns)
      const hex = shown.map((line) => line.slice(2).split('  ')[0] ?? '')
      expect(hex.join(' ').trim().split(' ')).toEqual(
        Array.from(bytes, (byte) => byte.toString(16).toUpperCase())
      )
      if (columns >= 60)
        expect((hex[0] ?? '').split(' ')).toHaveLength(
          columns === 80 ? (view === 'hex' ? 20 : 16) : view === 'hex' ? 16 : 8
        )
    }
  })

  test('with their characters beside them', () => {
    expect(lines({ view: 'mixed', time: undefined, columns: () => 40 }).of(row('Hello\r\n?!'))).toEqual([
      '← 48 65 6C 6C 6F 0D 0A 3F  Hello..?',
      '  21                       !'
    ])
  })

  test('lines go on below the first byte', () => {
    const shown = lines({ view: 'hex', columns: () => 40 }).of(row(bytes))
    expect(shown[0]).toMatch(/^ {4}0\.000000 ← 41 42/)
    expect(shown[1]).toMatch(/^ {15}49 4A/)
  })

  test('a row without bytes is a line', () => {
    expect(lines({ view: 'hex', time: undefined }).of(row(''))).toEqual(['← '])
  })
})

describe('what a decoder says', () => {
  test('beside a row that leaves room, below one that does not', () => {
    const shown = { ...row('\x01\x03'), decoded: decoded('Read holding registers') }
    expect(lines({ view: 'hex', time: undefined }).of(shown)).toEqual(['← 01 03  │ Read holding registers'])
    expect(lines({ view: 'hex', time: undefined, columns: () => 30 }).of(shown)).toEqual([
      '← 01 03',
      '  │ Read holding registers'
    ])
  })

  test('alone, and the bytes where it says nothing', () => {
    const of = lines({ view: 'decoded', time: undefined })
    expect(of.of({ ...row('\x01'), decoded: decoded('Read coils') })).toEqual(['← Read coils'])
    expect(of.of({ ...row('\x01'), decoded: decoded('CRC is wrong', 'bad') })).toEqual(['← ✗ CRC is wrong'])
    expect(of.of(row('?'))).toEqual(['← ?'])
  })
})

describe('colours', () => {
  test('each with its own, and never behind the line', () => {
    const of = lines({ time: undefined, paint: paint(8) })
    expect(of.of(row('a'))).toEqual(['\x1b[38;5;208m← \x1b[0m\x1b[38;5;208ma\x1b[0m'])
    expect(of.of(row('a', 0, 'to-device'))[0]).toContain('\x1b[38;5;75m→ ')
    expect(of.of(event({ type: 'marker', number: 1, text: '' }))).toEqual(['\x1b[3;90m· Marker 1\x1b[0m'])
    expect(of.notice('x', 'error')).toBe('\x1b[1;31m! x\x1b[0m')
    expect(lines({ time: undefined, paint: paint(4) }).of(row('a'))[0]).toMatch(/^\x1b\[33m/)
  })

  const terminal = { isTTY: true, getColorDepth: () => 8 }
  test.each([
    ['auto', terminal, {}, 8],
    ['auto', terminal, { NO_COLOR: '1' }, 1],
    ['auto', terminal, { NO_COLOR: '' }, 8],
    ['auto', terminal, { TERM: 'dumb' }, 1],
    ['auto', {}, {}, 1],
    ['never', terminal, {}, 1],
    ['always', {}, { NO_COLOR: '1' }, 8]
  ] as const)('%s', (wish, output, environment, depth) => {
    expect(colorDepth(wish, output, environment)).toBe(depth)
  })
})
