/** The fields of NMEA sentences by name and unit, and the line that they make. Pure functions; an empty field says nothing, and is left out. */
import { aisName } from './nmea-names.ts'

/** Of field n (from 0, behind the type): its name, its unit, or how it is read. */
export interface FieldWords {
  readonly name: string
  readonly value: (value: string, fields: readonly string[], at: number) => string
}

type Read = FieldWords['value']

const plain: Read = (value) => value
const unit =
  (words: string): Read =>
  (value) =>
    `${value} ${words}`
const oneOf =
  (words: Readonly<Record<string, string>>): Read =>
  (value) =>
    Object.hasOwn(words, value) ? `${value} ${words[value] ?? ''}` : value

/** `hhmmss.ss` as `hh:mm:ss.ss`. */
export const timeOf: Read = (value) => value.replace(/^(\d\d)(\d\d)(\d\d(?:\.\d*)?)$/, '$1:$2:$3 UTC')

/** `ddmmyy`. The century is not in it. */
const dateOf: Read = (value) => value.replace(/^(\d\d)(\d\d)(\d\d)$/, '$1.$2.$3 (day.month.year)')

/** `ddmm.mmmm`, with N, S, E or W in the field behind it, as degrees with six decimals. */
export function degrees(value: string, side: string): string {
  const match = /^(\d{1,3})(\d\d(?:\.\d*)?)$/.exec(value)
  if (!match) return value
  const [, whole = '0', minutes = '0'] = match
  const sign = side === 'S' || side === 'W' ? -1 : 1
  return `${(sign * (Number(whole) + Number(minutes) / 60)).toFixed(6)}°`
}

const angle: Read = (value, fields, at) => degrees(value, fields[at + 1] ?? '')

const named = (name: string, value: Read = plain): FieldWords => ({ name, value })

const latitude = [named('Latitude', angle), named('North or south')]
const longitude = [named('Longitude', angle), named('East or west')]
const position = [...latitude, ...longitude]
const time = named('Time', timeOf)
const valid = named('Status', oneOf({ A: 'valid', V: 'warning, not valid' }))
const mode = named(
  'Mode',
  oneOf({
    A: 'autonomous',
    D: 'differential',
    E: 'estimated',
    F: 'float RTK',
    M: 'manual',
    N: 'no fix',
    P: 'precise',
    R: 'RTK',
    S: 'simulated'
  })
)
const degreesTrue = unit('° true')
const knots = unit('knots')

const QUALITY: Readonly<Record<string, string>> = {
  0: 'no fix',
  1: 'fix',
  2: 'differential',
  3: 'precise',
  4: 'RTK',
  5: 'float RTK',
  6: 'estimated',
  7: 'manual',
  8: 'simulated'
}

const GGA = [
  time,
  ...position,
  named('Quality', oneOf(QUALITY)),
  named('Satellites in use'),
  named('Horizontal dilution'),
  named('Altitude', unit('m')),
  named('Altitude unit'),
  named('Geoid separation', unit('m')),
  named('Separation unit'),
  named('Age of corrections', unit('s')),
  named('Reference station')
]

const RMC = [
  time,
  valid,
  ...position,
  named('Speed', knots),
  named('Course', degreesTrue),
  named('Date', dateOf),
  named('Magnetic variation', unit('°')),
  named('Variation east or west'),
  mode,
  named('Navigational status', oneOf({ S: 'safe', C: 'caution', U: 'unsafe', V: 'not valid' }))
]

const GSA = [
  named('Selection', oneOf({ A: 'automatic', M: 'manual' })),
  named('Fix', oneOf({ 1: 'none', 2: '2D', 3: '3D' })),
  ...Array.from({ length: 12 }, (_, index) => named(`Satellite ${index + 1}`)),
  named('Position dilution'),
  named('Horizontal dilution'),
  named('Vertical dilution'),
  named('System', oneOf({ 1: 'GPS', 2: 'GLONASS', 3: 'Galileo', 4: 'BeiDou', 5: 'QZSS', 6: 'NavIC' }))
]

const GLL = [...position, time, valid, mode]

const VTG = [
  named('Course', degreesTrue),
  named('Reference'),
  named('Course', unit('° magnetic')),
  named('Reference'),
  named('Speed', knots),
  named('Unit'),
  named('Speed', unit('km/h')),
  named('Unit'),
  mode
]

