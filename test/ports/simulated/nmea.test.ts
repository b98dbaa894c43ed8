import { describe, expect, it } from 'vitest'
import { checksum, gga, gsa, gsv, rmc, sentence, type Fix } from '../../../src-main/ports/simulated/nmea.ts'

const FIX: Fix = {
  utcMs: Date.UTC(2026, 0, 31, 23, 59, 59, 120),
  latitude: 51.4779,
  longitude: -0.0015,
  altitude: 46.25,
  speedKnots: 8.142,
  course: 359.97,
  satellites: Array.from({ length: 5 }, (_, index) => ({
    number: index + 1,
    elevation: 5,
    azimuth: 71,
    strength: 40
  }))
}

describe('NMEA sentences', () => {
  // Two sentences that every description of the format shows.
  it.each([
    ['GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,', '47'],
    ['GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W', '6A']
  ])('sum up %s', (body, sum) => {
    expect(checksum(body)).toBe(sum)
    expect(sentence(body)).toBe(`$${body}*${sum}\r\n`)
  })

  it('give time, position and date in their forms', () => {
    expect(gga(FIX)).toMatch(
      /^\$GPGGA,235959\.12,5128\.6740,N,00000\.0900,W,1,05,0\.9,46\.[23],M,46\.9,M,,\*/
    )
    // The course rounds up to a full turn, which is 0.
    expect(rmc(FIX)).toMatch(/^\$GPRMC,235959\.12,A,5128\.6740,N,00000\.0900,W,008\.1,000\.0,310126,,,A\*/)
  })

  it('never write 60 minutes', () => {
    const near = gga({ ...FIX, latitude: -9.999_999_99, longitude: 179.999_999_99 })
    expect(near).toContain(',1000.0000,S,18000.0000,E,')
  })

  it('fill the slots of GSA and split GSV by four', () => {
    expect(gsa(FIX)).toMatch(/^\$GPGSA,A,3,01,02,03,04,05,,,,,,,,1\.8,0\.9,1\.5\*/)
    expect(gsv(FIX).map((each) => each.replace(/\*.*\r\n$/, ''))).toEqual([
      '$GPGSV,2,1,05,01,05,071,40,02,05,071,40,03,05,071,40,04,05,071,40',
      '$GPGSV,2,2,05,05,05,071,40'
    ])
    expect(gsv({ ...FIX, satellites: [] })).toEqual([sentence('GPGSV,1,1,00')])
  })
})
