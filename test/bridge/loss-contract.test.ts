/**
 * The loss contract, on random scripts: whatever sessions, devices and time do, each byte that was accepted is delivered,
 * in order and once, or it is counted as lost for its session. Bytes come in words of four: the sender, and its count.
 */
import { describe, expect, it } from 'vitest'
import { Share, type ShareOptions, type ShareRules } from '../../src-main/bridge/share.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import type { Direction } from '../../src-main/contract/traffic.ts'
import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'
import { MemorySession, MemorySource } from '../../src-main/sessions/memory.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { Random } from '../random.ts'

const OPERATIONS = 120
const SCRIPTS = 25
const AWAY = new Fault('device-missing', 'It is away. Plug it in.')

class Words {
  readonly #sender: number
  #count = 0

  constructor(sender: number) {
    this.#sender = sender
  }

  get sentBytes(): number {
    return this.#count * 4
  }

  take(count: number): Uint8Array {
    const words = new Uint32Array(count)
    for (let i = 0; i < count; i += 1) words[i] = this.#sender * 0x1_00_00_00 + this.#count++
    return new Uint8Array(words.buffer)
  }
}

/** … of these senders; a word of a later one is the greater. */
function wordsOf(received: Uint8Array, ...senders: number[]): number[] {
  const words = new Uint32Array(received.slice().buffer)
  return [...words].filter((word) => senders.includes(Math.floor(word / 0x1_00_00_00)))
}

function expectOrder(words: readonly number[]): void {
  expect(words.every((word, i) => i === 0 || word > words[i - 1]!)).toBe(true)
}

interface Client {
  readonly id: number
  readonly session: MemorySession
  readonly words: Words
  /** Of the paired computer that all of them are; each may come again. */
  readonly use: string
  /** From the device while it was here. */
  heardBytes: number
}

type Policy = Pick<ShareOptions, 'writers' | 'newcomer' | 'maxClients' | 'keepOpenMs' | 'inactivityMs'> & {
  /** People pass control on all the time. */
  readonly passed?: true
  /** Sources come and go, and the rules change. */
  readonly amended?: true
}

const RULES: readonly ShareRules[] = [
  { writers: 'one', newcomer: 'take-over' },
  { writers: 'all', keepOpenMs: 2000, inactivityMs: 700 },
  { writers: 'none', hold: true },
  { writers: 'one', newcomer: 'kick-old', maxClients: 2, keepSettings: true },
  {}
]

const POLICIES: readonly (readonly [what: string, policy: Policy])[] = [
  ['one of the sessions writing', { writers: 'one' }],
  ['all of the sessions writing', { writers: 'all' }],
  ['newcomers that take over', { newcomer: 'take-over', keepOpenMs: 2000 }],
  ['newcomers that kick the old ones', { newcomer: 'kick-old', maxClients: 2 }],
  ['sessions that are inactive', { inactivityMs: 700, writers: 'all' }],
  ['control that is passed on', { passed: true, keepOpenMs: 2000 }],
  ['sources that come and go, and other rules', { amended: true }]
]

