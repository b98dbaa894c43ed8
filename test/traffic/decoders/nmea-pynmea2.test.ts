/** What we read in NMEA sentences, and what pynmea2 reads in the same ones. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nmea } from '../../../src-main/traffic/decoders/nmea.ts'
import { randomFrom } from '../../hex.ts'
import { lacks, PYTHON } from '../../peers/need.ts'
import { sentenceOf } from './encoders.ts'
import { decodeAll, fromDevice, valuesOf } from './rows.ts'

interface Parsed {
  readonly talker: string
  readonly type: string
  readonly data: readonly string[]
  readonly latitude: number | null
  readonly longitude: number | null
}

function pynmea2(lines: readonly string[]): (Parsed | null)[] {
  const script = join(import.meta.dirname, 'nmea-sentences.py')
  const out = execFileSync(PYTHON, [script], { input: lines.join(''), encoding: 'utf8' })
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Parsed | null)
}

function sentences(): string[] {
  const below = randomFrom(17)
  const two = (limit: number) => String(below(limit)).padStart(2, '0')
  const fraction = () => String(below(100_000)).padStart(5, '0')
  const time = () => `${two(24)}${two(60)}${two(60)}.${two(100)}`
  const place = () => {
    const latitude = `${two(90)}${two(60)}.${fraction()},${'NS'.charAt(below(2))}`
    return `${latitude},${String(below(180)).padStart(3, '0')}${two(60)}.${fraction()},${'EW'.charAt(below(2))}`
  }
  const number = () => `${below(500)}.${below(10)}`
  const talker = () => ['GP', 'GN', 'GL', 'GA'][below(4)] ?? 'GP'
  return Array.from({ length: 40 }, () =>
    [
      `${talker()}GGA,${time()},${place()},${below(6)},${two(20)},${number()},${number()},M,${number()},M,,`,
      `${talker()}RMC,${time()},${'AV'.charAt(below(2))},${place()},${number()},${number()},${two(28)}${two(12)}${two(99)},,,A`,
      `${talker()}GLL,${place()},${time()},A,A`,
      `${talker()}VTG,${number()},T,,M,${number()},N,${number()},K,A`,
      `${talker()}ZDA,${time()},${two(28)},${two(12)},20${two(99)},00,00`,
      `${talker()}GSA,A,${1 + below(3)},${two(32)},${two(32)},,,,,,,,,,,${number()},${number()},${number()}`,
      `${talker()}GSV,3,1,${two(12)},${two(32)},${two(90)},${two(90)},${two(50)},${two(32)},${two(90)},${two(90)},`
    ].map((body) => sentenceOf(body))
  ).flat()
}

describe.skipIf(lacks('pynmea2'))('NMEA as pynmea2 reads it', () => {
  it('has the same fields, and the same places on earth', () => {
    const lines = sentences()
    const theirs = pynmea2(lines)
    let places = 0
    for (const [index, decoded] of decodeAll(
      nmea.make(),
      lines.map((line) => fromDevice(line))
    ).entries()) {
      const [line = '', parsed] = [lines[index], theirs[index]]
      expect(decoded?.keys, line).toEqual({
        type: parsed?.type.toLowerCase(),
        talker: parsed?.talker.toLowerCase(),
        crc: 'ok'
      })
      const raw = decoded?.fields.slice(1, -1).map(({ from, to }) => line.slice(from, to))
      expect(raw, line).toEqual(parsed?.data.filter((value) => value !== ''))
      for (const [name, value] of [
        ['Latitude', parsed?.latitude],
        ['Longitude', parsed?.longitude]
      ] as const)
        if (typeof value === 'number') {
          places++
          expect(Number.parseFloat(valuesOf(decoded, name)[0] ?? ''), line).toBeCloseTo(value, 5)
        }
    }
    expect(places).toBe(2 * 3 * 40)
  })

  it('has the same verdict on the check sum', () => {
    const lines = sentences()
      .slice(0, 100)
      .map((line, index) =>
        index % 3 === 0 ? line.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)) : line
      )
    const mine = decodeAll(
      nmea.make(),
      lines.map((line) => fromDevice(line))
    ).map((each) => each?.keys?.crc === 'ok')
    expect(mine.filter((each) => !each).length).toBe(34)
    expect(mine).toEqual(pynmea2(lines).map((each) => each !== null))
  })
})
