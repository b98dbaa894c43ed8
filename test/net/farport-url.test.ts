import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import {
  formatFarportUrl,
  looksLikeFarportUrl,
  parseFarportUrl,
  parseShareUrl,
  type FarportUrl
} from '../../src-main/net/farport-url.ts'
import { TEN_THOUSAND } from '../properties.ts'

function refusal(parse: () => unknown): Fault {
  try {
    parse()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('the URL of a share of a paired computer', () => {
  it.each<[string, Partial<FarportUrl>]>([
    ['farport://workshop/gps', { peer: 'workshop', share: 'gps' }],
    ['FARPORT://workshop/gps/', { peer: 'workshop', share: 'gps' }],
    ['farport://workshop', { peer: 'workshop' }],
    ['farport://workshop/', { peer: 'workshop' }],
    ['farport://1f2e3d4c/gps?take-over', { peer: '1f2e3d4c', share: 'gps', takeOver: true }],
    ['farport://192.0.2.7:22300/gps', { peer: '192.0.2.7', port: 22300, share: 'gps' }],
    ['farport://[2001:db8::7]/gps', { peer: '2001:db8::7', share: 'gps' }],
    ['farport://[fe80::1%25eth0]:1/gps', { peer: 'fe80::1%eth0', port: 1, share: 'gps' }],
    ["farport://Bob's laptop/Gerät 1", { peer: "Bob's laptop", share: 'Gerät 1' }],
    ['farport://a%2Fb%3A1/%2Fdev%2FttyUSB0', { peer: 'a/b:1', share: '/dev/ttyUSB0' }],
    ['farport://workshop/50%25%23?', { peer: 'workshop', share: '50%#' }]
  ])('%s', (text, url) => {
    expect(parseFarportUrl(text)).toEqual({ takeOver: false, ...url })
  })

  it.each([
    ['farport:workshop/gps', /farport:\/\//],
    ['farport:///gps', /names no computer/],
    ['farport://%20/gps', /names no computer/],
    ['farport://2001:db8::7/gps', /brackets/],
    ['farport://[workshop]/gps', /no IPv6 address/],
    ['farport://a[b/gps', /computer that we understand/],
    ['farport://workshop:0/gps', /no right port/],
    ['farport://workshop:65536/gps', /no right port/],
    ['farport://workshop:/gps', /no right port/],
    ['farport://workshop/a/b', /%2F/],
    ['farport://workshop/gps#1', /%23/],
    ['farport://workshop/100%', /%25/],
    ['farport://workshop/%ff', /%25/],
    ['farport://workshop/a%0Ab', /control character/],
    [`farport://workshop/${'a'.repeat(256)}`, /255/],
    ['farport://workshop/gps?takeover', /"takeover".*take-over/],
    ['farport://workshop?take-over', /no share to take over/]
  ])('%s is refused with what is wrong', (text, message) => {
    const fault = refusal(() => parseFarportUrl(text))
    expect(fault.code).toBe('bad-url')
    expect(fault.message).toMatch(message)
  })

  it('tells no secret that somebody wrote into it', () => {
    const { message } = refusal(() => parseFarportUrl('farport://bob:secret@workshop/gps'))
    expect(message).toContain('bob:***@workshop')
    expect(message).not.toContain('secret')
  })

  it('says how to see the shares where none is named', () => {
    expect(parseShareUrl('farport://workshop/gps').share).toBe('gps')
    const fault = refusal(() => parseShareUrl('farport://Bob%27s%20laptop:99'))
    expect(fault.code).toBe('bad-url')
    expect(fault.message).toContain("farport connect farport://Bob's%20laptop:99")
  })

  it('is no endpoint, and told so in a sentence', () => {
    for (const use of ['listen', 'dial'] as const)
      expect(refusal(() => parseEndpoint('farport://workshop/gps', use))).toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('paired computer') as string
      })
    expect(looksLikeFarportUrl('farport://x')).toBe(true)
    expect(looksLikeFarportUrl('/dev/farport://x')).toBe(false)
  })

  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .filter((text) => text.trim() !== '' && !/\p{Cc}/u.test(text))

  it('is read back as it was written, whatever the names', () => {
    const url = fc.record(
      { peer: fc.oneof(name, fc.ipV4(), fc.ipV6()), port: fc.integer({ min: 1, max: 65_535 }), share: name },
      { requiredKeys: ['peer'] }
    )
    fc.assert(
      fc.property(url, fc.boolean(), (each, wished) => {
        const given = { ...each, takeOver: wished && each.share !== undefined }
        expect(parseFarportUrl(formatFarportUrl(given))).toEqual(given)
      }),
      TEN_THOUSAND
    )
  })

  it('never throws anything but bad-url: 10,000 texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (rest) => {
        try {
          parseFarportUrl(`farport://${rest}`)
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-url' })
        }
      }),
      TEN_THOUSAND
    )
  })
})
