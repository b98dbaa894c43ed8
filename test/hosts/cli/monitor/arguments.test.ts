import { describe, expect, test } from 'vitest'
import { Fault } from '../../../../src-main/contract/faults.ts'
import {
  LIMIT_OPTIONS,
  readLimits,
  readShow,
  SHOW_OPTIONS,
  size,
  type ShowOptions
} from '../../../../src-main/hosts/cli/monitor/arguments.ts'
import { parse } from '../../../../src-main/hosts/cli/options.ts'
import { FRAME_ROWS, TEXT_ROWS } from '../../../../src-main/traffic/row.ts'

const show = (...args: string[]): ShowOptions => readShow(parse(args, SHOW_OPTIONS, 0).given)

function faultOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault && error.code === 'usage') return error.message
    throw error
  }
  throw new Error('it did not throw')
}

describe('how traffic is shown', () => {
  test('lines of text with times of the clock, where nothing is said', () => {
    expect(show()).toEqual({
      view: 'lines',
      time: 'clock',
      decoder: undefined,
      rules: TEXT_ROWS,
      filter: undefined,
      controls: 'pictures',
      color: 'auto'
    })
  })

  test('a decoder brings its rows, and bytes where it reads no text', () => {
    expect(show('--decode', 'modbus-rtu')).toMatchObject({ view: 'hex', rules: { gapMs: 'auto' } })
    expect(show('--decode', 'NMEA')).toMatchObject({ view: 'lines', rules: { newline: true } })
    expect(show('--decode', 'nmea', '--view', 'hex').view).toBe('hex')
    expect(show('--view', 'mixed').rules).toBe(FRAME_ROWS)
  })

  test('text is text alone', () => {
    expect(show('--view', 'text')).toMatchObject({ time: undefined, controls: 'hidden' })
    expect(show('--view', 'text', '--time', 'start')).toMatchObject({ time: 'start' })
  })

  test.each([
    ['newline', TEXT_ROWS],
    ['gap', { gapMs: 'auto' }],
    ['gap:20', { gapMs: 20 }],
    ['gap:1.75', { gapMs: 1.75 }],
    ['length:8', { length: 8 }],
    ['start:02', { start: Uint8Array.of(2) }],
    ['start:AA 55', { start: Uint8Array.of(0xaa, 0x55) }],
    ['end:0x0d0a', { end: Uint8Array.of(13, 10) }]
  ])('rows end as said: %s', (text, rules) => {
    expect(show('--rows', text).rules).toEqual(rules)
  })

  test.each([
    'gap:',
    'gap:0',
    'gap:x',
    'length:0',
    'length:4097',
    'start:',
    'end:1',
    'newline:2',
    'lines',
    ''
  ])('and nothing else: %s', (text) => {
    expect(faultOf(() => show(`--rows=${text}`))).toMatch(/--rows/)
  })

  test.each([
    ['␍␊', 'pictures'],
    ['<CR>', 'names'],
    ['<cr>', 'names'],
    ['hidden', 'hidden'],
    ['names', 'names']
  ])('control bytes as %s', (text, controls) => {
    expect(show('--bytes', text).controls).toBe(controls)
  })

  test('a filter shows the place of a mistake', () => {
    expect(faultOf(() => show('--filter', 'len>8 blah:3')).split('\n')).toEqual([
      expect.stringMatching(/^--filter, column 7: “blah” is none of /),
      '  len>8 blah:3',
      '        ^^^^'
    ])
  })

  test('of a long one the part around it', () => {
    const text = `${'"a" '.repeat(30)}len>x ${'"b" '.repeat(30)}`
    const [, shown = '', carets = ''] = faultOf(() => show('--filter', text)).split('\n')
    expect(shown).toMatch(/^ {2}…/)
    expect(shown.length).toBeLessThan(75)
    expect(shown.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('x')
  })

  test('what a decoder says is asked of a decoder', () => {
    expect(faultOf(() => show('--filter', 'fc:3'))).toMatch(/Add one, e\.g\. --decode modbus-rtu/)
    expect(show('--filter', 'fc:3', '--decode', 'modbus-rtu').filter).toBeDefined()
    expect(faultOf(() => show('--view', 'decoded'))).toMatch(/needs a decoder: --decode modbus-rtu, /)
    expect(faultOf(() => show('--decode', 'morse'))).toMatch(/no such decoder.*modbus-rtu/)
  })
})

describe('limits', () => {
  const limits = (...args: string[]) => readLimits(parse(args, LIMIT_OPTIONS, 0).given)

  test.each([
    ['5m', 300_000],
    ['30', 30_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['2d', 172_800_000]
  ])('a time: %s', (text, ms) => {
    expect(limits('--last', text).lastMs).toBe(ms)
    expect(limits('--for', text).forMs).toBe(ms)
  })

  test.each(['', '0', '5x', '101d', 'm', '-1s'])('none: %s', (text) => {
    expect(faultOf(() => limits(`--last=${text}`))).toMatch(/--last/)
  })

  test('rows', () => {
    expect(limits('-n', '12').rows).toBe(12)
    expect(faultOf(() => limits('-n', '0'))).toMatch(/--count 0/)
  })

  test('sizes', () => {
    const sized = (text: string) =>
      size(parse([`--max=${text}`], { max: { type: 'string' } }, 0).given, 'max', 1024)
    expect(sized('64k')).toBe(65_536)
    expect(sized('100M')).toBe(104_857_600)
    expect(sized('1GiB')).toBe(1_073_741_824)
    expect(sized('2000')).toBe(2000)
    for (const wrong of ['', '1023', '1T', 'x', '9999999999999G'])
      expect(faultOf(() => sized(wrong))).toMatch(/--max/)
  })
})
