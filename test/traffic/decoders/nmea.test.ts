import { describe, expect, it } from 'vitest'
import { nmea } from '../../../src-main/traffic/decoders/nmea.ts'
import { sentenceOf } from './encoders.ts'
import { decodeAll, fromDevice, texts, valuesOf } from './rows.ts'

const decodeOne = (line: string) => decodeAll(nmea.make(), [fromDevice(line)])[0]

describe('NMEA 0183', () => {
  it.each([
    [
      'GPGGA,092725.00,4717.11399,N,00833.91590,E,1,08,1.01,499.6,M,48.0,M,,',
      'GPGGA Fix data (GPS): 09:27:25.00 UTC, 47.285233° 8.565265°, fix, 08 satellites, 499.6 m'
    ],
    [
      'GPRMC,083559.00,A,4717.11437,S,00833.91522,W,0.004,77.52,091202,,,A',
      'GPRMC Recommended minimum (GPS): 08:35:59.00 UTC, -47.285240° -8.565254°, 0.004 knots'
    ],
    [
      'GNGSA,A,3,23,29,07,08,09,18,26,28,,,,,1.94,1.18,1.54,1',
      'GNGSA Satellites in use and dilution of precision (several satellite systems): 3D fix, 8 satellites in use'
    ],
    [
      'GPGSV,3,1,10,23,38,230,44,29,71,156,47,07,29,116,41,08,09,081,36',
      'GPGSV Satellites in view (GPS): 10 satellites in view (1 of 3)'
    ],
    [
      'GLGLL,4717.11364,N,00833.91565,E,092321.00,A,A',
      'GLGLL Position (GLONASS): 09:23:21.00 UTC, 47.285227° 8.565261°'
    ],
    [
      'GPVTG,77.52,T,,M,0.004,N,0.008,K,A',
      'GPVTG Course and speed over ground (GPS): course 77.52° true, 0.004 knots'
    ],
    ['GPZDA,082710.00,16,09,2002,00,00', 'GPZDA Time and date (GPS): 08:27:10.00 UTC, 2002-09-16'],
    [
      'HCHDG,98.3,0.0,E,12.6,W',
      'HCHDG Heading, deviation and variation (magnetic compass): 98.3, 0.0, E, 12.6, W'
    ],
    ['PUBX,00,081350.00', 'PUBX of u-blox: 00, 081350.00'],
    ['PXYZ,1', 'PXYZ proprietary: 1'],
    ['CCGPQ,GGA', 'CCGPQ Query to GPS: GGA'],
    ['XXYYY,1,2', 'XXYYY: 1, 2']
  ])('%s', (body, text) => {
    expect(decodeOne(sentenceOf(body))).toMatchObject({ text, verdict: 'ok', keys: { crc: 'ok' } })
  })

  it('names and places the fields that are there', () => {
    const line = sentenceOf('GPGGA,092725.00,4717.11399,N,00833.91590,E,2,08,1.01,499.6,M,48.0,M,,0')
    const decoded = decodeOne(line)
    const fields = decoded!.fields.map(({ name, value, from = 0, to = 0 }) => [
      name,
      value,
      line.slice(from, to)
    ])
    expect(fields).toEqual([
      ['Sentence', 'GPGGA Fix data (GPS)', '$GPGGA'],
      ['Time', '09:27:25.00 UTC', '092725.00'],
      ['Latitude', '47.285233°', '4717.11399'],
      ['North or south', 'N', 'N'],
      ['Longitude', '8.565265°', '00833.91590'],
      ['East or west', 'E', 'E'],
      ['Quality', '2 differential', '2'],
      ['Satellites in use', '08', '08'],
      ['Horizontal dilution', '1.01', '1.01'],
      ['Altitude', '499.6 m', '499.6'],
      ['Altitude unit', 'M', 'M'],
      ['Geoid separation', '48.0 m', '48.0'],
      ['Separation unit', 'M', 'M'],
      ['Reference station', '0', '0'],
      ['Check sum', `${line.slice(-4, -2)} ok`, line.slice(-4, -2)]
    ])
  })

  // A message of the public collections: class A position of 477553000 (Seattle), and a voyage report in two parts.
  it('names AIS messages and who sends them', () => {
    const found = texts(nmea.make(), [
      fromDevice('!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C\r\n'),
      fromDevice('!AIVDM,2,1,3,B,55P5TL01VIaAL@7WKO@mBplU@<PDhh000000001S;AJ::4A80?4i@E53,0*3E\r\n'),
      fromDevice('!AIVDM,2,2,3,B,1@0000000000000,2*55\r\n')
    ])
    expect(found).toEqual([
      'AIVDM AIS message (AIS station): position report of 477553000, channel B',
      'AIVDM AIS message (AIS station): static and voyage data of 369190000, part 1 of 2, channel B',
      'AIVDM AIS message (AIS station): AIS, part 2 of 2, channel B'
    ])
  })

  it('judges the check sum', () => {
    expect(decodeOne('$GPZDA,082710.00,16,09,2002,00,00*00\r\n')).toMatchObject({
      verdict: 'bad',
      keys: { crc: 'bad' },
      text: expect.stringContaining('wrong check sum 00, should be 64') as string
    })
    expect(decodeOne('$GPZDA,082710.00,16,09,2002,00,00\r\n')).toMatchObject({
      verdict: 'note',
      keys: { crc: 'none' }
    })
    expect(decodeOne('$GPZDA,082710.00,16,09,2002,00,00*64\r\n')?.verdict).toBe('ok')
  })

  it('reads tag blocks, torn sentences, and says what is none', () => {
    const found = decodeAll(nmea.make(), [
      fromDevice('\\s:rx1,c:1600000000*5E\\$GPZDA,082710.00,16,09,2002,00,00*64\r\n'),
      fromDevice('$GPZDA,0827'),
      fromDevice('10.00,16,09,2002,00,00*64\r\n', 300),
      fromDevice('u-blox ready\r\n'),
      fromDevice('$GP\xffbroken\r\n')
    ])
    expect(valuesOf(found[0], 'Tag block')).toEqual(['\\s:rx1,c:1600000000*5E\\'])
    expect(found.map((each) => each?.verdict)).toEqual(['ok', 'note', 'ok', 'note', 'bad'])
    expect(found[2]?.text).toBe('GPZDA Time and date (GPS): 08:27:10.00 UTC, 2002-09-16')
  })
})
