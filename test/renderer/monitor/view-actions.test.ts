import { describe, expect, it } from 'vitest'
import { FRAME_ROWS, TEXT_ROWS } from '../../../src-main/traffic/row.ts'
import { markerFrom, markersOf } from '../../../src-renderer/model/monitor/markers.ts'
import { chipsOf, draftOf, rulesOf } from '../../../src-renderer/model/monitor/row-rules.ts'
import { heldWords, statusOf } from '../../../src-renderer/model/monitor/status.ts'
import {
  clearedRows,
  clearView,
  follow,
  newRows,
  nextTime,
  toggleHex,
  togglePause
} from '../../../src-renderer/model/monitor/view-actions.ts'
import { bridgeOf, sessionOf } from '../states.ts'
import { FakeDesk } from './fake-desk.ts'

function filled(rows: number): FakeDesk {
  const desk = new FakeDesk()
  for (let row = 0; row < rows; row++) desk.traffic.bytes('from-device', `row ${row}\n`)
  return desk
}

describe('what the frame does to the desk', () => {
  it('pauses the view and counts what comes meanwhile', () => {
    const desk = filled(3)
    togglePause(desk)
    expect(newRows(desk)).toBe(0)
    desk.traffic.bytes('from-device', 'a\nb\n')
    expect([desk.pausedAt, newRows(desk)]).toEqual([3, 2])
    togglePause(desk)
    expect([desk.pausedAt, newRows(desk)]).toEqual([undefined, 0])
  })

  it('follows also out of a pause', () => {
    const desk = filled(1)
    togglePause(desk)
    desk.isFollowing = false
    follow(desk)
    expect([desk.pausedAt, desk.isFollowing]).toEqual([undefined, true])
  })

  it('clears the view from now on, and knows how much that hides', () => {
    const desk = filled(3)
    clearView(desk)
    desk.traffic.bytes('from-device', 'new\n')
    expect([desk.clearedAt, clearedRows(desk)]).toEqual([3, 3])
  })

  it('goes round the ways of time, and to hex and back', () => {
    const desk = filled(0)
    for (let step = 0; step < 4; step++) nextTime(desk)
    expect(desk.options.time).toBe('clock')
    toggleHex(desk)
    expect(desk.options.view).toBe('hex')
    toggleHex(desk)
    expect(desk.options.view).toBe('lines')
  })
})

describe('markers', () => {
  it('are found among the rows, to both sides', async () => {
    const desk = filled(2)
    desk.traffic.event({ type: 'marker', number: 1, text: 'pressed start' })
    desk.traffic.bytes('from-device', 'x\n')
    desk.traffic.event({ type: 'marker', number: 2, text: '' })
    const { signal } = new AbortController()
    expect(await markersOf(desk.traffic, 10, signal)).toMatchObject([
      { row: 2, number: 1, text: 'pressed start' },
      { row: 4, number: 2 }
    ])
    expect(await markersOf(desk.traffic, 1, signal)).toMatchObject([{ number: 2 }])
    expect(await markerFrom(desk.traffic, -1, 1, signal)).toMatchObject({ number: 1 })
    expect(await markerFrom(desk.traffic, 2, 1, signal)).toMatchObject({ number: 2 })
    expect(await markerFrom(desk.traffic, 4, 1, signal)).toBeUndefined()
    expect(await markerFrom(desk.traffic, 4, -1, signal)).toMatchObject({ number: 1 })
  })
})

describe('rules for rows', () => {
  it.each([TEXT_ROWS, FRAME_ROWS, {}, { length: 8 }, { gapMs: 0.5 }])(
    'are written as they are read: %j',
    (rules) => {
      expect(rulesOf(draftOf(rules))).toEqual({ rules, wrong: {} })
    }
  )

  it('take bytes as people write them', () => {
    const draft = { ...draftOf({}), start: '0x02, 3', end: '0d0A' }
    expect(rulesOf(draft).rules).toEqual({ start: Uint8Array.of(2, 3), end: Uint8Array.of(13, 10) })
  })

  it.each([
    [{ gap: 'ms', gapMs: '' }, 'gapMs'],
    [{ gap: 'ms', gapMs: '0' }, 'gapMs'],
    [{ gap: 'ms', gapMs: 'soon' }, 'gapMs'],
    [{ length: '0' }, 'length'],
    [{ length: '1.5' }, 'length'],
    [{ length: '4097' }, 'length'],
    [{ start: 'STX' }, 'start'],
    [{ end: '0D0' }, 'end'],
    [{ end: '00'.repeat(17) }, 'end']
  ] as const)('say what is wrong: %j', (change, field) => {
    const { rules, wrong } = rulesOf({ ...draftOf({}), ...change })
    expect(rules).toBeUndefined()
    expect(Object.keys(wrong)).toEqual([field])
  })

  it('are chips', () => {
    expect(chipsOf({ ...TEXT_ROWS, length: 8, end: Uint8Array.of(13) }).map(({ text }) => text)).toEqual([
      ...['newline', 'silence 100 ms', '8 bytes', 'behind 0D']
    ])
    expect(chipsOf(FRAME_ROWS).map(({ text }) => text)).toEqual(['silence'])
  })
})

describe('how what is watched stands', () => {
  const facts = { status: { type: 'live' }, port: undefined, nowMs: 1000, isCoreThere: true } as const

  it.each([
    [bridgeOf('gps'), 'Port closed: nobody uses it now'],
    [bridgeOf('gps', { enabled: false }), 'Switched off'],
    [undefined, 'It has ended. What is here stays.'],
    [
      bridgeOf('gps', {
        state: {
          type: 'waiting',
          fault: { code: 'device-unplugged', message: 'gone', kind: 'device' } as never,
          retryAt: 5
        }
      }),
      'Device unplugged, waiting'
    ],
    [bridgeOf('gps', { sessions: [sessionOf(1, 'lab', { writer: true })] }), 'In use by lab']
  ])('of %j', (bridge, text) => {
    expect(statusOf({ ...facts, bridge }).text).toBe(text)
  })

  it('tells that the core is lost, and what a file is', () => {
    expect(statusOf({ ...facts, bridge: undefined, isCoreThere: false }).text).toContain('does not answer')
    const file = { type: 'read', problems: ['cut'] } as const
    expect(statusOf({ ...facts, bridge: undefined, status: file })).toMatchObject({ tone: 'warning' })
  })

  it('says that a file is larger than the window', () => {
    const file = { ...facts, bridge: undefined, status: { type: 'read', problems: [] } } as const
    expect(statusOf(file)).toEqual({ text: 'A file', tone: 'quiet' })
    const { text, tone } = statusOf({ ...file, isNewestOnly: true })
    expect([text, tone]).toEqual([expect.stringContaining('the newest part is shown'), 'warning'])
  })

  it('tells what the ring holds', () => {
    const recording = {
      on: true,
      since: 0,
      bytes: 3_100_000,
      records: 9,
      size: 9,
      bytesToDevice: 0,
      bytesFromDevice: 0
    }
    expect(heldWords(recording, 12 * 60_000)).toBe('holds 12 min, 3.1 MB')
    expect(heldWords({ ...recording, on: false }, 0)).toContain('recording is off')
    expect(heldWords(undefined, 0)).toBe('')
  })
})
