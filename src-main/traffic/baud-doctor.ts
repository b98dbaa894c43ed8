/**
 * Tells from what came from the device that the settings of the line are wrong, and which ones are probably right, without opening the port
 * anew. Called by recordings' readers with each row; says nothing where the bytes may be all right.
 *
 * Built on what a receiver makes of a line at another rate (uart-model.ts):
 * - receiving too fast leaves marks in the bytes: each bit is seen several times, few values come (00 80 E0 F8 …);
 * - receiving too slowly leaves bits out: many framing errors, and bytes of which only text tells where they came from;
 * - seven bits with parity read as eight leave the parity in the eighth.
 */
import { formatLine, type LineSettings, type LineState } from '../contract/line.ts'
import { textShare } from './decoders/lines.ts'
import { distance, sendersAt, USUAL_RATES, type Sender } from './garbled-model.ts'
import type { Row } from './row.ts'
import type { SentParity } from './uart-model.ts'

export interface BaudFinding {
  /** `garbled: probably 9600`. */
  readonly text: string
  /** What speaks for it. */
  readonly why: string
  /** 0 to 1, of all that `text` says. */
  readonly confidence: number
  /** What to try; absent: it cannot be told from the data. */
  readonly settings?: Partial<Pick<LineSettings, 'baudRate' | 'dataBits' | 'parity'>>
}

/** Two blocks of so many bytes are looked at: the newest, and the one before. */
const BLOCK = 1024

/** Fewer say nothing. */
const ENOUGH = 64
const ENOUGH_WITHOUT_ERRORS = 256

interface Block {
  readonly counts: Float64Array
  total: number
  text: number
  framing: number
  parity: number
}

const newBlock = (): Block => ({ counts: new Float64Array(256), total: 0, text: 0, framing: 0, parity: 0 })

export class BaudDoctor {
  #settings: LineSettings | undefined
  #block = newBlock()
  #before: Block | undefined
  readonly #pace = new Pace()

  /** Every row, in order. Takes the settings in force from it. */
  look(row: Row): void {
    const { content } = row
    if (content.type === 'event') {
      const { event } = content
      if (event.type === 'line') this.#errors(event.line)
      if (event.type === 'settings' || (event.type === 'port' && event.state === 'open'))
        this.#use(event.settings)
      return
    }
    if (content.settings) this.#use(content.settings)
    if (content.direction === 'from-device') this.#bytes(content.bytes, row.timeNs, row.endNs)
  }

  /** What is wrong with the settings in force; undefined: nothing that could be seen. Takes a ms, the first time at a rate some ten ms. */
  finding(): BaudFinding | undefined {
    const settings = this.#settings
    const all = this.#all()
    if (!settings || all.total < ENOUGH) return undefined
    if (settings.parity !== 'none') return wrongParity(all, settings) ?? unknown(all)
    if (settings.dataBits !== 8) return unknown(all)
    return parityInBit7(all) ?? this.#rate(all, settings) ?? unknown(all)
  }

  #use(settings: LineSettings): void {
    const before = this.#settings
    this.#settings = settings
    const same =
      before?.baudRate === settings.baudRate &&
      before.dataBits === settings.dataBits &&
      before.parity === settings.parity
    if (same) return
    this.#block = newBlock()
    this.#before = undefined
    this.#pace.reset()
  }

  #errors({ framing, break: breaks, parity }: LineState): void {
    // A byte of zeros with a low stop bit is a break, to the receiver.
    this.#block.framing += framing + breaks
    this.#block.parity += parity
  }

  #bytes(bytes: Uint8Array, timeNs: number, endNs: number): void {
    const block = this.#block
    for (const byte of bytes) block.counts[byte] = (block.counts[byte] ?? 0) + 1
    block.total += bytes.length
    block.text += Math.max(0, textShare(bytes)) * bytes.length
    this.#pace.take(bytes.length, timeNs, endNs)
    if (block.total < BLOCK) return
    this.#before = block
    this.#block = newBlock()
  }

  #all(): Block {
    const { counts, total, text, framing, parity } = this.#block
    const before = this.#before ?? newBlock()
    return {
      counts: counts.map((count, byte) => count + (before.counts[byte] ?? 0)),
      total: total + before.total,
      text: text + before.text,
      framing: framing + before.framing,
      parity: parity + before.parity
    }
  }

  #rate(all: Block, { baudRate }: LineSettings): BaudFinding | undefined {
    const { counts, total, text } = all
    const wrong = hasErrors(all)
    if (!wrong && (text > 0.7 * total || total < ENOUGH_WITHOUT_ERRORS)) return undefined
    if ((counts[0] ?? 0) > 0.98 * total)
      return wrong ? muchSlower(baudRate, this.#pace.bytesPerSecond) : undefined
    const [right, ...others] = sendersAt(baudRate)
    const ranked = others
      .map((sender) => ({ sender, far: distance(counts, total, sender) }))
      .sort((a, b) => a.far - b.far)
    const [best, second] = ranked
    if (!right || !best || !second) return undefined
    const asItIs = distance(counts, total, right)
    if (!wrong) return withoutErrors(baudRate, best, second, asItIs)
    const legible = text > 0.9 * total || asItIs < best.far
    return (legible ? parityAsStop(all) : undefined) ?? withErrors(all, baudRate, ranked)
  }
}

