/**
 * Escapes in banners, in strings for the device and in file names: ser2net's, of version 3 and 4 alike (ser2net.8 of 3.x,
 * ser2net.yaml.5 of 4.x). A pure function: what it knows of the moment stands in the context.
 *
 *   \a \b \f \n \r \t \v \\ \? \' \"    as in C          \ooo  octal          \xhh  hexadecimal
 *   \d device   \o \N name of the share   \p network port   \B settings (9600N81)   \I the client's address
 *   \Y year  \y day of the year from 0  \M Jan  \m month 1-12  \D day  \A Mon
 *   \H hour 00-23  \h hour 01-12  \i minute  \S second  \q am  \P AM  \T 15:04:05  \e seconds since 1970  \U microseconds
 *   \s settings in a text, seconds in a file name (3.x)
 *   Any other character behind a backslash is that character.
 *
 * Where we differ from ser2net 4.3.11, as it was seen to behave; each time we do what its manual says:
 * - It counts months from 0.
 * - It loses octal escapes of one or two digits, and hexadecimal ones whose second digit is a letter (`\x1b` becomes `b`).
 * - `\d` is its connector (`serialdev,/dev/ttyS0,9600n81,local`), `\p` its accepter (`tcp,0.0.0.0,7000`), `\I` has the port too
 *   (`ipv4,192.0.2.7,50112`), `\B` begins with a comma and ends with more options.
 */
import { formatLine, type LineSettings } from '../contract/line.ts'

export interface TextContext {
  /** As it was asked for: `/dev/ttyUSB0`, `sim:gps`. */
  readonly device: string
  /** The share's. */
  readonly name: string
  /** Where clients come in, a number; empty where there is none. */
  readonly port: string
  /** Undefined: nobody knows. */
  readonly settings: LineSettings | undefined
  /** The client's address without its port; empty where it is nobody's in particular. */
  readonly remote: string
  /** Shown as local time. */
  readonly time: Date
}

type Value = (context: TextContext) => string

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const DAY_MS = 86_400_000

const TEXT_VALUES: Readonly<Record<string, Value>> = {
  d: ({ device }) => device,
  o: ({ name }) => name,
  N: ({ name }) => name,
  p: ({ port }) => port,
  B: shortSettings,
  s: shortSettings,
  I: ({ remote }) => remote,
  Y: ({ time }) => String(time.getFullYear()),
  y: ({ time }) => String(dayOfYear(time)),
  M: ({ time }) => MONTHS[time.getMonth()] ?? '',
  m: ({ time }) => String(time.getMonth() + 1),
  D: ({ time }) => String(time.getDate()),
  A: ({ time }) => DAYS[time.getDay()] ?? '',
  H: ({ time }) => twoDigits(time.getHours()),
  h: ({ time }) => twoDigits(time.getHours() % 12 || 12),
  i: ({ time }) => twoDigits(time.getMinutes()),
  S: ({ time }) => twoDigits(time.getSeconds()),
  q: ({ time }) => (time.getHours() < 12 ? 'am' : 'pm'),
  P: ({ time }) => (time.getHours() < 12 ? 'AM' : 'PM'),
  T: ({ time }) => [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':'),
  e: ({ time }) => String(Math.floor(time.getTime() / 1000)),
  U: ({ time }) => `${String(time.getMilliseconds()).padStart(3, '0')}000`,
  // A hexadecimal escape without a digit.
  x: () => ''
}

const FILE_VALUES: Readonly<Record<string, Value>> = {
  ...TEXT_VALUES,
  d: ({ device }) => lastPart(device),
  o: ({ name }) => lastPart(name),
  s: ({ time }) => twoDigits(time.getSeconds())
}

const CODES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 }

/** A backslash and what belongs to it: hexadecimal digits, octal digits, any character, or the end of the text. */
const ESCAPE = /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([^])|$)/gu

const UTF8 = new TextEncoder()

/** The bytes to send: what is text in UTF-8, octal and hexadecimal escapes as the bytes they name. */
export function expandText(template: string, context: TextContext): Uint8Array {
  const bytes: number[] = []
  for (const piece of pieces(template, TEXT_VALUES, context)) {
    if (typeof piece.is === 'number') bytes.push(piece.is)
    else bytes.push(...UTF8.encode(piece.is))
  }
  return Uint8Array.from(bytes)
}

/** A path. Only what the owner wrote leads into folders: a value that was put in has neither a slash nor a dot of its own kind. */
export function expandFileName(template: string, context: TextContext): string {
  return [...pieces(template, FILE_VALUES, context)]
    .map(({ is, inserted }) => {
      if (typeof is === 'number') return String.fromCharCode(is)
      return inserted ? is.replaceAll(/[/\\]/g, '_').replace(/^\.+$/, (dots) => '_'.repeat(dots.length)) : is
    })
    .join('')
    .replaceAll('\0', '')
}

interface Piece {
  readonly is: string | number
  /** It comes from the context. */
  readonly inserted?: boolean
}

function* pieces(
  template: string,
  values: Readonly<Record<string, Value>>,
  context: TextContext
): Generator<Piece> {
  let at = 0
  for (const match of template.matchAll(ESCAPE)) {
    if (match.index > at) yield { is: template.slice(at, match.index) }
    at = match.index + match[0].length
    const [, hex, octal, letter] = match
    if (hex !== undefined) yield { is: Number.parseInt(hex, 16) }
    else if (octal !== undefined) yield { is: Number.parseInt(octal, 8) & 0xff }
    else if (letter !== undefined) yield valueOf(letter, values, context)
  }
  if (at < template.length) yield { is: template.slice(at) }
}

function valueOf(letter: string, values: Readonly<Record<string, Value>>, context: TextContext): Piece {
  const code = Object.hasOwn(CODES, letter) ? CODES[letter] : undefined
  if (code !== undefined) return { is: code }
  const value = Object.hasOwn(values, letter) ? values[letter] : undefined
  return value ? { is: value(context), inserted: true } : { is: letter }
}

/** `9600N81`, as ser2net writes it; empty where nobody knows. */
function shortSettings({ settings }: TextContext): string {
  if (!settings) return ''
  const [dataBits = '', parity = '', ...stopBits] = formatLine(settings)
  return `${settings.baudRate}${parity}${dataBits}${stopBits.join('')}`
}

function dayOfYear(time: Date): number {
  const [year, month, day] = [time.getFullYear(), time.getMonth(), time.getDate()]
  return (Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / DAY_MS
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
