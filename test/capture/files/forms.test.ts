import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '../../../src-main/contract/line.ts'
import { FILE_FORMS, formOf, makeForm, type FormOptions } from '../../../src-main/capture/files/forms.ts'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { decoderKind } from '../../../src-main/traffic/decoders/registry.ts'
import { lacks, PYTHON } from '../../peers/need.ts'
import { happenings, logOf, type Happening } from '../../traffic/logs.ts'
import { META, written } from './files.ts'

const sent = (text: string | Uint8Array, afterNs: number): Happening => ({
  afterNs,
  bytes: Buffer.from(text as string),
  direction: 'to-device',
  session: 1
})
const heard = (text: string | Uint8Array, afterNs: number): Happening => ({
  afterNs,
  bytes: Buffer.from(text as string),
  direction: 'from-device',
  session: 0
})
const SLOW = { ...DEFAULT_SETTINGS, baudRate: 9600 }
const TALK = [
  sent('AT\r', 0),
  heard('OK', 1_000_000),
  heard('\r\n', 1_000),
  { afterNs: 1e6, event: { type: 'settings', session: 1, label: 'workshop-pc', settings: SLOW } } as const,
  heard('=1+1,"x"\n', 2e6)
]

function file(form: (typeof FILE_FORMS)[number], options: FormOptions = {}, all = TALK): string {
  return Buffer.from(written(makeForm(form, options), logOf(all))).toString()
}

describe('text', () => {
  it('has a line for each row, in all views and times', () => {
    const text = file('text', { time: 'start' })
    expect(text.split('\n')).toEqual([
      'bench, /dev/ttyUSB0, on workshop-pc',
      '    0.000000 → AT␍',
      '    0.001000 ← OK␍␊',
      '    0.002001   Settings 115200 → 9600 8N1 (workshop-pc)',
      '    0.004001 ← =1+1,"x"␊',
      ''
    ])
    expect(file('text', { time: 'other', view: 'both' })).toContain('   +0.000740 ← 4F 4B 0D 0A  OK..')
    expect(file('text', { time: 'previous', view: 'hex', width: 2 })).toContain(
      '   +0.001000 ← 4F 4B\n               0D 0A\n'
    )
    expect(file('text', { controls: 'names' })).toMatch(
      /^.*\n\d{4}-\d\d-\d\d\n\d\d:\d\d:\d\d\.\d{6} → AT<CR>\n\d\d:/
    )
  })

  it('has what a decoder says', () => {
    const modbus = decoderKind('modbus-rtu')!
    const frame = encodeRtu(1, Uint8Array.of(3, 0, 0, 0, 2))
    const text = file('text', { decoder: modbus, view: 'decoded', time: 'start' }, [sent(frame, 0)])
    expect(text).toMatch(/0\.000000 → .*unit 1/i)
    const without = file('text', { keeps: (row) => row.content.type === 'event', time: 'start' })
    expect(without.split('\n')).toHaveLength(3)
  })
})

describe('CSV', () => {
  const lines = file('csv').split('\r\n')

  it('quotes as RFC 4180 has it, and lets no device write formulas', () => {
    expect(lines[0]).toBe('row,time,since_start,direction,session,length,hex,text,event,decoded,verdict')
    expect(lines[1]).toMatch(/^0,2026-\d\d-\d\dT.*Z,0\.000000,to-device,1,3,41 54 0D,AT<CR>,,,$/)
    expect(lines[3]).toMatch(/,Settings 115200 → 9600 8N1 \(workshop-pc\),,$/)
    expect(lines[4]).toMatch(/,"'=1\+1,""x""<LF>",,,$/)
    expect(lines).toHaveLength(6)
  })

  it.skipIf(lacks('python3'))('is read by another program, whatever passed', () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const input = file('csv', {}, [...all])
        const script =
          'import csv,sys,io,json; print(json.dumps(list(csv.reader(io.StringIO(sys.stdin.buffer.read().decode(), newline="")))))'
        const { stdout } = spawnSync(PYTHON, ['-c', script], { input, encoding: 'utf8' })
        const rows = JSON.parse(stdout) as string[][]
        for (const row of rows) {
          expect(row).toHaveLength(11)
          for (const cell of row.slice(3)) expect(cell).not.toMatch(/^[=+@\t\r-]/)
        }
        const bytes = all.reduce((sum, each) => sum + ('bytes' in each ? each.bytes.length : 0), 0)
        expect(rows.slice(1).reduce((sum, row) => sum + Number(row[5]), 0)).toBe(bytes)
      }),
      { numRuns: 10 }
    )
  })
})

it('has an object in each line of JSON Lines', () => {
  const [head, ...rows] = file('jsonl')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as object)
  expect(head).toMatchObject({ farport: 1, name: 'bench', settings: DEFAULT_SETTINGS })
  expect(rows).toMatchObject([
    { row: 0, ns: 1_000_000_000, direction: 'to-device', session: 1, hex: '41540d', text: 'AT\r' },
    { row: 1, direction: 'from-device', session: 0, hex: '4f4b0d0a', endNs: 1_001_001_000 },
    {
      row: 2,
      event: { type: 'settings', label: 'workshop-pc' },
      words: 'Settings 115200 → 9600 8N1 (workshop-pc)'
    },
    { row: 3, text: '=1+1,"x"\n' }
  ])
})

it('has every byte in raw files and JSON Lines, in its order, however the records come', () => {
  fc.assert(
    fc.property(happenings, fc.integer({ min: 1, max: 5 }), (all, portion) => {
      const log = logOf(all)
      for (const direction of ['to-device', 'from-device'] as const) {
        const expected = Buffer.concat(
          all.flatMap((each) => ('bytes' in each && each.direction === direction ? [each.bytes] : []))
        ).toString('hex')
        const raw = written(makeForm('raw', { direction }), log, portion)
        expect(Buffer.from(raw).toString('hex')).toBe(expected)
        const rows = Buffer.from(written(makeForm('jsonl'), log, portion))
          .toString()
          .split('\n')
          .slice(1, -1)
        const bytes = rows
          .map((line) => JSON.parse(line) as { direction?: string; hex?: string })
          .filter((row) => row.direction === direction)
        expect(bytes.map(({ hex }) => hex).join('')).toBe(expected)
      }
    }),
    { numRuns: 100 }
  )
})

it('tells the form by the name of the file', () => {
  expect(['a.pcapng', 'b.TXT', 'c.csv', 'd.jsonl', 'e.bin', 'f', 'g.exe'].map(formOf)).toEqual([
    'pcapng',
    'text',
    'csv',
    'jsonl',
    'raw',
    undefined,
    undefined
  ])
  for (const form of FILE_FORMS)
    expect(written(makeForm(form), logOf([]), 1, META)).toBeInstanceOf(Uint8Array)
})
