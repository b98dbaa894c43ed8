/**
 * Who may have a name (RFC 6762 §8.1, §8.2, §9): asks three times whether anybody has it, gives way to whoever does, and asks again
 * when somebody turns up with it later. All that is asked for at one time goes in one packet.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { dataOf, encode } from './encode.ts'
import { SENT_BYTES } from './limits.ts'
import { message, TYPE, type DnsRecord, type Message } from './message.ts'
import { nameKey } from './names.ts'
import type { Channel, Transport } from './transport.ts'

const PROBES = 3
const BETWEEN_MS = 250
/** Of our claims, with texts of the usual length, so many fit into a packet. */
const PROBED_AT_ONCE = 10
/** Who loses against another one that asks at the same moment lets it finish, in case it was an echo of ours. */
const YIELD_MS = 1000
/** So many conflicts in so long a time, and each further try waits, until one has success: somebody claims every name. */
const CONFLICTS = 15
const CONFLICTS_MS = 10_000
const CALM_MS = 5000

/** A name of ours: of a service, or of this computer. */
export interface Claim {
  /** How often it had to give way, plus one. */
  turn: number
  /** Full name of the `turn`. */
  readonly name: string
  /** What we would say under that name. */
  records(channel: Channel): readonly DnsRecord[]
  /** Whether a record under that name is as good as ours. */
  agrees(record: DnsRecord, channel: Channel): boolean
}

interface Probing {
  /** Keys of the channels where it is asked for. */
  readonly on: Set<string>
  sent: number
  holdUntilMs: number
  /** When it had to give way, the latest. */
  readonly lostMs: number[]
  isHopeless: boolean
}

export interface ProberOptions {
  readonly clock: Clock
  readonly transport: Transport
  readonly random: () => number
  /** Nobody else has it on these channels. */
  readonly onSettled: (claim: Claim, on: ReadonlySet<string>) => void
  /** It has another name now; on the `kept` channels nobody disputed the old one. */
  readonly onRenamed: (claim: Claim, old: string, kept: readonly Channel[]) => void
}

export class Prober implements Disposable {
  readonly #options: ProberOptions
  readonly #claims = new Set<Claim>()
  readonly #probing = new Map<Claim, Probing>()
  #timer: Disposable | undefined

  constructor(options: ProberOptions) {
    this.#options = options
  }

  /** Asks for it there, from the first question on. */
  probe(claim: Claim, channels: readonly Channel[]): void {
    this.#claims.add(claim)
    const known = this.#probing.get(claim)
    const on = new Set([...(known?.on ?? []), ...channels.map((each) => each.key)])
    const fresh = { holdUntilMs: 0, lostMs: [], isHopeless: false }
    this.#probing.set(claim, { ...(known ?? fresh), on, sent: 0 })
    this.#timer ??= this.#options.clock.after(this.#options.random() * BETWEEN_MS, () => this.#turn(), 'idle')
  }

  drop(claim: Claim): void {
    this.#claims.delete(claim)
    this.#probing.delete(claim)
  }

  /** Whether it may be spoken of there. */
  has(claim: Claim, channel: Channel): boolean {
    return this.#claims.has(claim) && !this.#probing.get(claim)?.on.has(channel.key)
  }

  heard(heard: Message, channel: Channel): void {
    if (heard.response) this.#response([...heard.answers, ...heard.additionals], channel)
    else if (heard.authorities.length > 0) this.#rival(heard.authorities, channel)
  }

  dispose(): void {
    this.#timer?.dispose()
    this.#claims.clear()
    this.#probing.clear()
  }

  #turn(): void {
    this.#timer = undefined
    const { clock, transport, onSettled } = this.#options
    const nowMs = clock.nowMs()
    const asked: [Claim, Probing][] = []
    for (const [claim, probing] of this.#probing) {
      if (probing.holdUntilMs > nowMs) continue
      if (probing.sent === PROBES) {
        this.#probing.delete(claim)
        onSettled(claim, probing.on)
      } else {
        probing.sent++
        asked.push([claim, probing])
      }
    }
    for (const channel of transport.channels) {
      const here = asked.filter(([, { on }]) => on.has(channel.key)).map(([claim]) => claim)
      for (let at = 0; at < here.length; at += PROBED_AT_ONCE)
        this.#ask(here.slice(at, at + PROBED_AT_ONCE), channel)
    }
    if (this.#probing.size > 0) this.#timer ??= clock.after(BETWEEN_MS, () => this.#turn(), 'idle')
  }