interface Ranked {
  readonly sender: Sender
  readonly far: number
}

/** One error in fifty bytes: far more than a sound line has, even a noisy one. */
function hasErrors({ total, framing }: Block): boolean {
  return framing >= 5 && framing > 0.02 * total
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}

/** Limits found by measuring: see test/traffic/decoders/baud-doctor.test.ts. */
function withErrors(all: Block, baudRate: number, ranked: readonly Ranked[]): BaudFinding | undefined {
  const [best] = ranked
  if (!best) return undefined
  const { sender, far } = best
  const parities = sender.parity !== 'none'
  const second = ranked.find((each) => each !== best && (each.sender.parity !== 'none') !== parities)
  const next = parities ? second : ranked[1]
  const lead = (next?.far ?? far) - far
  // Some hundred bytes of a wide choice are never just so.
  const chance = 40 / all.total
  const why = `framing errors in ${percent(Math.min(1, all.framing / all.total))} of the bytes`
  if (sender.baudRate < baudRate && far < 1.3 + chance && lead > 0.3) return rateFinding(sender, lead, why)
  if (parities && far < 1 + chance && lead > 0.3) {
    const other = ranked.find((each) => each !== best && each.sender.parity !== 'none')
    const sure = (other?.far ?? far) - far > 0.1
    return parityFinding(sure ? sender.parity : undefined, why)
  }
  if (sender.baudRate > baudRate && far < 1.4 + chance && lead > 0.35) return rateFinding(sender, lead, why)
  return undefined
}

/** Where nobody counts errors, only what could hardly be anything else. */
function withoutErrors(
  baudRate: number,
  best: Ranked,
  second: Ranked,
  right: number
): BaudFinding | undefined {
  const { sender, far } = best
  const lead = second.far - far
  if (sender.baudRate >= baudRate || far > 1.1 || lead < 0.6 || right - far < 1.3) return undefined
  return rateFinding(sender, Math.min(lead, 0.6), 'the bytes look as if each bit was seen several times')
}

function rateFinding({ baudRate }: Sender, lead: number, why: string): BaudFinding {
  const confidence = Math.min(0.97, 0.75 + 0.25 * lead)
  return { text: `garbled: probably ${baudRate}`, why, confidence, settings: { baudRate } }
}

/**
 * Eight bits and parity, read as 8N1 by a receiver that waits for a high line: all bytes come rightly, and a framing error with each whose
 * parity bit is low. So there are as many of these as of bytes with an even, or odd, number of ones.
 */
function parityAsStop({ counts, total, framing }: Block): BaudFinding | undefined {
  let even = 0
  for (const [byte, count] of counts.entries()) if (ones(byte) % 2 === 0) even += count
  const near = (count: number) => Math.abs(framing - count) < 0.02 * total
  const [isEven, isOdd] = [near(even), near(total - even)]
  if (!isEven && !isOdd) return undefined
  const why = `framing errors in ${percent(framing / total)} of the bytes, as many as have a low parity bit`
  return parityFinding(isEven === isOdd ? undefined : isEven ? 'even' : 'odd', why)
}

/** `parity`: undefined where it is one of both. */
function parityFinding(parity: SentParity | undefined, why: string): BaudFinding {
  if (parity === undefined) return { text: 'garbled: probably 8E1 or 8O1', why, confidence: 0.8 }
  const settings = { dataBits: 8, parity } as const
  return {
    text: `garbled: probably ${formatLine({ ...settings, stopBits: 1 })}`,
    why,
    confidence: 0.85,
    settings
  }
}

