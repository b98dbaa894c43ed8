/**
 * How bytes look that were received with the wrong settings: for each usual rate and parity of a sender, how often each byte value comes
 * (uart-model.ts), and how far what really came is from that. Called by baud-doctor.ts; pure functions.
 */
import { numbers, receivedCounts, sentBits, type SentParity } from './uart-model.ts'

/** Those that devices really have; 74880 is what an ESP8266 says at its start. */
export const USUAL_RATES = [
  1200, 2400, 4800, 9600, 14_400, 19_200, 28_800, 38_400, 57_600, 74_880, 115_200, 230_400, 250_000, 460_800,
  500_000, 921_600, 1_000_000
] as const

/** What a sender may do, and what comes of it here. */
export interface Sender {
  readonly baudRate: number
  readonly parity: SentParity
  /** Shares of all 256 byte values, one list for text, one for other data. */
  readonly shares: readonly Float64Array[]
}

/** What devices say: words, numbers, brackets, line ends. */
const TEXT = `[    0.000000] Booting system, version 2.4.1 (build 318)\r
mem: 65536 K total, 41208 K free\r
I (325) wifi: connected to "office", channel 6, rssi -61\r
temp=23.5 hum=45.1 volt=3.29\r
ERROR: sensor 2 did not answer (timeout 500 ms)\r
$GPGLL,4717.11,N,00833.91,E,092321.00,A*5E\r
$ ls /dev/tty*\r
OK\r
> status\r
ready, 12 jobs, load 0.15 0.10 0.05\r
X:120.50 Y:33.25 Z:0.20 E:14.1\r
{"id":7,"t":1699,"v":[1,2,3]}\r
00000040: 4f 4b 0d 0a 3a 20 ff 00 9c 71 e8 5d\r
login: root\r
Last message repeated 3 times.\r
The quick brown fox jumps over the lazy dog.\r
`

const TEXT_BYTES = Uint8Array.from(TEXT, (character) => character.charCodeAt(0))

/** Any bytes, and small numbers between zeros as registers have them. */
const OTHER_BYTES = dataBytes()

function dataBytes(): Uint8Array {
  const number = numbers(7)
  const any = Array.from({ length: 700 }, () => Math.floor(256 * number()))
  const registers = Array.from({ length: 300 }, (_, at) => (at % 2 === 0 ? 0 : Math.floor(200 * number())))
  return Uint8Array.from([...any, ...registers])
}

/** Never 0: noise makes any byte. */
const FLOOR = 0.0002

/** Fewer characters of the model's data do not tell how a sender looks. */
const MIN_HEARD = 60

/** How far clocks of both sides differ. */
const SKEW = 0.004

/** Rates are told apart that differ by so much at least. */
const DIFFERENT = 1.04

/** Some ten ms of work and 80 KB each. */
const KEPT_RATES = 4
const kept = new Map<number, readonly Sender[]>()

/**
 * All senders that a receiver at this rate with 8N1 may have before it, those that are too fast to be told left out; the first is the one
 * that it understands.
 */
export function sendersAt(receiverRate: number): readonly Sender[] {
  const known = kept.get(receiverRate) ?? makeSenders(receiverRate)
  kept.set(receiverRate, known)
  const [oldest] = kept.keys()
  if (kept.size > KEPT_RATES && oldest !== undefined) kept.delete(oldest)
  return known
}

/** One kind of data on its way, without and with pauses between lines. */
type Lines = readonly [without: Uint8Array, withPauses: Uint8Array]

function linesOf(parity: SentParity): Lines[] {
  const number = numbers(1)
  return [TEXT_BYTES, OTHER_BYTES].map((bytes) => [
    sentBits(bytes, parity, () => 0),
    sentBits(bytes, parity, (byte) => (byte === 10 ? Math.floor(5 + 60 * number()) : 0))
  ])
}

function makeSenders(receiverRate: number): Sender[] {
  const others = USUAL_RATES.filter((rate) => Math.max(rate / receiverRate, receiverRate / rate) > DIFFERENT)
  const plain = linesOf('none')
  return [
    ...sender(receiverRate, receiverRate, 'none', plain),
    ...sender(receiverRate, receiverRate, 'even', linesOf('even')),
    ...sender(receiverRate, receiverRate, 'odd', linesOf('odd')),
    ...others.flatMap((rate) => sender(rate, receiverRate, 'none', plain))
  ]
}

/** None, where the receiver hears too little of it to say how it looks. */
function sender(
  baudRate: number,
  receiverRate: number,
  parity: SentParity,
  kinds: readonly Lines[]
): Sender[] {
  const shares = kinds.map((lines) => sharesOf(lines, baudRate / receiverRate))
  return shares.every((each) => each !== undefined) ? [{ baudRate, parity, shares }] : []
}

function sharesOf(lines: Lines, bitsPerBit: number): Float64Array | undefined {
  const number = numbers(1)
  const late = () => number() / 16
  const shares = new Float64Array(256).fill(FLOOR)
  for (const [index, bits] of lines.entries()) {
    // No two crystals are the same, and at 2:3 every fourth look is at a change of the line.
    const skewed = bitsPerBit * (index === 0 ? 1 - SKEW : 1 + SKEW)
    for (const waits of [false, true]) {
      const counts = receivedCounts(bits, { bitsPerBit: skewed, waits, late })
      const total = counts.reduce((sum, each) => sum + each, 0)
      if (total < MIN_HEARD) return undefined
      for (const [byte, count] of counts.entries()) shares[byte] = (shares[byte] ?? 0) + count / total / 4
    }
  }
  const sum = 1 + 256 * FLOOR
  return shares.map((share) => share / sum)
}

/** How far the counts are from what this sender would make of text or data, in nats a byte (Kullback-Leibler); 0: just so. */
export function distance(counts: Float64Array, total: number, sender: Sender): number {
  return Math.min(...sender.shares.map((shares) => divergence(counts, total, shares)))
}

function divergence(counts: Float64Array, total: number, shares: Float64Array): number {
  let sum = 0
  for (const [byte, count] of counts.entries()) {
    if (count > 0) sum += (count / total) * Math.log(count / total / (shares[byte] ?? FLOOR))
  }
  return sum
}
