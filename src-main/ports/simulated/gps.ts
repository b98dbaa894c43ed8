/**
 * `sim:gps`: a GPS receiver on a slow round through Greenwich, across the equator of longitudes. Once a second, on the
 * second, it sends GGA, RMC, GSA and GSV. It has three wires, so its modem lines are off, and it reads no commands.
 */
import type { DeviceKind, DeviceOptions, DeviceTime, DeviceLine } from './device.ts'
import type { Disposable } from '../../base/event.ts'
import { Fault } from '../../contract/faults.ts'
import { characterSeconds } from '../../contract/line.ts'
import { gga, gsa, gsv, rmc, type Fix, type Satellite } from './nmea.ts'

export const gps: DeviceKind = {
  name: 'gps',
  settings: { baudRate: 4800, dataBits: 8, parity: 'none', stopBits: 1, flowControl: 'none' },
  options: ['rate'],
  configure(options) {
    const periodMs = 1000 / readRate(options)
    return (line, time) => {
      const reporting = report(line, time, periodMs)
      return {
        receive: () => undefined,
        receiveBreak: () => undefined,
        linesChanged: () => undefined,
        dispose: () => reporting.dispose()
      }
    }
  }
}

const MOST_FIXES_PER_SECOND = 10

/** More than a fix takes in characters (a test counts them): what a line must carry `rate` times a second. */
export const FIX_CHARACTERS = 360

/** `rate`: fixes per second, 1 by default. */
function readRate({ label, settings, text }: DeviceOptions): number {
  const given = text('rate') ?? '1'
  const rate = /^\d{1,2}$/.test(given) ? Number(given) : 0
  if (rate < 1 || rate > MOST_FIXES_PER_SECOND) {
    throw new Fault(
      'bad-settings',
      `${label}: rate is ${JSON.stringify(given)}. Give 1 to ${MOST_FIXES_PER_SECOND} fixes per second.`
    )
  }
  if (rate * FIX_CHARACTERS * characterSeconds(settings) > 1) {
    throw new Fault(
      'bad-settings',
      `${label}: ${settings.baudRate} bit/s cannot carry ${rate} fixes per second. Lower rate, or raise baud to 38400 or more.`
    )
  }
  return rate
}

/** Sends a fix at each full period of UTC, by timers of the monotonic clock: a jump of the wall clock costs one fix. */
function report(line: DeviceLine, { clock, wallMs }: DeviceTime, periodMs: number): Disposable {
  const text = new TextEncoder()
  const arm = (period: number): Disposable => clock.after(period * periodMs - wallMs(), onPeriod)
  const onPeriod = (): void => {
    // The nearest one, not the last: a timer that fires a moment early must not name the second before.
    const period = Math.round(wallMs() / periodMs)
    timer = arm(period + 1)
    const fix = fixAt(period * periodMs)
    line.send(text.encode([gga(fix), rmc(fix), gsa(fix), ...gsv(fix)].join('')))
  }
  let timer = arm(Math.floor(wallMs() / periodMs) + 1)
  return { dispose: () => timer.dispose() }
}

/** The round: its centre on the meridian of Greenwich, so that both E and W are seen. */
const CENTRE = { latitude: 51.4779, longitude: 0 }
const RADIUS_M = 400
const ROUND_MS = 600_000
const METRES_PER_DEGREE = 111_320
const KNOTS_PER_METRE_PER_SECOND = 1.943_844

const SATELLITES: readonly Satellite[] = [
  { number: 4, elevation: 63, azimuth: 51, strength: 44 },
  { number: 5, elevation: 41, azimuth: 297, strength: 41 },
  { number: 9, elevation: 27, azimuth: 82, strength: 38 },
  { number: 12, elevation: 18, azimuth: 214, strength: 33 },
  { number: 17, elevation: 55, azimuth: 158, strength: 43 },
  { number: 19, elevation: 33, azimuth: 121, strength: 39 },
  { number: 24, elevation: 12, azimuth: 331, strength: 29 },
  { number: 25, elevation: 71, azimuth: 246, strength: 46 }
]

/** Where it is at a moment (ms since 1970): clockwise, one round in ten minutes, the start of each in the north. */
export function fixAt(utcMs: number): Fix {
  const turn = (utcMs % ROUND_MS) / ROUND_MS
  const bearing = 2 * Math.PI * turn
  const north = RADIUS_M * Math.cos(bearing)
  const east = RADIUS_M * Math.sin(bearing)
  const metresPerDegreeEast = METRES_PER_DEGREE * Math.cos((CENTRE.latitude * Math.PI) / 180)
  return {
    utcMs,
    latitude: CENTRE.latitude + north / METRES_PER_DEGREE,
    longitude: CENTRE.longitude + east / metresPerDegreeEast,
    altitude: 46 + 2 * Math.sin(bearing),
    speedKnots: ((2 * Math.PI * RADIUS_M) / (ROUND_MS / 1000)) * KNOTS_PER_METRE_PER_SECOND,
    course: (360 * turn + 90) % 360,
    satellites: SATELLITES
  }
}
