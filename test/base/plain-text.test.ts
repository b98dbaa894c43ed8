import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { plainText } from '../../src-main/base/plain-text.ts'

describe('plainText', () => {
  it.each<[string, string, number?]>([
    ['Prüfstand 3', 'Prüfstand 3'],
    ['\x1b]0;title\x07\x1b[31mred', ']0;title [31mred'],
    ['one\r\ntwo\u2028three', 'one two three'],
    ['gnp\u202e.exe\u2066\u061c', 'gnp .exe'],
    ['\x9b31m', '31m'],
    ['adm\u200bin\ufeff\u2060\u00ad', 'admin'],
    ['a\u{e0061}\u{e007f}b\ufe0f', 'ab'],
    ['  \0 \t ', ''],
    ['0123456789', '0123456789', 10],
    ['0123456789a', '012345678…', 10],
    ['01234567🎉🎉🎉', '01234567…', 10]
  ])('%j is %j', (text, plain, most = 40) => {
    expect(plainText(text, most)).toBe(plain)
  })

  it('is one line of the length that was asked for, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        (text, most) => {
          const plain = plainText(text, most)
          expect(plain.length).toBeLessThanOrEqual(most)
          expect(plain).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
          expect(plain).not.toMatch(/[\u00ad\u200b-\u200d\u2060\ufeff\ufe00-\ufe0f\u{e0000}-\u{e0fff}]/u)
        }
      )
    )
  })
})
