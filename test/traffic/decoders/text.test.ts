import { describe, expect, it } from 'vitest'
import { ansi } from '../../../src-main/traffic/decoders/ansi.ts'
import { at } from '../../../src-main/traffic/decoders/at.ts'
import { lines } from '../../../src-main/traffic/decoders/lines.ts'
import { decodeAll, eventRow, fromDevice, rowsOf, texts, toDevice, utf8, valuesOf } from './rows.ts'

describe('lines of text', () => {
  it.each([
    ['hello\r\n', 'hello', '<CR><LF>', 'ASCII'],
    ['hello\n', 'hello', '<LF>', 'ASCII'],
    ['hello\r', 'hello', '<CR>', 'ASCII'],
    ['login: ', 'login: ', 'none', 'ASCII'],
    ['20\xb0C\n', '20°C', '<LF>', 'Latin-1'],
    ['a\tb\x00\x1b[1m\x9b', 'a    b<NUL><ESC>[1m<U+009B>', 'none', 'Latin-1']
  ])('%j', (bytes, text, end, codePage) => {
    const [decoded] = decodeAll(lines.make(), [fromDevice(bytes)])
    expect(decoded?.text).toBe(text)
    expect(valuesOf(decoded, 'Line end')).toEqual([end])
    expect(valuesOf(decoded, 'Code page')).toEqual([codePage])
  })

  it('reads UTF-8, and shows nothing that turns the direction of writing', () => {
    expect(texts(lines.make(), [fromDevice(utf8('Grüße 温度 😀 a\u202eb\n'))])).toEqual([
      'Grüße 温度 😀 a<U+202E>b'
    ])
  })

  it('reads a character that two rows have a part of each', () => {
    const bytes = utf8('温')
    expect(
      texts(lines.make(), [fromDevice(bytes.subarray(0, 2)), toDevice('x'), fromDevice(bytes.subarray(2))])
    ).toEqual(['', 'x', '温'])
  })

  it('does not read over a loss', () => {
    const decoder = lines.make()
    const [first, second] = rowsOf([
      fromDevice(utf8('温').subarray(0, 2)),
      fromDevice(utf8('温').subarray(2))
    ])
    decoder.decode(first!)
    decoder.decode(eventRow({ type: 'lost', direction: 'from-device', session: 0, bytes: 9, why: 'slow' }))
    expect(decoder.decode(second!)?.text).toBe('©')
  })

  it.each([
    ['a longer sequence than needed', [0xc0, 0xaf]],
    ['half of a pair', [0xed, 0xa0, 0x80]],
    ['beyond the last code point', [0xf4, 0x90, 0x80, 0x80]]
  ])('takes %s for Latin-1', (_, bytes) => {
    const [decoded] = decodeAll(lines.make(), [fromDevice(Uint8Array.from(bytes))])
    expect(valuesOf(decoded, 'Code page')).toEqual(['Latin-1'])
  })
})

describe('ANSI text', () => {
  it.each([
    ['\x1b[1;31mfail\x1b[0m\r\n', 'fail', ['style: bold, colour red', 'style: normal']],
    ['\x1b[38;5;208mx\x1b[48;2;1;2;3;7my', 'xy', ['style: colour 208', 'style: background 1/2/3, inverse']],
    [
      '\x1b[?25l\x1b[?1049h',
      '(switch off: cursor, switch on: alternate screen with saved cursor)',
      undefined
    ],
    ['\x1b[2J\x1b[10;20Hhi', 'hi', ['erase display: all', 'cursor to 10;20']],
    ['\x1b]0;my title\x07$ ', '$ ', ['title and icon name: my title']],
    ['\x1b]8;;http://x\x1b\\link', 'link', ['link: ;http://x']],
    ['\x1b(0lqk\x1b(B', 'lqk', ['character set G0: line drawing', 'character set G0: ASCII']],
    ['\x1bP$q"p\x1b\\x', 'x', ['device control string']],
    ['\x1b7\x1b8\x1bc', '(save cursor and style, restore cursor and style, full reset)', undefined]
  ])('%j', (bytes, text, values) => {
    const [decoded] = decodeAll(ansi.make(), [fromDevice(bytes)])
    expect(decoded?.text).toBe(text)
    expect(decoded?.verdict).toBe('ok')
    if (values) expect(decoded?.fields.map((field) => field.value)).toEqual(values)
  })

  it('places sequences, and names one that rows tear where it ends', () => {
    const found = decodeAll(ansi.make(), [fromDevice('ab\x1b[3'), toDevice('x'), fromDevice('1mcd\x1b[m')])
    expect(found.map((each) => each?.text)).toEqual(['ab', 'x', 'cd'])
    expect(found[2]?.fields).toEqual([
      { name: 'ESC [31m', value: 'style: colour red' },
      { name: 'ESC [m', value: 'style: normal', from: 4, to: 7 }
    ])
  })

  it('says what is unknown or broken off', () => {
    const [unknown, broken] = decodeAll(ansi.make(), [
      fromDevice('\x1b[5zx'),
      fromDevice('\x1b[31\x18x\x1b[\x1b[1m')
    ])
    expect(unknown).toMatchObject({ verdict: 'note', fields: [{ value: 'unknown sequence' }] })
    expect(broken?.verdict).toBe('bad')
    expect(broken?.text).toBe('x')
  })

  it('carries out control characters within a sequence', () => {
    expect(texts(ansi.make(), [fromDevice('\x1b[\r3mx')])).toEqual(['<CR>x'])
  })
})