async function play(seed: number, policy: Policy): Promise<void> {
  const random = new Random(seed)
  const clock = new FakeClock()
  const device = new MemoryPortSource('device', (settings) => {
    const highWater = random.pick([0, 4000, 200_000])
    return new MemoryPort({ clock, settings, highWater, lowWater: highWater / 4 })
  })
  const doors = [new MemorySource()]
  const settings = { baudRate: 9600 }
  const share = new Share({
    id: '1',
    name: 'random',
    port: device,
    sources: doors,
    settings,
    ...policy,
    clock
  })
  const lost = new Map<string, number>()
  const present = new Set<Client>()
  const everybody: Client[] = []
  const deviceWords = new Words(200)

  share.tap({
    bytes: (_timeMs, direction, _session, { length }) => {
      if (direction === 'from-device') for (const client of present) client.heardBytes += length
    },
    event: (_timeMs, event) => {
      // A device that goes on because the old one was kicked says nothing to the newcomer before it is there.
      if (event.type === 'attached') present.add(everybody[event.session - 1]!)
      if (event.type === 'detached')
        for (const client of present) if (client.id === event.session) present.delete(client)
      if (event.type !== 'lost') return
      const key = `${event.direction} ${event.session}`
      lost.set(key, (lost.get(key) ?? 0) + event.bytes)
    }
  })
  const come = (use: string): void => {
    const id = everybody.length + 1
    const session = new MemorySession(`client ${id}`, { clock, peer: 'peer', use })
    const client: Client = { id, session, words: new Words(id), use, heardBytes: 0 }
    everybody.push(client)
    random.pick(doors).connect(session)
  }
  const join = (): void => {
    if (present.size < 5) come(`use ${everybody.length}`)
  }
  const comeAgain = (): void => {
    const client = some()
    if (client) come(client.use)
  }
  /** What people do with some session; for one that only watches just now there is nothing to ask for. */
  const decide = (step: (id: number) => void) => (): void => {
    const [session] = share.state.sessions.filter(({ id, observes }) => id === some()?.id && !observes)
    if (session) step(session.id)
  }
  /** The one that the share holds: nothing happens to a port between its birth and its owner. */
  const port = (): MemoryPort | undefined =>
    share.state.state.type === 'idle' || share.state.state.type === 'opening'
      ? undefined
      : device.ports.at(-1)
  const some = (): Client | undefined => (present.size > 0 ? random.pick([...present]) : undefined)

  const all: (() => unknown)[] = [
    () => some()?.session.end(),
    () => some()?.session.cut(),
    () => some()?.session.stall(),
    () => some()?.session.take(4 * random.below(100_000)),
    () => some()?.session.flow(),
    () => some()?.session.ask({ baudRate: 300 + random.below(1000) }),
    () => some()?.session.askControl({ dtr: random.below(2) === 0 }),
    () => port()?.stall(),
    () => port()?.take(4 * random.below(10_000)),
    () => port()?.flow(),
    () => port()?.holdApplies(),
    () => port()?.answerApplies(),
    () => port()?.unplug(),
    () => device.fail(random.below(2) === 0 ? AWAY : undefined),
    () => device.appear(),
    () => clock.advance(random.pick([1, 10, 60, 600, 6000])),
    () => settle()
  ]
  const decisions: (() => unknown)[] = [
    comeAgain,
    decide((id) => share.ask(id)),
    decide((id) => share.grant(id)),
    decide((id) => share.takeOver(id)),
    decide((id) => share.decline(id)),
    decide((id) => share.restrict(id, true)),
    () => share.state.sessions.forEach(({ id }) => share.restrict(id, false)),
    decide((id) => share.disconnect(id, DONE))
  ]
  const amendments: (() => unknown)[] = [
    () => {
      doors.splice(random.below(doors.length + 1), 0, new MemorySource(`memory:${everybody.length}`))
      return share.arrange(doors)
    },
    () => {
      const at = random.below(doors.length)
      if (doors.length > 1) void share.shut(doors.splice(at, 1)[0]!, DONE, () => random.below(2) === 0)
    },
    () => share.amend(random.pick(RULES))
  ]
  // Each script has its own mood: one never lets go what stalled, another never loses its device.
  const operations: (() => unknown)[] = [
    join,
    ...[...all, ...(policy.passed ? decisions : []), ...(policy.amended ? amendments : [])].filter(
      () => random.below(4) > 0
    )
  ]
  const traffic = (): void => {
    const client = some()
    if (client?.session.open) client.session.send(client.words.take(1 + random.below(2000)))
    if (port() && !port()?.ended) port()?.send(deviceWords.take(1 + random.below(10_000)))
  }

  for (let i = 0; i < OPERATIONS; i += 1) {
    const outcome = random.pick(operations)()
    if (outcome instanceof Promise) await outcome
    traffic()
  }
  // The end, some of it within its limit and some of it not.
  port()?.answerApplies()
  if (random.below(2) === 0) port()?.flow()
  const closed = share.close(2000)
  await clock.advance(2001)
  await closed
  expect(clock.pending).toBe(0)

  const lostOf = (direction: Direction, id: number): number => lost.get(`${direction} ${id}`) ?? 0
  const toDevice = device.ports.map((each) => each.received)
  for (const { id, session, words, heardBytes } of everybody) {
    const delivered = toDevice.flatMap((received) => wordsOf(received, id))
    expectOrder(delivered)
    expect(delivered.length * 4 + lostOf('to-device', id) + session.unread).toBe(words.sentBytes)
    expectOrder(wordsOf(session.received, 200))
    expect(session.received.length + lostOf('from-device', id)).toBe(heardBytes)
  }
  // Whoever came again says nothing before what it said on its connection of before.
  for (const received of toDevice)
    for (const each of new Set(everybody.map(({ use }) => use)))
      expectOrder(wordsOf(received, ...everybody.flatMap(({ use, id }) => (use === each ? [id] : []))))
  const sum = (direction: Direction): number =>
    everybody.reduce((all, { id }) => all + lostOf(direction, id), 0)
  expect(share.state).toMatchObject({
    state: { type: 'idle' },
    sessions: [],
    bytesToDevice: toDevice.reduce((all, { length }) => all + length, 0),
    lostToDevice: sum('to-device'),
    lostFromDevice: sum('from-device')
  })
}

describe.each(POLICIES)('with %s', (_what, policy) => {
  it.each(Array.from({ length: SCRIPTS }, (_, i) => 7919 * (i + 1)))(
    'script %i loses no byte untold',
    (seed) => play(seed, policy)
  )
})
