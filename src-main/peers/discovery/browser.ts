/** Looks for the services of others: asks on each channel, seldomer and seldomer (RFC 6762 §5.2), and keeps what it hears. */
import type { Clock } from '../../base/clock.ts'
import { Emitter, type Disposable } from '../../base/event.ts'
import { Cache } from './cache.ts'
import { SERVICE_TYPES, type Heard } from './discovery.ts'
import { encodeAll } from './encode.ts'
import { message, type Message, type Question } from './message.ts'
import type { Channel, ChannelChange, Packet, Transport } from './transport.ts'
import { typeName } from './zone.ts'

/** All computers of a network that came back ask now. */
const FIRST_MS = { least: 20, spread: 100 }
const BETWEEN_MS = 1000
const MOST_MS = 3_600_000
const TICK_MS = 1000
/** However fast things change, who listens is told ten times a second. */
const TELL_MS = 100
/** Fit into a packet with room for what is known. */
const QUESTIONS_PER_PACKET = 16

const BROWSED: readonly Question[] = SERVICE_TYPES.map((each) => ({
  name: typeName(each),
  type: 'PTR',
  unicast: false
}))

interface Asking {
  timer: Disposable | undefined
  nextMs: number
}

export interface BrowserOptions {
  readonly clock: Clock
  readonly transport: Transport
  readonly random: () => number
  readonly wallMs: () => number
  readonly isOwn: (instance: string) => boolean
}

export class Browser implements Disposable {
  readonly #options: BrowserOptions
  readonly #cache: Cache
  readonly #asking = new Map<string, Asking>()
  readonly #changed = new Emitter<void>()
  #ticking: Disposable | undefined
  #soon: Disposable | undefined
  #telling: Disposable | undefined

  readonly onChange = this.#changed.event

  constructor(options: BrowserOptions) {
    this.#options = options
    this.#cache = new Cache(options.isOwn)
    this.channelsChanged({ gone: [], fresh: options.transport.channels })
  }

  get heard(): readonly Heard[] {
    return this.#cache.heard()
  }

  /** Of others, never our own echo. */
  take({ channel, address }: Packet, { response, answers, additionals }: Message): void {
    if (!response) return
    const { clock, wallMs } = this.#options
    const nowMs = clock.nowMs()
    this.#cache.take([...answers, ...additionals], { channel, address, nowMs, wallMs: wallMs() })
    this.#settle()
  }

  channelsChanged({ gone, fresh }: ChannelChange): void {
    for (const each of gone) {
      this.#stop(each)
      this.#cache.lose(each, this.#options.clock.nowMs())
    }
    for (const each of fresh) this.#start(each)
    this.#settle()
  }

  /** Names of ours changed: what was somebody else's may be ours now. */
  ownChanged(): void {
    this.#cache.dropOwn()
    this.#settle()
  }

  refresh(): void {
    for (const each of this.#options.transport.channels) this.#start(each)
  }

  dispose(): void {
    for (const { timer } of this.#asking.values()) timer?.dispose()
    this.#asking.clear()
    for (const each of [this.#ticking, this.#soon, this.#telling]) each?.dispose()
    this.#changed.dispose()
  }

  /** From the first question on. */
  #start(channel: Channel): void {
    this.#stop(channel)
    const asking: Asking = { timer: undefined, nextMs: BETWEEN_MS }
    this.#asking.set(channel.key, asking)
    const turn = (): void => {
      this.#ask(channel, BROWSED)
      asking.timer = this.#options.clock.after(asking.nextMs, turn, 'idle')
      asking.nextMs = Math.min(asking.nextMs * 2, MOST_MS)
    }
    asking.timer = this.#options.clock.after(this.#within(FIRST_MS), turn, 'idle')
  }

  #stop({ key }: Channel): void {
    this.#asking.get(key)?.timer?.dispose()
    this.#asking.delete(key)
  }

  #ask(channel: Channel, questions: readonly Question[]): void {
    const answers = questions.some((each) => each.type === 'PTR')
      ? this.#cache.known(channel, this.#options.clock.nowMs())
      : []
    for (const bytes of encodeAll(message({ questions, answers })))
      this.#options.transport.send(channel, bytes)
  }

  #tick(): void {
    const { clock, transport } = this.#options
    const asks = this.#cache.tick(clock.nowMs(), transport.channels)
    for (const channel of transport.channels) {
      const questions = asks.get(channel.key) ?? []
      for (let at = 0; at < questions.length; at += QUESTIONS_PER_PACKET)
        this.#ask(channel, questions.slice(at, at + QUESTIONS_PER_PACKET))
    }
    this.#settle()
  }

  /** After anything happened: tells who listens, asks for what is missing, and looks again while anything is known. */
  #settle(): void {
    const { clock } = this.#options
    if (this.#cache.takeChanged())
      this.#telling ??= clock.after(
        TELL_MS,
        () => {
          this.#telling = undefined
          this.#changed.fire()
        },
        'idle'
      )
    if (this.#cache.takeAsking())
      this.#soon ??= clock.after(
        this.#within(FIRST_MS),
        () => {
          this.#soon = undefined
          this.#tick()
        },
        'idle'
      )
    if (this.#cache.size > 0) {
      this.#ticking ??= clock.every(TICK_MS, () => this.#tick(), 'idle')
    } else {
      this.#ticking?.dispose()
      this.#ticking = undefined
    }
  }

  #within({ least, spread }: { least: number; spread: number }): number {
    return least + this.#options.random() * spread
  }
}
