/**
 * NMEA 0183 sentences of a GPS receiver: plain text from plain values. Called by gps.ts and by tests; no clock.
 *
 *     $GPRMC,104502.00,A,5128.6740,N,00000.0900,W,010.2,090.0,201125,,,A*hh<CR><LF>
 *     |`-- talker GP and sentence                                       |`- XOR of all between $ and *
 */

/** Where and how the receiver is, at one moment. */
export interface Fix {
  /** UTC as ms since 1970. */
  readonly utcMs: number
  /** Degrees, north and east positive. */
  readonly latitude: number
  readonly longitude: number
  /** Metres above mean sea level. */
  readonly altitude: number
  readonly speedKnots: number
  /** Degrees clockwise from true north, 0 to below 360. */
  readonly course: number
  readonly satellites: readonly Satellite[]
}

export interface Satellite {
  /** PRN, 1 to 32. */
  readonly number: number
  /** Degrees above the horizon, 0 to 90. */
  readonly elevation: number
  /** Degrees from true north, 0 to 359. */
  readonly azimuth: number
  /** dB-Hz, 0 to 99. */
  readonly strength: number
}

/** A sentence with its frame: `body` is what stands between `$` and `*`. */
export function sentence(body: string): string {
  return `$${body}*${checksum(body)}\r\n`
}

/** XOR of all characters, two upper-case hex digits. */
export function checksum(body: string): string {
  let sum = 0
  for (let index = 0; index < body.length; index++) sum ^= body.charCodeAt(index)
  return sum.toString(16).toUpperCase().padStart(2, '0')
}

/** Time, position, quality 1 (GPS fix), satellites in use, HDOP, altitude, height of the geoid above the ellipsoid. */
export function gga(fix: Fix): string {
  const inUse = String(Math.min(fix.satellites.length, GSA_SLOTS)).padStart(2, '0')
  const altitude = fix.altitude.toFixed(1)
  return sentence(`GPGGA,${time(fix)},${position(fix)},1,${inUse},0.9,${altitude},M,46.9,M,,`)
}

/** Time, status A (valid), position, speed, course, date; mode A (autonomous, NMEA 2.3). */
export function rmc(fix: Fix): string {
  const speed = decimal(fix.speedKnots, 3, 1)
  const course = decimal(Number(fix.course.toFixed(1)) % 360, 3, 1)
  return sentence(`GPRMC,${time(fix)},A,${position(fix)},${speed},${course},${date(fix)},,,A`)
}

const GSA_SLOTS = 12

/** Automatic choice, 3D fix, the satellites in use in twelve slots, PDOP, HDOP, VDOP. */
export function gsa(fix: Fix): string {
  const slots = Array.from({ length: GSA_SLOTS }, (_, slot) => {
    const satellite = fix.satellites[slot]
    return satellite ? decimal(satellite.number, 2, 0) : ''
  })
  return sentence(`GPGSA,A,3,${slots.join(',')},1.8,0.9,1.5`)
}

const GSV_SLOTS = 4

/** The satellites in view, four to a sentence. */
export function gsv(fix: Fix): string[] {
  const total = Math.max(1, Math.ceil(fix.satellites.length / GSV_SLOTS))
  return Array.from({ length: total }, (_, index) => {
    const fields = fix.satellites
      .slice(index * GSV_SLOTS, (index + 1) * GSV_SLOTS)
      .map(
        (each) =>
          `,${decimal(each.number, 2, 0)},${decimal(each.elevation, 2, 0)},${decimal(each.azimuth, 3, 0)},${decimal(each.strength, 2, 0)}`
      )
    return sentence(`GPGSV,${total},${index + 1},${decimal(fix.satellites.length, 2, 0)}${fields.join('')}`)
  })
}

/** hhmmss.ss */
function time({ utcMs }: Fix): string {
  const iso = new Date(utcMs).toISOString()
  return `${iso.slice(11, 19).replaceAll(':', '')}.${iso.slice(20, 22)}`
}

/** ddmmyy */
function date({ utcMs }: Fix): string {
  const iso = new Date(utcMs).toISOString()
  return iso.slice(8, 10) + iso.slice(5, 7) + iso.slice(2, 4)
}

function position({ latitude, longitude }: Fix): string {
  return `${angle(latitude, 2)},${latitude < 0 ? 'S' : 'N'},${angle(longitude, 3)},${longitude < 0 ? 'W' : 'E'}`
}

const MINUTE_DECIMALS = 4

/** Degrees and minutes in one number: 51.4779° is 5128.6740. Rounded first, so that minutes never read 60. */
function angle(degrees: number, degreeDigits: number): string {
  const scale = 10 ** MINUTE_DECIMALS
  const minutes = Math.round(Math.abs(degrees) * 60 * scale) / scale
  const whole = Math.floor(minutes / 60)
  return decimal(whole, degreeDigits, 0) + decimal(minutes - whole * 60, 2, MINUTE_DECIMALS)
}

/** Fixed point with leading zeros. */
function decimal(value: number, digits: number, decimals: number): string {
  return value.toFixed(decimals).padStart(digits + (decimals ? decimals + 1 : 0), '0')
}
