import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonTextError, MAX_DEPTH, readJson } from '../../src-main/store/json-text.ts'

/** `line:column: reason` of a text that is no JSON. */
function complaint(text: string): string {
  try {
    readJson(text)
  } catch (error) {
    if (error instanceof JsonTextError) return `${error.place.line}:${error.place.column}: ${error.message}`
    throw error
  }
  return 'fine'
}

/** What JSON.parse says to it; undefined: nothing that it takes. */
function native(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

describe('JSON with places', () => {
  it('is what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(3), (text, indent) => {
        const pretty = JSON.stringify(JSON.parse(text), undefined, indent)
        expect(JSON.stringify(readJson(pretty).value)).toBe(JSON.stringify(JSON.parse(pretty)))
      })
    )
  })

  it('refuses what JSON.parse refuses, and besides only a key that is there twice', () => {
    const pieces = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"a"',
        '"b"',
        '"',
        '\\',
        '"\\u00e4"',
        '"\\x"',
        '1',
        '-',
        '0',
        '01',
        '1.5'
      ],
      ...['.', 'e5', '1e9', 'true', 'truely', 'null', ' ', '\n', '\t', '\u0000', '\u00a0', '//', "'", '"\n"']
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('')
        const said = complaint(text)
        if (said.endsWith('is there twice')) return
        expect(said === 'fine').toBe(native(text) !== undefined)
        if (said === 'fine') expect(readJson(text).value).toEqual(native(text)?.value)
      }),
      { numRuns: 20_000 }
    )
  })

  it.each([
    ['', '1:1: the file ends in the middle, as if it was cut off'],
    ['{"a": [1,\n', '2:1: the file ends in the middle, as if it was cut off'],
    ['{"a', '1:2: this text has no end, or a character that must be written with a backslash'],
    ['{\n  "a": 1 // one\n}', '2:10: comments are not possible here'],
    ['{\n  "a": 1,\n}', '3:1: there is a comma too many before this "}"'],
    ['[1, ]', '1:5: there is a comma too many before this "]"'],
    ["{'a': 1}", '1:2: text stands in double quotes'],
    ['{a: 1}', '1:2: a name in double quotes was expected here'],
    ['{"a" 1}', '1:6: a colon was expected after "a"'],
    ['{"a": 1 "b": 2}', '1:9: a comma or "}" was expected here'],
    ['{"a": 1, "a": 2}', '1:10: "a" is there twice'],
    ['{} {}', '1:4: the end of the file was expected here'],
    ['[NaN]', '1:2: a value was expected here'],
    ['\u0000\u0000', '1:1: a value was expected here']
  ])('says of %j: %s', (text, said) => {
    expect(complaint(text)).toBe(said)
  })

  it('knows the place of each value, of each key, and of the nearest thing above', () => {
    const json = readJson('{\n  "list": [10,\n    {"deep": true}]\n}')
    expect(json.placeOf([])).toEqual({ line: 1, column: 1 })
    expect(json.placeOf(['list'])).toEqual({ line: 2, column: 11 })
    expect(json.placeOf(['list'], 'key')).toEqual({ line: 2, column: 3 })
    expect(json.placeOf(['list', 1, 'deep'])).toEqual({ line: 3, column: 14 })
    expect(json.placeOf(['list', 1, 'deep'], 'key')).toEqual({ line: 3, column: 6 })
    expect(json.placeOf(['list', 1, 'gone', 7], 'key')).toEqual({ line: 3, column: 5 })
  })

  it('takes long texts and refuses deep ones', () => {
    const long = JSON.stringify(['x'.repeat(4_000_000), '\\n'.repeat(1_000_000)])
    expect(readJson(long).value).toEqual(JSON.parse(long))
    expect(complaint('['.repeat(100_000))).toBe(`1:66: brackets are nested more than ${MAX_DEPTH} deep`)
  })

  it('takes a key that every object has for a key', () => {
    const { value } = readJson('{"__proto__": 1, "constructor": 2}')
    expect(Object.entries(value as object)).toEqual([
      ['__proto__', 1],
      ['constructor', 2]
    ])
  })
})
