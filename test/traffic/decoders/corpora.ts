/** What devices say, made up by seed, or read from this machine: for the tables of hits and false alarms. */
import { closeSync, openSync, readSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { encodeAscii } from '../../../src-main/protocol/modbus-ascii.ts'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { randomFrom } from '../../hex.ts'
import { cobsOf, sentenceOf, slipOf } from './encoders.ts'
import { fromDevice, toDevice, utf8, type Said } from './rows.ts'

/** Messages of one device and its application, in order. */
export type Corpus = (seed: number) => Said[]

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index))
const both = (messages: readonly (Uint8Array | string)[]) => messages.map((bytes) => fromDevice(bytes, 40))

const WORDS =
  'error driver usb device found irq dma at address init kernel cpu0 mounted root filesystem with ordered data mode eth0 link is up full duplex'.split(
    ' '
  )

function words(below: (limit: number) => number, count: number): string {
  return times(count, () => WORDS[below(WORDS.length)]).join(' ')
}

const log: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(times(40, () => `[${below(100)}.${100000 + below(899999)}] ${words(below, 3 + below(8))}\r\n`))
}

const telemetry: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(times(60, (index) => `${index},${below(1000) / 10},${below(4096)},${below(4096)}\n`))
}

const json: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(
    times(
      40,
      () => `${JSON.stringify({ id: below(99), t: below(1e9), v: [below(9), below(9)], ok: true })}\n`
    )
  )
}

const hexDump: Corpus = (seed) => {
  const below = randomFrom(seed)
  const row = () => times(16, () => below(256).toString(16).padStart(2, '0')).join(' ')
  return both(times(30, (index) => `${(index * 16).toString(16).padStart(8, '0')}: ${row()}\r\n`))
}

const nmea: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(
    times(12, () => {
      const time = String(100000 + below(99999))
      const place = `47${below(60).toString().padStart(2, '0')}.${below(99999)},N,008${10 + below(49)}.${below(99999)},E`
      return [
        sentenceOf(`GPGGA,${time}.00,${place},1,08,1.01,499.6,M,48.0,M,,`),
        sentenceOf(`GPRMC,${time}.00,A,${place},0.004,77.52,091202,,,A`),
        sentenceOf(`GPGSV,3,1,10,${below(40)},38,230,44,29,71,156,47,07,29,116,41,08,09,081,36`)
      ].join('')
    })
  )
}

function pdus(below: (limit: number) => number): [Uint8Array, Uint8Array] {
  const count = 1 + below(20)
  const registers = times(2 * count, (at) => (at % 2 ? below(256) : below(3)))
  if (below(4) === 0) {
    const write = Uint8Array.of(6, 0, below(100), 0, below(256))
    return [write, write]
  }
  return [Uint8Array.of(3, 0, below(200), 0, count), Uint8Array.of(3, 2 * count, ...registers)]
}

const modbus =
  (encode: (unit: number, pdu: Uint8Array) => Uint8Array): Corpus =>
  (seed) => {
    const below = randomFrom(seed)
    return times(30, () => {
      const [request, answer] = pdus(below)
      const unit = 1 + below(4)
      return [toDevice(encode(unit, request), 60), fromDevice(encode(unit, answer), 5)]
    }).flat()
  }

/** Counters, small numbers, zeros, and some noise: what makers invent. */
function message(below: (limit: number) => number): Uint8Array {
  return Uint8Array.from(
    times(8 + below(40), (at) => (at % 3 === 0 ? below(256) : at % 3 === 1 ? 0 : below(40)))
  )
}

const framed =
  (frame: (bytes: Uint8Array) => Uint8Array): Corpus =>
  (seed) => {
    const below = randomFrom(seed)
    return both(times(40, () => frame(message(below))))
  }

const at: Corpus = (seed) => {
  const below = randomFrom(seed)
  return times(20, () => {
    const [command, answer] = [
      ['AT+CSQ', `+CSQ: ${below(31)},99\r\n\r\nOK`],
      ['AT+CREG?', '+CREG: 0,1\r\n\r\nOK'],
      ['AT', 'OK'],
      ['ATI', 'Quectel\r\nEC21\r\nRevision: 1\r\n\r\nOK'],
      ['AT+CPIN?', '+CME ERROR: 10']
    ][below(5)]!
    return [toDevice(`${command}\r`, 100), fromDevice(`${command}\r\r\n${answer}\r\n`, 20)]
  }).flat()
}