/** Only that it is wrong: errors say so. */
function unknown(all: Block): BaudFinding | undefined {
  const errors = all.framing + all.parity
  if (errors < 5 || errors < 0.05 * all.total) return undefined
  const share = Math.min(1, errors / all.total)
  return {
    text: 'garbled: probably the wrong baud rate or frame',
    why: `framing or parity errors in ${percent(share)} of the bytes`,
    confidence: Math.min(0.95, 0.7 + share / 2)
  }
}

/**
 * Zeros alone, and errors with them: even the sender's single bits are longer than our characters. Which rate, only the pace tells: a byte comes
 * for each of its falling edges, and of those there are at most five in a character. A device that sends nothing but zeros looks the same at
 * higher rates, hence the confidence.
 */
function muchSlower(baudRate: number, bytesPerSecond: number): BaudFinding {
  const slower = USUAL_RATES.filter((rate) => rate <= baudRate / 9)
  const possible = slower.filter((rate) => rate >= 2 * 0.85 * bytesPerSecond)
  const fastest = possible.at(-1)
  const why = 'zeros alone, each with an error: bits of the device are longer than characters here'
  if (fastest === undefined)
    return { text: `garbled: probably much slower than ${baudRate}`, why, confidence: 0.8 }
  if (possible.length === 1)
    return { text: `garbled: probably ${fastest}`, why, confidence: 0.75, settings: { baudRate: fastest } }
  return {
    text: `garbled: probably ${fastest} or slower`,
    why,
    confidence: 0.65,
    settings: { baudRate: fastest }
  }
}

/** How fast bytes come where they come without a pause, at the most. */
class Pace {
  bytesPerSecond = 0
  #startNs = 0
  #endNs = -Infinity
  #count = 0

  reset(): void {
    this.bytesPerSecond = 0
    this.#endNs = -Infinity
  }

  take(count: number, timeNs: number, endNs: number): void {
    if (timeNs - this.#endNs > 40e6) {
      this.#startNs = timeNs
      this.#count = 0
    }
    this.#endNs = endNs
    this.#count += count
    const seconds = (endNs - this.#startNs) / 1e9
    // Shorter ones say more of the adapter's chunks than of the line.
    if (seconds > 0.1) this.bytesPerSecond = Math.max(this.bytesPerSecond, this.#count / seconds)
  }
}

/** Seven bits and parity, read as eight: the eighth bit follows from the others, in text. */
function parityInBit7({ counts, total }: Block): BaudFinding | undefined {
  let [even, high, letters] = [0, 0, 0]
  for (const [byte, count] of counts.entries()) {
    if (ones(byte) % 2 === 0) even += count
    if (byte >= 0x80) high += count
    if (isText(byte & 0x7f)) letters += count
  }
  if (letters < 0.95 * total || high < 0.15 * total) return undefined
  const found =
    high > 0.98 * total ? 'mark' : even > 0.97 * total ? 'even' : even < 0.03 * total ? 'odd' : undefined
  if (!found) return undefined
  const settings = { dataBits: 7, parity: found } as const
  return {
    text: `garbled: probably ${formatLine({ ...settings, stopBits: 1 })}`,
    why: found === 'mark' ? 'the eighth bit is always set' : 'the eighth bit is the parity of the others',
    confidence: 0.95,
    settings
  }
}

/** Parity is set, and wrong in about half of the bytes, or in all of them. */
function wrongParity({ counts, total, parity }: Block, settings: LineSettings): BaudFinding | undefined {
  if (parity < 5 || parity < 0.1 * total) return undefined
  let letters = 0
  for (const [byte, count] of counts.entries()) if (isText(byte & 0x7f)) letters += count
  if (letters < 0.9 * total) return undefined
  const why = `parity errors in ${percent(Math.min(1, parity / total))} of the bytes, and text in them`
  if (parity > 0.9 * total && settings.parity !== 'mark' && settings.parity !== 'space') {
    const other = {
      dataBits: settings.dataBits,
      parity: settings.parity === 'even' ? 'odd' : 'even'
    } as const
    return {
      text: `garbled: probably ${formatLine({ ...other, stopBits: 1 })}`,
      why,
      confidence: 0.9,
      settings: other
    }
  }
  return {
    text: 'garbled: probably 8N1',
    why,
    confidence: 0.85,
    settings: { dataBits: 8, parity: 'none' }
  }
}

function ones(byte: number): number {
  let count = 0
  for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return count
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09
}
