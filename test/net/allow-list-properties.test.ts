import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { AllowList, plainAddress } from '../../src-main/net/allow-list.ts'
import { TEN_THOUSAND } from '../properties.ts'

/** An address as its bits, so that a network is a common beginning. */
interface Bits {
  readonly version: 4 | 6
  readonly bits: string
}

const bitsOf = (value: number, width: number): string => value.toString(2).padStart(width, '0')

/** Few different values, so that addresses and networks meet. */
const few = (values: readonly number[], width: number, count: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...values), { minLength: count, maxLength: count })
    .map((parts) => parts.map((each) => bitsOf(each, width)).join(''))

const v4: fc.Arbitrary<Bits> = few([0, 1, 10, 127, 128, 192, 255], 8, 4).map((bits) => ({ version: 4, bits }))
const v6: fc.Arbitrary<Bits> = few([0, 0, 1, 0x2001, 0xfe80, 0xffff], 16, 8)
  .map((bits): Bits => ({ version: 6, bits }))
  // IPv4 in IPv6's clothes is IPv4; written below as such.
  .filter(({ bits }) => !bits.startsWith('0'.repeat(80) + '1'.repeat(16)))
const address = fc.oneof(v4, v6)

function write({ version, bits }: Bits): string {
  const width = version === 4 ? 8 : 16
  const parts = Array.from({ length: version === 4 ? 4 : 8 }, (_, at) =>
    Number.parseInt(bits.slice(at * width, (at + 1) * width), 2)
  )
  return version === 4 ? parts.join('.') : parts.map((each) => each.toString(16)).join(':')
}

const network = fc.tuple(address, fc.nat(128)).map(([place, length]) => ({
  ...place,
  length: length % (place.version === 4 ? 33 : 129)
}))

it('an allow list lets in who is in one of its networks, and nobody else', () => {
  fc.assert(
    fc.property(
      fc.array(network, { minLength: 1, maxLength: 4 }),
      fc.array(address, { maxLength: 8 }),
      (networks, newcomers) => {
        const list = new AllowList(networks.map((each) => `${write(each)}/${each.length}`))
        for (const newcomer of newcomers) {
          const expected = networks.some(
            ({ version, bits, length }) =>
              version === newcomer.version && newcomer.bits.startsWith(bits.slice(0, length))
          )
          expect([write(newcomer), list.allows(write(newcomer))]).toEqual([write(newcomer), expected])
          if (newcomer.version === 4) expect(list.allows(`::ffff:${write(newcomer)}`)).toBe(expected)
          else expect(list.allows(`${write(newcomer)}%eth0`)).toBe(expected)
        }
      }
    ),
    { numRuns: 3000 }
  )
})

it('10,000 malformed entries are refused with their name, or let in whom they say', () => {
  const parts = fc.constantFrom(
    '10',
    '.',
    '0',
    '255',
    '256',
    '/',
    '8',
    '33',
    ':',
    '::',
    'ffff',
    'fe80',
    '%',
    'any',
    'one',
    'loopback',
    ' ',
    '-',
    '\n'
  )
  const entry = fc.oneof(
    fc.array(parts, { maxLength: 10 }).map((each) => each.join('')),
    fc.string({ unit: 'binary' })
  )
  fc.assert(
    fc.property(entry, entry, (text, stranger) => {
      try {
        const list = new AllowList([text])
        expect(typeof list.allows(stranger)).toBe('boolean')
        const single = /^[^/]*$/.test(text) && !['loopback', 'anyone'].includes(text.toLowerCase())
        if (single) expect(list.allows(text)).toBe(true)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        expect(error.code).toBe('usage')
        expect(error.message).toContain(text)
      }
      expect(plainAddress(plainAddress(stranger))).toBe(plainAddress(stranger))
    }),
    TEN_THOUSAND
  )
})