describe('AT commands', () => {
  const talk = [
    toDevice('AT+CSQ\r'),
    fromDevice('AT+CSQ\r\r\n', 2),
    fromDevice('+CSQ: 20,99\r\n', 30),
    fromDevice('\r\nOK\r\n', 5)
  ]

  it('pairs a command with its answers', () => {
    const found = decodeAll(at.make(), talk)
    expect(found.map((each) => each?.text)).toEqual([
      'command AT+CSQ (Signal quality)',
      'echo of AT+CSQ',
      '+CSQ: 20,99',
      'OK to AT+CSQ'
    ])
    expect(found.map((each) => each?.answers?.row)).toEqual([undefined, 0, 0, 0])
    expect(found[1]?.answers?.afterNs).toBe(2e6)
    expect(found[3]?.keys).toEqual({ type: 'final', command: '+csq', result: 'ok' })
  })

  it.each([
    ['+CME ERROR: 10', '+CME ERROR: 10 (SIM not inserted) to AT+CPIN?'],
    ['+CMS ERROR: 322', '+CMS ERROR: 322 (memory full) to AT+CPIN?'],
    ['+CME ERROR: 9999', '+CME ERROR: 9999 to AT+CPIN?'],
    ['ERROR', 'ERROR to AT+CPIN?'],
    ['NO CARRIER', 'NO CARRIER to AT+CPIN?']
  ])('reads %s', (line, text) => {
    const [, answer] = decodeAll(at.make(), [toDevice('AT+CPIN?\r'), fromDevice(`\r\n${line}\r\n`)])
    expect(answer).toMatchObject({ text, verdict: 'note', keys: { result: 'error' }, answers: { row: 0 } })
  })

  it('knows what nobody asked for', () => {
    const found = texts(at.make(), [
      fromDevice('\r\nRING\r\n'),
      toDevice('AT+CREG?\r'),
      fromDevice('\r\n+CMTI: "SM",3\r\n'),
      fromDevice('\r\n+CREG: 0,1\r\n'),
      fromDevice('\r\nOK\r\n'),
      fromDevice('\r\n+CREG: 0,5\r\n')
    ])
    expect(found).toEqual([
      'unsolicited RING',
      'command AT+CREG? (Registration)',
      'unsolicited +CMTI: "SM",3 (New message)',
      '+CREG: 0,1',
      'OK to AT+CREG?',
      'unsolicited +CREG: 0,5 (Registration)'
    ])
  })

  it('reads what was typed letter by letter', () => {
    const found = texts(
      at.make(),
      Array.from('ATI\r').map((letter) => toDevice(letter, 200))
    )
    expect(found.at(-1)).toBe('command ATI (Identification)')
  })

  it('follows a text behind the prompt, and data behind CONNECT', () => {
    const found = texts(at.make(), [
      toDevice('AT+CMGS="+4912"\r'),
      fromDevice('\r\n> '),
      toDevice('Hello AT home\x1a'),
      fromDevice('\r\n+CMGS: 5\r\n\r\nOK\r\n'),
      toDevice('ATD123\r'),
      fromDevice('\r\nCONNECT 9600\r\n'),
      toDevice('GET /\r\n'),
      fromDevice('200\r\n'),
      toDevice('+++'),
      toDevice('ATH\r', 1000),
      fromDevice('\r\nOK\r\n')
    ])
    expect(found).toEqual([
      'command AT+CMGS="+4912" (Send message)',
      'prompt for a text',
      'text, sent: Hello AT home',
      '+CMGS: 5 · OK to AT+CMGS="+4912"',
      'command ATD123 (Dial)',
      'CONNECT 9600: data from now on',
      'data: GET /',
      'data: 200',
      'not complete: +++',
      'command ATH (Hang up)',
      'OK to ATH'
    ])
  })

  it('tells a command without a final answer', () => {
    const [, second] = decodeAll(at.make(), [toDevice('AT+CSQ\r'), toDevice('AT\r', 5000)])
    expect(second?.unanswered).toEqual([0])
  })
})
