/**
 * Answers on their way: those for one channel that fall due at about the same time go together, each at most once a second
 * (RFC 6762 §6), so that no flood of questions becomes a flood of answers.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { encodeAll } from './encode.ts'
import { WAITING_ANSWERS } from './limits.ts'
import { message, recordKey, type DnsRecord } from './message.ts'
import type { Channel, Transport } from './transport.ts'

const GAP_MS = 1000
/** Who asks whether a name is free must hear in time that it is not. */
const DEFENCE_GAP_MS = 250
/** Of so many answers it is known when they were sent: far more than a computer has. */
const SENT_KNOWN = 4096

interface Waiting {
  readonly record: DnsRecord
  readonly askers: Set<string>
  gapMs: number
}

interface Box {
  readonly waiting: Map<string, Waiting>
  readonly sentMs: Map<string, number>
  timer: Disposable | undefined
  dueMs: number
}

export interface Due {
  readonly delayMs: number
  /** Who asked; empty: it is said to all in any case. */
  readonly asker?: string
  readonly urgency?: 'defence' | 'announcement'
}

export class Outbox implements Disposable {
  readonly #clock: Clock
  readonly #transport: Transport
  readonly #additionals: (answers: readonly DnsRecord[], channel: Channel) => DnsRecord[]
  readonly #boxes = new Map<string, Box>()

  constructor(
    clock: Clock,
    transport: Transport,
    additionals: (answers: readonly DnsRecord[], channel: Channel) => DnsRecord[]
  ) {
    this.#clock = clock
    this.#transport = transport
    this.#additionals = additionals
  }

  put(channel: Channel, records: readonly DnsRecord[], { delayMs, asker = '', urgency }: Due): void {
    if (records.length === 0) return
    const box = this.#box(channel)
    const gapMs = urgency === 'announcement' ? 0 : urgency === 'defence' ? DEFENCE_GAP_MS : GAP_MS
    for (const record of records) {
      const key = recordKey(record)
      const known = box.waiting.get(key)
      if (known) {
        known.askers.add(asker)
        known.gapMs = Math.min(known.gapMs, gapMs)
      } else if (box.waiting.size < WAITING_ANSWERS || urgency === 'announcement') {
        box.waiting.set(key, { record, askers: new Set([asker]), gapMs })
      }
    }
    this.#schedule(channel, box, delayMs)
  }

  /** Somebody knows it already: not said for him alone (RFC 6762 §7.2). */
  isKnown(channel: Channel, record: DnsRecord, asker: string): void {
    const box = this.#boxes.get(channel.key)
    const key = recordKey(record)
    const waiting = box?.waiting.get(key)
    if (!waiting || record.ttl < waiting.record.ttl / 2) return
    waiting.askers.delete(asker)
    if (waiting.askers.size === 0) box?.waiting.delete(key)
  }

  /** Whether everybody heard it lately: in the last quarter of its life (RFC 6762 §5.4). */
  isFresh(channel: Channel, record: DnsRecord): boolean {
    const sentMs = this.#boxes.get(channel.key)?.sentMs.get(recordKey(record))
    return sentMs !== undefined && this.#clock.nowMs() - sentMs < (record.ttl * 1000) / 4
  }

  /** At once, and instead of what waits to be said of the same things. */
  goodbye(channel: Channel, records: readonly DnsRecord[]): void {
    const box = this.#boxes.get(channel.key)
    for (const each of records) {
      box?.waiting.delete(recordKey(each))
      box?.sentMs.delete(recordKey(each))
    }
    const answers = records.map((each) => ({ ...each, ttl: 0 }))
    if (answers.length === 0) return
    for (const bytes of encodeAll(message({ response: true, answers }))) this.#transport.send(channel, bytes)
  }

  /** The channel is another one now, or none. */
  forget(channel: Channel): void {
    this.#boxes.get(channel.key)?.timer?.dispose()
    this.#boxes.delete(channel.key)
  }

  dispose(): void {
    for (const { timer } of this.#boxes.values()) timer?.dispose()
    this.#boxes.clear()
  }

  #box({ key }: Channel): Box {
    const known = this.#boxes.get(key)
    if (known) return known
    const box: Box = { waiting: new Map(), sentMs: new Map(), timer: undefined, dueMs: 0 }
    this.#boxes.set(key, box)
    return box
  }

  #schedule(channel: Channel, box: Box, delayMs: number): void {
    const dueMs = this.#clock.nowMs() + delayMs
    if (box.timer && box.dueMs <= dueMs) return
    box.timer?.dispose()
    box.dueMs = dueMs
    box.timer = this.#clock.after(delayMs, () => this.#send(channel, box), 'idle')
  }

  #send(channel: Channel, box: Box): void {
    box.timer = undefined
    const nowMs = this.#clock.nowMs()
    const answers: DnsRecord[] = []
    let nextMs = Infinity
    for (const [key, { record, gapMs }] of box.waiting) {
      const againMs = (box.sentMs.get(key) ?? -Infinity) + gapMs
      if (againMs > nowMs) {
        // Who asks now may have come after it was said.
        nextMs = Math.min(nextMs, againMs)
        continue
      }
      box.sentMs.set(key, nowMs)
      box.waiting.delete(key)
      answers.push(record)
    }
    if (box.waiting.size > 0) this.#schedule(channel, box, nextMs - nowMs)
    if (box.sentMs.size > SENT_KNOWN) box.sentMs.clear()
    if (answers.length === 0) return
    const additionals = this.#additionals(answers, channel)
    for (const bytes of encodeAll(message({ response: true, answers, additionals })))
      this.#transport.send(channel, bytes)
  }
}
