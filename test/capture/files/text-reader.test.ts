/** Files of text with every byte, opened again. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CaptureFileReader } from '../../../src-main/capture/files/file-reader.ts'
import { makeForm, type FileForm, type FormOptions } from '../../../src-main/capture/files/forms.ts'
import { FRAME_ROWS, TEXT_ROWS, type RowRules } from '../../../src-main/traffic/row.ts'
import { anyBytes, cut, cuts } from '../../properties.ts'
import { happenings, logOf, type Happening } from '../../traffic/logs.ts'
import { written } from './files.ts'

function opened(parts: readonly Uint8Array[]) {
  const reader = new CaptureFileReader({ maxBytes: 64e6 })
  for (const part of parts) reader.push(part)
  const problems = reader.end()
  return { recordings: reader.recordings, problems }
}

/** Written, opened, and written again. */
function twice(
  form: FileForm,
  all: readonly Happening[],
  rules: RowRules,
  sizes: readonly number[] = [1e6],
  stepMs = 0
): { first: string[]; second: string[]; problems: readonly string[] } {
  const options: FormOptions = { rules }
  const file = written(makeForm(form, options), logOf(all, { stepMs }))
  const { recordings, problems } = opened(cut(file, sizes))
  const [recording] = recordings
  const again = written(makeForm(form, options), recording!.log, Infinity, recording!.meta)
  const lines = (bytes: Uint8Array): string[] => Buffer.from(bytes).toString().split('\n')
  return { first: lines(file), second: lines(again), problems }
}

const RULES = fc.constantFrom<RowRules>(
  TEXT_ROWS,
  FRAME_ROWS,
  { gapMs: 20 },
  { length: 7 },
  { end: Uint8Array.of(0x0a) },
  { start: Uint8Array.of(0x02) }
)

interface Line {
  endNs?: number
  direction?: string
  event?: { type: string }
}

describe('JSON Lines', () => {
  it('open again as the same rows, with the same times, sessions and events', () => {
    fc.assert(
      fc.property(happenings, RULES, cuts, fc.constantFrom(0, 3.7, -2.2), (all, rules, sizes, stepMs) => {
        const { first, second, problems } = twice(
          'jsonl',
          all,
          rules,
          sizes.map((size) => size * 100),
          stepMs
        )
        expect(problems).toEqual([])
        const [rows, again] = [first, second].map((lines) =>
          lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
        )
        expect(again).toHaveLength(rows!.length)
        for (const [at, { endNs, ...row }] of rows!.entries()) {
          const { endNs: otherEndNs, ...other } = again![at]!
          expect(other).toEqual(row)
          // To the device it is reckoned, from the whole chunk that the row's bytes came in.
          if (row.direction === 'from-device') expect(otherEndNs).toBeCloseTo(endNs!, 0)
        }
      }),
      { numRuns: 500 }
    )
  })

  it('are told from other files of JSON', () => {
    const { recordings, problems } = opened([Buffer.from('{"name":"a"}\n{"x":1}\n')])
    expect(recordings).toEqual([])
    expect(problems).toEqual(['this is neither a capture nor CSV or JSON Lines of Farport'])
  })

  it('say which lines make no sense, and that the last one is not whole', () => {
    const file = Buffer.from(written(makeForm('jsonl'), logOf(TALK))).toString()
    const broken = file.replace('"hex":"41540d"', '"hex":"4154x"') + '{"row":9,"time'
    const { recordings, problems } = opened([Buffer.from(broken)])
    expect(problems).toEqual([
      'a line that makes no sense was left out',
      'the last line is not whole and was left out'
    ])
    expect(recordings[0]!.log.lineBytes).toBe(4)
  })
})

const TALK: readonly Happening[] = [
  { afterNs: 0, bytes: Buffer.from('AT\r'), direction: 'to-device', session: 1 },
  { afterNs: 1e6, bytes: Buffer.from('OK'), direction: 'from-device', session: 0 },
  { afterNs: 1e6, bytes: Buffer.from('\r\n'), direction: 'from-device', session: 0 },
  { afterNs: 1e6, event: { type: 'marker', number: 3, text: '=a,"b"\nc' } }
]

describe('CSV', () => {
  it('opens again with every byte, direction, session and time', () => {
    fc.assert(
      fc.property(happenings, RULES, cuts, (all, rules, sizes) => {
        const { first, second, problems } = twice(
          'csv',
          all,
          rules,
          sizes.map((size) => size * 100)
        )
        const hasEvents = all.some((each) => 'event' in each)
        expect(problems).toEqual(hasEvents ? ['events are only words in CSV: they are markers here'] : [])
        expect(bytesOf(second).bytes).toEqual(bytesOf(first).bytes)
        const times = new Set(bytesOf(first).times)
        expect(bytesOf(second).times.filter((time) => !times.has(time))).toEqual([])
      }),
      { numRuns: 200 }
    )
  })

  it('tells its events as markers, with their words', () => {
    const { second } = twice('csv', TALK, TEXT_ROWS)
    expect(second.join('\n')).toMatch(/Marker 1: Marker 3: =a,/)
  })

  it('opens as a spreadsheet has written it again', () => {
    const file = Buffer.from(written(makeForm('csv'), logOf(TALK.slice(0, 3)))).toString()
    const { recordings, problems } = opened([Buffer.from(`\uFEFF${file.replaceAll('\r\n', '\n')}`)])
    expect(problems).toEqual([])
    expect(recordings[0]!.log.lineBytes).toBe(7)
  })
})

/** In their order. Where there are no settings, rows may be cut otherwise: of each the first byte has its time. */
function bytesOf(lines: readonly string[]): { bytes: string[]; times: string[] } {
  const bytes: string[] = []
  const times: string[] = []
  for (const line of lines.slice(1)) {
    const [, time = '', , direction, session, , hex] = line.split(',')
    if (!hex) continue
    times.push(time)
    for (const byte of hex.split(' ')) bytes.push(`${direction} ${session} ${byte}`)
  }
  return { bytes, times }
}

it('never breaks on any bytes that begin like a file of text', () => {
  const beginning = fc.constantFrom(
    '',
    '{',
    '{"farport":1,"name":"x"}\n',
    'row,time,since_start,direction,session,length,hex,text,event,decoded,verdict\r\n',
    '"'
  )
  fc.assert(
    fc.property(beginning, anyBytes(), cuts, (begin, rest, sizes) => {
      const file = new Uint8Array(Buffer.concat([Buffer.from(begin), rest]))
      expect(() => opened(cut(file, sizes))).not.toThrow()
    }),
    { numRuns: 2000 }
  )
})
