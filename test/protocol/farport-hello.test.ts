import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeJson, encodeJson } from '../../src-main/protocol/ascii-json.ts'
import {
  commonVersion,
  encodeHello,
  encodeHelloAnswer,
  readHello,
  readHelloAnswer
} from '../../src-main/protocol/farport-hello.ts'
import { STRANGER_FRAME_LIMIT } from '../../src-main/protocol/frames.ts'
import { TEN_THOUSAND } from '../properties.ts'

describe('the first words of farport/1', () => {
  it('come out as they went in', () => {
    expect(readHello(encodeHello({ want: 'rpc' }))).toEqual({ want: 'rpc', versions: [1], features: [] })
    expect(readHello(encodeHello({ want: 'share', share: 'Gerät' }, ['x']))).toEqual({
      ...{ want: 'share', share: 'Gerät', versions: [1], features: ['x'] }
    })
    const ok = { ok: { version: 1, features: ['y'] } }
    expect(readHelloAnswer(encodeHelloAnswer(ok))).toEqual(ok)
  })

  it('say what a share is for, and that it shall write at once', () => {
    const wish = { want: 'share', share: 'gps', use: 'u'.repeat(64), takeOver: true } as const
    expect(readHello(encodeHello(wish))).toEqual({ ...wish, versions: [1], features: [] })
    for (const use of ['', 'u'.repeat(65), 'u\u009b2J', '\u202eu'])
      expect(readHello(encodeHello({ ...wish, use }))).toBeUndefined()
  })

  it('ask to only watch in a word that a side of before it does not take for more', () => {
    const hello = encodeHello({ want: 'share', share: 'gps', use: 'u', observe: true })
    expect(decodeJson(hello)).toMatchObject({ want: 'watch', share: 'gps', use: 'u' })
    expect(readHello(hello)).toEqual({
      ...{ want: 'share', share: 'gps', use: 'u', observe: true, versions: [1], features: [] }
    })
    // Whoever only watches takes nothing over.
    const both = encodeHello({ want: 'share', share: 'gps', takeOver: true, observe: true })
    expect(readHello(both)).not.toHaveProperty('takeOver')
  })

  it('may say more than we know', () => {
    const later = encodeJson({ want: 'pair', versions: [2, 1], features: ['new'], colour: 'blue' })
    expect(readHello(later)).toEqual({ want: 'pair', versions: [2, 1], features: ['new'] })
    expect(commonVersion([2, 1])).toBe(1)
    expect(commonVersion([2])).toBeUndefined()
  })

  it.each([
    ['an unknown wish', { want: 'everything', versions: [1] }],
    ['a share without its name', { want: 'share', versions: [1] }],
    ['an empty name', { want: 'share', share: '', versions: [1] }],
    ['no versions', { want: 'rpc' }],
    ['too many versions', { want: 'rpc', versions: Array.from({ length: 33 }, () => 1) }]
  ])('are none with %s', (_, value) => {
    expect(readHello(encodeJson(value))).toBeUndefined()
  })

  it('have faults that are fit to be shown', () => {
    const answer = encodeHelloAnswer({ fault: { code: 'peer-full', message: 'full\u001b[2J\r\nnow' } })
    expect(readHelloAnswer(answer)).toEqual({ fault: { code: 'peer-full', message: 'full[2J now' } })
  })

  it('fit into the frame of a stranger', () => {
    expect(
      encodeHello({ want: 'share', share: '\u00e4'.repeat(255), use: '\u00e4'.repeat(64) }).length
    ).toBeLessThan(STRANGER_FRAME_LIMIT)
  })

  it('never make a reader throw: 10,000 malformed inputs', () => {
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.jsonValue().map((each) => encodeJson({ want: each }))
    )
    fc.assert(
      fc.property(value, (bytes) => {
        expect(readHello(bytes)).toBeUndefined()
        readHelloAnswer(bytes)
      }),
      TEN_THOUSAND
    )
  })
})