  /** In as few packets as may be: a claim and its records are not spread over several, as known answers are. */
  #ask(claims: readonly Claim[], channel: Channel): void {
    const probe = message({
      questions: claims.map(({ name }) => ({ name, type: 'ANY', unicast: false })),
      authorities: claims.flatMap((each) => [...each.records(channel)])
    })
    const bytes = encode(probe)
    if (bytes.length > SENT_BYTES && claims.length > 1) {
      const half = claims.length >> 1
      this.#ask(claims.slice(0, half), channel)
      this.#ask(claims.slice(half), channel)
    } else this.#options.transport.send(channel, bytes)
  }

  #response(records: readonly DnsRecord[], channel: Channel): void {
    // Who says goodbye has it no more.
    const owned = records.filter((each) => each.type !== 'PTR' && each.ttl > 0)
    if (owned.length === 0) return
    const names = new Set(owned.map((each) => nameKey(each.name)))
    for (const claim of [...this.#claims]) {
      const key = nameKey(claim.name)
      if (!names.has(key)) continue
      const theirs = owned.filter((each) => nameKey(each.name) === key)
      if (theirs.some((each) => !claim.agrees(each, channel))) this.#conflict(claim, channel)
    }
  }

  #conflict(claim: Claim, channel: Channel): void {
    const probing = this.#probing.get(claim)
    // Both had it, as after two networks became one: both ask again, and the one that answers first, or last in order, keeps it.
    if (!probing?.on.has(channel.key)) {
      this.probe(claim, [channel])
      return
    }
    // Nothing was asked that this could be the answer to: whoever claims every name makes us go through them no faster.
    if (probing.isHopeless && probing.holdUntilMs > this.#options.clock.nowMs()) return
    const { channels } = this.#options.transport
    const old = claim.name
    const kept = channels.filter((each) => !probing.on.has(each.key))
    claim.turn++
    probing.sent = 0
    for (const each of channels) probing.on.add(each.key)
    this.#calm(probing)
    this.#options.onRenamed(claim, old, kept)
  }

  #calm(probing: Probing): void {
    const nowMs = this.#options.clock.nowMs()
    const { lostMs } = probing
    lostMs.push(nowMs)
    if (lostMs.length > CONFLICTS) lostMs.shift()
    const isMany = lostMs.length === CONFLICTS && nowMs - (lostMs[0] ?? 0) < CONFLICTS_MS
    probing.isHopeless ||= isMany
    if (probing.isHopeless) probing.holdUntilMs = nowMs + CALM_MS
  }

  /** Another one asks for a name that we ask for: whose records come later in order has it (RFC 6762 §8.2). */
  #rival(authorities: readonly DnsRecord[], channel: Channel): void {
    for (const [claim, probing] of this.#probing) {
      if (!probing.on.has(channel.key)) continue
      const key = nameKey(claim.name)
      const theirs = authorities.filter((each) => nameKey(each.name) === key)
      if (theirs.length === 0 || theirs.every((each) => claim.agrees(each, channel))) continue
      if (compareSets(claim.records(channel), theirs) >= 0) continue
      probing.sent = 0
      probing.holdUntilMs = this.#options.clock.nowMs() + YIELD_MS
    }
  }
}

/** RFC 6762 §8.2.1: below 0 where the first ones come before the others. */
function compareSets(a: readonly DnsRecord[], b: readonly DnsRecord[]): number {
  const [ours, theirs] = [a, b].map((each) => each.map(sortable).sort((x, y) => x.compare(y)))
  for (let index = 0; ; index++) {
    const [one, other] = [ours?.[index], theirs?.[index]]
    if (!one || !other) return Number(!!one) - Number(!!other)
    const order = one.compare(other)
    if (order !== 0) return order
  }
}

/** All are of the class IN. */
function sortable(record: DnsRecord): Buffer {
  return Buffer.concat([Buffer.of(0, TYPE[record.type]), dataOf(record)])
}