const ZDA = [time, named('Day'), named('Month'), named('Year'), named('Zone hours'), named('Zone minutes')]

const VDM = [
  named('Fragments'),
  named('Fragment'),
  named('Sequence'),
  named('Channel', oneOf({ A: '161.975 MHz', B: '162.025 MHz' })),
  named('Payload', (value) => `${value.length} characters of 6 bits`),
  named('Fill bits')
]

const TABLE: Readonly<Record<string, readonly FieldWords[]>> = { GGA, RMC, GSA, GLL, VTG, ZDA, VDM, VDO: VDM }

/** What stands at each place of this sentence; undefined where nothing is known of its fields. */
export function fieldsOf(type: string, fields: readonly string[]): readonly FieldWords[] | undefined {
  if (type === 'GSV') return gsv(fields.length)
  return Object.hasOwn(TABLE, type) ? TABLE[type] : undefined
}

/** Four fields a satellite; one more behind them, since NMEA 4.10, is the signal. */
function gsv(count: number): FieldWords[] {
  const satellites = Math.floor(Math.max(0, count - 3) / 4)
  return [
    named('Sentences'),
    named('Sentence'),
    named('Satellites in view'),
    ...Array.from({ length: satellites }, (_, index) => [
      named(`Satellite ${index + 1}`),
      named(`Elevation ${index + 1}`, unit('°')),
      named(`Azimuth ${index + 1}`, unit('°')),
      named(`Signal ${index + 1}`, unit('dB-Hz'))
    ]).flat(),
    named('Signal id')
  ]
}

/** The most important of a sentence, in a few words; undefined where nothing is known of it. */
export function summaryOf(type: string, fields: readonly string[]): string | undefined {
  const at = (index: number) => fields[index] ?? ''
  const where = (index: number) =>
    at(index) === ''
      ? 'no position'
      : `${degrees(at(index), at(index + 1))} ${degrees(at(index + 2), at(index + 3))}`
  const clock = (index: number) => (at(index) === '' ? 'no time' : timeOf(at(index), fields, index))
  switch (type) {
    case 'GGA':
      return `${clock(0)}, ${where(1)}, ${QUALITY[at(5)] ?? 'unknown quality'}, ${at(6) || '0'} satellites, ${at(8) || '?'} m`
    case 'RMC':
      return `${clock(0)}, ${where(2)}, ${at(6) || '?'} knots${at(1) === 'V' ? ', not valid' : ''}`
    case 'GLL':
      return `${clock(4)}, ${where(0)}${at(5) === 'V' ? ', not valid' : ''}`
    case 'GSA': {
      const used = fields.slice(2, 14).filter((each) => each !== '').length
      return `${{ '1': 'no fix', '2': '2D fix', '3': '3D fix' }[at(1)] ?? 'unknown fix'}, ${used} satellites in use`
    }
    case 'GSV':
      return `${at(2) || '0'} satellites in view (${at(1)} of ${at(0)})`
    case 'VTG':
      return `course ${at(0) || '?'}° true, ${at(4) || '?'} knots`
    case 'ZDA':
      return `${clock(0)}, ${at(3)}-${at(2)}-${at(1)}`
    case 'VDM':
    case 'VDO':
      return aisSummary(fields)
    default:
      return undefined
  }
}

/** The first fragment says what it is and whose: 6 bits of type, 2 of repetition, 30 of MMSI (ITU-R M.1371). */
function aisSummary(fields: readonly string[]): string {
  const [fragments = '1', fragment = '1', , channel = '', payload = ''] = fields
  const part = fragments === '1' ? '' : `, part ${fragment} of ${fragments}`
  const on = channel === '' ? '' : `, channel ${channel}`
  if (fragment !== '1' || payload.length < 7) return `AIS${part}${on}`
  let bits = 0
  const first = Array.from(payload.slice(0, 7), sixBits)
  for (const value of first.slice(1)) bits = bits * 64 + value
  // 42 bits: behind the type's 6 come 2 of repetition, 30 of MMSI, 4 more.
  const mmsi = Math.floor(bits / 16) % 2 ** 30
  return `${aisName(first[0] ?? 0)} of ${String(mmsi).padStart(9, '0')}${part}${on}`
}

function sixBits(character: string): number {
  const value = character.charCodeAt(0) - 48
  return (value > 40 ? value - 8 : value) & 0x3f
}
