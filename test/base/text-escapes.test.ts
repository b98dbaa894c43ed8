import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expandFileName, expandText, type TextContext } from '../../src-main/base/text-escapes.ts'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'

const CONTEXT: TextContext = {
  device: '/dev/serial/by-id/usb-1',
  name: 'bench',
  port: '7000',
  settings: { ...DEFAULT_SETTINGS, baudRate: 9600, dataBits: 7, parity: 'even' },
  remote: '192.0.2.7',
  time: new Date(2026, 0, 3, 0, 4, 5, 67)
}

const text = (template: string, context = CONTEXT): string =>
  Buffer.from(expandText(template, context)).toString('latin1')

describe('escapes in a text', () => {
  it.each([
    ['plain', 'plain'],
    [String.raw`\a\b\f\n\r\t\v`, '\x07\b\f\n\r\t\v'],
    [String.raw`\\ \? \' \"`, `\\ ? ' "`],
    [String.raw`\101\1018\0\7z\377\400`, 'AA8\0\x07z\xff\0'],
    [String.raw`\x41\x4aG\x4\x1b[0m\xff`, 'AJG\x04\x1b[0m\xff'],
    [String.raw`\xzz \z\8\& \X41`, 'zz z8& X41'],
    ['at the end \\', 'at the end '],
    [String.raw`\d \o \N \p \B \s \I`, '/dev/serial/by-id/usb-1 bench bench 7000 9600E71 9600E71 192.0.2.7'],
    [String.raw`\Y-\m-\D \A \M \y`, '2026-1-3 Sat Jan 2'],
    [String.raw`\H:\i:\S \h\q \P \T \U`, '00:04:05 12am AM 00:04:05 067000'],
    ['ü', '\xc3\xbc']
  ])('%j is %j', (template, expected) => {
    expect(text(template)).toBe(expected)
  })

  it('counts hours as a clock does', () => {
    const at = (hour: number): string => text('\\h \\q', { ...CONTEXT, time: new Date(2026, 0, 1, hour) })
    expect([0, 1, 11, 12, 13, 23].map(at)).toEqual(['12 am', '01 am', '11 am', '12 pm', '01 pm', '11 pm'])
  })

  it('counts days across the change to summer time', () => {
    const at = (month: number, day: number): string =>
      text('\\y', { ...CONTEXT, time: new Date(2026, month, day, 23) })
    expect([at(0, 1), at(3, 1), at(11, 31)]).toEqual(['0', '90', '364'])
  })

  it('puts nothing where nothing is known', () => {
    expect(text(String.raw`[\B\I\p]`, { ...CONTEXT, settings: undefined, remote: '', port: '' })).toBe('[]')
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('\\', 'x', '0', '7', 'f', 'd', 'ü', '\ud83d', '\n') }),
        (template) => void expandText(template, CONTEXT)
      )
    )
  })
})

describe('escapes in a file name', () => {
  it.each([
    [String.raw`/var/log/\d-\p-\Y.log`, '/var/log/usb-1-7000-2026.log'],
    [String.raw`\s`, '05'],
    [String.raw`a\000b`, 'ab']
  ])('%j is %j', (template, expected) => {
    expect(expandFileName(template, CONTEXT)).toBe(expected)
  })

  it.each(['..', '.', '../../etc/passwd', '/etc/passwd', 'a/../..', '\\..\\x', '\0/..'])(
    'a value of %j leads nowhere',
    (value) => {
      const context = { ...CONTEXT, device: value, name: value, remote: value, port: value }
      for (const letter of ['d', 'o', 'N', 'I', 'p']) {
        const path = expandFileName(`traces/\\${letter}`, context)
        expect(path.startsWith('traces/')).toBe(true)
        expect(path.slice('traces/'.length)).not.toMatch(/[/\\]|^\.*$/)
      }
    }
  )
})
