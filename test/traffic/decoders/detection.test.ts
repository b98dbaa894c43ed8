/**
 * Which decoder is suggested for what devices say (corpora.ts), cut into rows in several ways, begun anywhere, and what is suggested for what
 * nobody can read. Measured: every corpus that a decoder fits is told in all of 20 samples each way; no suggestion for binary data, for
 * noise, or for lines that are heard at a wrong rate.
 */
import { describe, expect, it } from 'vitest'
import type { Row } from '../../../src-main/traffic/row.ts'
import { likenesses, suggestion } from '../../../src-main/traffic/detection.ts'
import { randomFrom } from '../../hex.ts'
import { CORPORA } from './corpora.ts'
import { eventRow, fromDevice, rowsOf, type Said } from './rows.ts'
import { hear, lineOf } from './uart.ts'

const SEEDS = Array.from({ length: 10 }, (_, index) => 2 + 3 * index)

/** How rows may have been cut: as messages, at line ends, by length; and a recording that begins in the middle. */
const CUTS: Readonly<Record<string, (script: readonly Said[], seed: number) => Said[]>> = {
  messages: (script) => [...script],
  newlines: (script) => script.flatMap((said) => pieces(said, (bytes, at) => bytes[at - 1] === 0x0a)),
  lengths: (script, seed) => {
    const below = randomFrom(seed)
    return script.flatMap((said) => pieces(said, () => below(9) === 0))
  },
  'from the middle': (script, seed) => {
    const [first, ...others] = script.slice(seed % 5)
    return first ? [{ ...first, bytes: first.bytes.subarray(first.bytes.length >> 1) }, ...others] : []
  }
}

function pieces(said: Said, cutAt: (bytes: Uint8Array, at: number) => boolean): Said[] {
  const found: Said[] = []
  let from = 0
  for (let at = 1; at <= said.bytes.length; at++) {
    if (at < said.bytes.length && !cutAt(said.bytes, at)) continue
    found.push({
      ...said,
      bytes: said.bytes.subarray(from, at),
      afterMs: found.length === 0 ? (said.afterMs ?? 10) : 1
    })
    from = at
  }
  return found
}

const told = (rows: readonly Row[]) => suggestion(rows)?.kind.id

describe('detection', () => {
  const fitting = Object.entries(CORPORA).filter(([, { fits }]) => fits !== undefined)
  const nothing = Object.entries(CORPORA).filter(([, { fits }]) => fits === undefined)

  describe.each(Object.entries(CUTS))('rows cut by %s', (_, cut) => {
    it.each(fitting)('knows %s', (_name, { make, fits }) => {
      const found = SEEDS.map((seed) => told(rowsOf(cut(make(seed), seed))))
      expect(found).toEqual(SEEDS.map(() => fits))
    })

    it.each(nothing)('suggests nothing for %s', (_name, { make }) => {
      for (const seed of SEEDS) expect(told(rowsOf(cut(make(seed), seed))), `seed ${seed}`).toBeUndefined()
    })
  })

  it('suggests nothing for what is heard at a wrong rate', () => {
    for (const [name, { make }] of Object.entries(CORPORA))
      for (const [from, to] of [
        [9600, 19_200],
        [9600, 38_400],
        [115_200, 57_600],
        [115_200, 9600]
      ] as const) {
        const bursts = make(3).filter(({ direction }) => direction === 'from-device')
        const line = lineOf(
          bursts.slice(0, 20).map(({ bytes }) => ({ bytes, pauseS: 0.01 })),
          { rate: from }
        )
        const { bytes } = hear(line, { rate: to }, 'waits')
        const rows = rowsOf(pieces(fromDevice(bytes), (_, at) => at % 64 === 0))
        expect(told(rows), `${name}, ${from} heard at ${to}`).toBeUndefined()
      }
  })

  it('is less sure of less, and says nothing of nothing', () => {
    const rows = rowsOf(CORPORA['Modbus RTU']!.make(3))
    expect(told(rows.slice(0, 2))).toBeUndefined()
    expect(told(rows.slice(0, 6))).toBe('modbus-rtu')
    expect(likenesses([])).toEqual([])
    expect(likenesses([eventRow({ type: 'marker', number: 1, text: 'x' })])).toEqual([])
  })

  it('still knows Modbus on a line with some noise, and text with a wrong byte', () => {
    const noisy = (script: readonly Said[]) =>
      script.map((said, index) => {
        const bytes = Uint8Array.from(said.bytes)
        if (index % 20 === 7) bytes[2] = (bytes[2] ?? 0) ^ 0x80
        return { ...said, bytes }
      })
    for (const name of ['Modbus RTU', 'NMEA', 'log', 'AT', 'SLIP', 'COBS']) {
      const { make, fits } = CORPORA[name]!
      expect(told(rowsOf(noisy(make(5)))), name).toBe(fits)
    }
  })
})
