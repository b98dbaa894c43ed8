import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { PROTOCOLS, formatEndpoint, looksLikeEndpoint, parseEndpoint } from '../../src-main/net/endpoint.ts'
import type { Endpoint } from '../../src-main/net/endpoint.ts'
import { TEN_THOUSAND } from '../properties.ts'

const port = fc.integer({ min: 1, max: 65_535 })
const name = fc
  .string({ unit: fc.constantFrom('a', 'Z', '0', '9', '-', '.', '_', 'ü'), minLength: 1, maxLength: 40 })
  .filter((each) => !/^[\d.]+$/.test(each))
const host = fc.oneof(name, fc.ipV4(), fc.ipV6(), fc.constant('fe80::1%eth0'))
const path = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .map((each) => `/${each}`)
  .filter((each) => !each.includes('\0') && Buffer.byteLength(each) <= 107)

const endpoint: fc.Arbitrary<Endpoint> = fc.oneof(
  fc.record({
    protocol: fc.constantFrom(...PROTOCOLS),
    transport: fc.constantFrom('tcp' as const, 'tls' as const),
    host,
    port
  }),
  fc.record({
    protocol: fc.constantFrom(...PROTOCOLS),
    transport: fc.constant('unix' as const),
    host: fc.constant(''),
    port: fc.constant(0),
    path
  }),
  fc.record(
    {
      protocol: fc.constant('raw' as const),
      transport: fc.constant('udp' as const),
      host,
      port,
      localPort: port
    },
    { requiredKeys: ['protocol', 'transport', 'host', 'port'] }
  )
)

it('an endpoint is read back as it was written', () => {
  fc.assert(
    fc.property(endpoint, fc.constantFrom('dial', 'listen'), (written, use) => {
      const url = formatEndpoint(written)
      expect(looksLikeEndpoint(url)).toBe(true)
      expect(parseEndpoint(url, use)).toEqual(written)
    }),
    { numRuns: 3000 }
  )
})

/** Pieces of URLs in any order, and URLs with a character changed. */
const malformed = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        'raw',
        'rfc2217',
        'net',
        '+',
        'tcp',
        'tls',
        'unix',
        'udp',
        ':',
        '//',
        '/',
        '[',
        ']',
        '::1',
        '%25',
        '%',
        '@',
        '?',
        'local=',
        '&',
        '7000',
        '0',
        '65536',
        '127.0.0.1',
        'box',
        ' ',
        '\n',
        '\0'
      ),
      { maxLength: 10 }
    )
    .map((each) => each.join('')),
  fc.tuple(endpoint, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 })).map(([each, place, put]) => {
    const url = formatEndpoint(each)
    const at = place % (url.length + 1)
    return url.slice(0, at) + put + url.slice(at + 1)
  }),
  fc.string({ unit: 'binary' })
)

it('10,000 malformed addresses are read or refused in one line, never anything else', () => {
  fc.assert(
    fc.property(malformed, fc.constantFrom('dial', 'listen'), (text, use) => {
      let read: Endpoint
      try {
        read = parseEndpoint(text, use)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        expect(['bad-url', 'unsupported']).toContain(error.code)
        return
      }
      expect(parseEndpoint(formatEndpoint(read), use)).toEqual(read)
    }),
    TEN_THOUSAND
  )
})