const ansi: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(
    times(
      40,
      () => `\x1b[${30 + below(8)}m${words(below, 4)}\x1b[0m\r\n\x1b[K\x1b[${below(24)};${below(80)}H`
    )
  )
}

const unicode: Corpus = (seed) => {
  const below = randomFrom(seed)
  const languages = [
    'Größe überprüft, Tür geöffnet',
    '温度正常，系统已启动',
    'Датчик готов к работе',
    'Ηλεκτρική τάση',
    '✓ fertig 😀'
  ]
  return both(times(50, () => utf8(`${languages[below(5)]} ${below(1000)}\n`)))
}

const latin1: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(times(50, () => `Tür ${below(9)} geöffnet, Temperatur ${below(90)} \xb0C\r\n`))
}

const random: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(times(30, () => Uint8Array.from(times(10 + below(100), () => below(256)))))
}

const registers: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(times(40, () => message(below)))
}

/** The bytes in pieces, as an upload has them. */
const upload = (bytes: Uint8Array) =>
  both(times(Math.ceil(bytes.length / 128), (at) => bytes.slice(128 * at, 128 * at + 128)))

/** Pieces of a real one: the Node that runs this. */
const program: Corpus = (seed) => {
  const bytes = new Uint8Array(4096)
  const file = openSync(process.execPath, 'r')
  readSync(file, bytes, 0, bytes.length, 65_536 * seed)
  closeSync(file)
  return upload(bytes)
}

const compressed: Corpus = (seed) => {
  const below = randomFrom(seed)
  return upload(new Uint8Array(deflateSync(words(below, 3000))).slice(0, 4096))
}

const intelHex: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(
    times(40, (index) => {
      const record = [16, index >> 4, (index & 15) * 16, 0, ...times(16, () => below(256))]
      const sum = -record.reduce((all, each) => all + each, 0) & 0xff
      return `:${[...record, sum].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('')}\r\n`
    })
  )
}

const erased: Corpus = () => upload(new Uint8Array(2048).fill(0xff))
const zeros: Corpus = () => upload(new Uint8Array(2048))

/** Pictures of one bit a pixel, lamps that are on or off. */
const bitmap: Corpus = (seed) => {
  const below = randomFrom(seed)
  return upload(
    Uint8Array.from(times(3000, () => [0, 0, 0, 255, 255, 0xf0, 0x0f, 0x80, 0x01, 0xfe][below(10)]!))
  )
}

/** Samples of a quiet microphone, around the middle. */
const audio: Corpus = (seed) => {
  const below = randomFrom(seed)
  return upload(Uint8Array.from(times(3000, (at) => 128 + Math.round(20 * Math.sin(at / 7)) + below(5))))
}

const midi: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(times(200, () => Uint8Array.of(0x90 + below(3), 40 + below(40), below(2) * 64)))
}

const ubx: Corpus = (seed) => {
  const below = randomFrom(seed)
  return both(
    times(30, () => {
      const payload = times(28, (index) => (index % 4 === 3 ? 0 : below(256)))
      return Uint8Array.of(0xb5, 0x62, 1, 2, 28, 0, ...payload, below(256), below(256))
    })
  )
}

/** By name: what it is, and which decoder fits; none for `undefined`. */
export const CORPORA: Readonly<Record<string, { readonly make: Corpus; readonly fits?: string }>> = {
  log: { make: log, fits: 'lines' },
  telemetry: { make: telemetry, fits: 'lines' },
  json: { make: json, fits: 'lines' },
  'hex dump': { make: hexDump, fits: 'lines' },
  'Intel HEX': { make: intelHex, fits: 'lines' },
  unicode: { make: unicode, fits: 'lines' },
  'Latin-1': { make: latin1, fits: 'lines' },
  ANSI: { make: ansi, fits: 'ansi' },
  NMEA: { make: nmea, fits: 'nmea' },
  AT: { make: at, fits: 'at' },
  'Modbus RTU': { make: modbus(encodeRtu), fits: 'modbus-rtu' },
  'Modbus ASCII': { make: modbus(encodeAscii), fits: 'modbus-ascii' },
  SLIP: { make: framed(slipOf), fits: 'slip' },
  COBS: { make: framed(cobsOf), fits: 'cobs' },
  random: { make: random },
  registers: { make: registers },
  program: { make: program },
  compressed: { make: compressed },
  erased: { make: erased },
  zeros: { make: zeros },
  bitmap: { make: bitmap },
  audio: { make: audio },
  MIDI: { make: midi },
  UBX: { make: ubx }
}
