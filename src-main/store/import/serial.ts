/**
 * The options behind a serial device: gensio's (`9600n81,local,rtscts=true,dtr=off`) and ser2net 3's (`9600 8DATABITS NONE 1STOPBIT
 * -XONXOFF LOCAL`), which gensio reads as well. Called by connector.ts, conf-options.ts and defaults.ts.
 */
import type { Parity } from '../../contract/line.ts'
import { MAX_BAUD_RATE } from '../../contract/line.ts'
import type { SerialDraft } from './draft.ts'
import { NotImportable } from './found.ts'
import { readBoolean } from './words-of.ts'

/** What is to be told of a word that is known and not honoured. */
type Heard = (reason: string) => void

type Setter = (serial: SerialDraft, value: string, note: Heard) => void

const PARITIES: Readonly<Record<string, Parity>> = {
  n: 'none',
  o: 'odd',
  e: 'even',
  m: 'mark',
  s: 'space'
}

const DATA_BITS = { 5: 5, 6: 6, 7: 7, 8: 8 } as const

const flag =
  (name: 'xonxoff' | 'rtscts' | 'local' | 'hangUp' | 'writeOnly'): Setter =>
  (serial, value) => {
    serial[name] = readBoolean(value)
  }

const isSpeed = /^(\d{1,10})(?:([neoms])(?:([5-8])([12])?)?)?$/i

/** `speed=9600N81`, and what of it is given. */
const speed: Setter = (serial, value) => {
  const [, baud, parity, dataBits, stopBits] = isSpeed.exec(value.trim()) ?? []
  const baudRate = Number(baud)
  if (!(baudRate >= 1 && baudRate <= MAX_BAUD_RATE))
    throw new NotImportable('it is no speed as in 9600 or 9600N81')
  serial.baudRate = baudRate
  if (parity !== undefined) serial.parity = PARITIES[parity.toLowerCase()] ?? 'none'
  if (dataBits !== undefined) serial.dataBits = DATA_BITS[dataBits as unknown as 5]
  if (stopBits !== undefined) serial.stopBits = stopBits === '2' ? 2 : 1
}

const NAMED: Readonly<Record<string, Setter>> = {
  speed,
  xonxoff: flag('xonxoff'),
  rtscts: flag('rtscts'),
  local: flag('local'),
  clocal: flag('local'),
  'hangup-when-done': flag('hangUp'),
  wronly: flag('writeOnly'),
  dtr: (serial, value) => {
    serial.dtr = readBoolean(value)
  },
  rts: (serial, value) => {
    serial.rts = readBoolean(value)
  },
  parity: (serial, value) => {
    const parity = PARITIES[value.trim().charAt(0).toLowerCase()]
    if (parity === undefined) throw new NotImportable('it is no parity')
    serial.parity = parity
  },
  databits: (serial, value) => {
    const bits = value.trim()
    if (!/^[5-8]$/.test(bits)) throw new NotImportable('there are 5 to 8 data bits')
    serial.dataBits = DATA_BITS[bits as unknown as 5]
  },
  stopbits: (serial, value) => {
    const bits = value.trim()
    if (!/^[12]$/.test(bits)) throw new NotImportable('there are 1 or 2 stop bits')
    serial.stopBits = bits === '2' ? 2 : 1
  },
  rs485: (serial, value, note) => {
    const [before = '', after = '', ...more] = value.split(':')
    serial.rs485 = value !== 'off' && value !== 'false'
    if (serial.rs485 && (Number(before) !== 0 || Number(after) !== 0 || more.join() !== ''))
      note('RS-485 is switched on as the driver has it: delays and flags are no settings of Farport')
  },
  // Neither of us touches the break line then; ser2net clears it at opening otherwise, where it is clear already.
  nobreak: () => undefined,
  // Any speed that the driver takes.
  custspeed: () => undefined,
  nouucplock: (_serial, value, note) => {
    if (readBoolean(value)) note('Farport takes the lock file of a device wherever it may')
  },
  'drain-time': (_serial, _value, note) => note(DRAIN),
  'char-drain-wait': (_serial, _value, note) => note(DRAIN),
  readbuf: (_serial, _value, note) => note('Farport sizes its buffers itself')
}

const DRAIN = 'Farport gives pending bytes their time at the end by itself'

/** ser2net 3's words without a value. */
const PLAIN: Readonly<Record<string, Partial<SerialDraft>>> = {
  even: { parity: 'even' },
  odd: { parity: 'odd' },
  none: { parity: 'none' },
  mark: { parity: 'mark' },
  space: { parity: 'space' },
  '1stopbit': { stopBits: 1 },
  '2stopbits': { stopBits: 2 },
  '5databits': { dataBits: 5 },
  '6databits': { dataBits: 6 },
  '7databits': { dataBits: 7 },
  '8databits': { dataBits: 8 },
  dtrhi: { dtr: true },
  dtrlo: { dtr: false },
  rtshi: { rts: true },
  rtslo: { rts: false }
}

/** Names as people write them: `HANGUP_WHEN_DONE` → `hangup-when-done`. */
export function plainName(name: string): string {
  return name.trim().toLowerCase().replaceAll('_', '-')
}

/** Whether `setSerial` knows it. */
export function isSerialOption(name: string): boolean {
  return Object.hasOwn(NAMED, plainName(name))
}

/** Throws NotImportable. */
export function setSerial(serial: SerialDraft, name: string, value: string, note: Heard): void {
  const setter = Object.hasOwn(NAMED, plainName(name)) ? NAMED[plainName(name)] : undefined
  if (!setter) throw new NotImportable('Farport knows no such option of a serial line')
  setter(serial, value, note)
}

/** One word; false: it is none of a serial line. Throws NotImportable where its value is wrong. */
export function takeSerialWord(serial: SerialDraft, word: string, note: Heard): boolean {
  const off = /^-(.+)$/.exec(word)?.[1]
  const [name, value] = cutAtEquals(off ?? word)
  const plain = plainName(name)
  const fixed =
    Object.hasOwn(PLAIN, plain) && value === undefined && off === undefined ? PLAIN[plain] : undefined
  if (fixed) Object.assign(serial, fixed)
  else if (isSpeed.test(word)) speed(serial, word, note)
  else if (!isSerialOption(name) || (off !== undefined && value !== undefined)) return false
  else setSerial(serial, name, value ?? (off === undefined ? 'true' : 'false'), note)
  return true
}

function cutAtEquals(word: string): [string, string | undefined] {
  const at = word.indexOf('=')
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}
