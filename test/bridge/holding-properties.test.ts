/**
 * Whoever comes, leaves, asks, is given, taken or forbidden what, in whatever order: a share tells the same of everybody as a
 * small model of the rules does, refuses with the same reason, and passes on the bytes of just those who may write.
 */
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Share, ShareOptions } from '../../src-main/bridge/share.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import type { MemorySession } from '../../src-main/sessions/memory.ts'
import { settle } from '../fake-clock.ts'
import { closeAll, share } from './junction-bench.ts'
import { bytes, text } from './setup.ts'

closeAll()
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

const MAX_CLIENTS = 5
const OUT = { code: 'done', message: 'out' } as const
const STEPS = ['ask', 'grant', 'takeOver', 'decline'] as const

type Policy = Pick<ShareOptions, 'writers' | 'newcomer'>
/** `who` counts those who were here, the last to come first; beyond them it is nobody. */
type Command =
  | { readonly type: 'join'; readonly use: number; readonly observe: boolean; readonly takeOver: boolean }
  | { readonly type: 'leave' | 'end-input' | 'send' | 'disconnect'; readonly who: number }
  | { readonly type: (typeof STEPS)[number]; readonly who: number }
  | { readonly type: 'restrict'; readonly who: number; readonly observe: boolean }
  | { readonly type: 'disconnect-all' }

const who = fc.nat(7)
const command: fc.Arbitrary<Command> = fc.oneof(
  // Use 0 is none: whoever does not say is nobody's other self.
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('join' as const),
      use: fc.nat(3),
      observe: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      takeOver: fc.integer({ min: 0, max: 4 }).map((n) => n === 0)
    })
  },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constantFrom(...STEPS, 'leave' as const, 'send' as const), who })
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom('end-input' as const, 'disconnect' as const), who })
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('restrict' as const), who, observe: fc.boolean() })
  },
  { weight: 1, arbitrary: fc.constant({ type: 'disconnect-all' as const }) }
)

/** One session as the rules see it. All times are numbers of commands. */
interface Person {
  readonly id: number
  readonly use: number
  /** Since when it is one of those who may write; undefined: it only watches. */
  inRow: number | undefined
  /** When it was given control last. */
  held: number
  since: number | undefined
  asked: number | undefined
  ended: boolean
}

/** The rules, without a row: who is next is found out anew each time. */
class Model {
  readonly #policy: Policy
  #people: Person[] = []
  #holder: Person | undefined
  #lastId = 0
  #time = 0

  constructor(policy: Policy) {
    this.#policy = policy
  }

  get lastId(): number {
    return this.#lastId
  }

  tick(): void {
    this.#time += 1
  }

  /** False: refused. */
  join(use: number, observe: boolean, takeOver: boolean): boolean {
    const old = use === 0 ? undefined : this.#people.find((each) => each.use === use)
    if (!old && this.#people.length === MAX_CLIENTS) return false
    const fresh = { use, held: -1, since: undefined, asked: undefined, ended: false }
    const person: Person = {
      ...fresh,
      id: (this.#lastId += 1),
      inRow: observe ? undefined : this.#time
    }
    if (old?.inRow !== undefined && !observe)
      Object.assign(person, { inRow: old.inRow, held: old.held, since: old.since, asked: old.asked })
    this.#people = [...this.#people, person]
    const takes = this.#policy.writers === 'one' && (takeOver || this.#policy.newcomer === 'take-over')
    if (this.#holder && this.#holder === old && !observe) this.#holder = person
    else if (!observe && !old && takes) this.#hold(person)
    if (old) this.leave(old.id)
    this.#settle()
    return true
  }

  leave(id: number): void {
    this.#people = this.#people.filter((each) => each.id !== id)
    if (this.#holder?.id === id) this.#holder = undefined
    this.#settle()
  }

  leaveAll(): number {
    const { length } = this.#people
    for (const { id } of this.#people) this.leave(id)
    return length
  }

  endInput(id: number): void {
    const person = this.#find(id)
    if (!person) return
    person.ended = true
    this.#watch(person)
  }

  restrict(id: number, observe: boolean): string {
    const person = this.#find(id)
    if (!person) return this.#nobody(id)
    if (observe) this.#watch(person)
    else if (!person.ended) person.inRow ??= this.#time
    this.#settle()
    return 'ok'
  }

  step(step: (typeof STEPS)[number], id: number): string {
    const person = this.#find(id)
    if (!person) return this.#nobody(id)
    if (this.#policy.writers !== 'one') return 'policy'
    if (person.inRow === undefined) return person.ended ? 'ended' : 'watches'
    if (step === 'ask' && person !== this.#holder) person.asked ??= this.#time
    if (step === 'decline') person.asked = undefined
    if (step === 'grant' || step === 'takeOver') this.#hold(person)
    return 'ok'
  }

  disconnect(id: number): string {
    if (!this.#find(id)) return this.#nobody(id)
    this.leave(id)
    return 'ok'
  }

  mayWrite(id: number): boolean {
    const person = this.#find(id)
    if (!person) return false
    if (this.#policy.writers === 'all') return person.inRow !== undefined
    return person === this.#holder
  }

  get seen(): unknown {
    return this.#people.map((each) => ({
      id: each.id,
      writer: this.mayWrite(each.id),
      observes: this.#policy.writers === 'none' || each.inRow === undefined,
      holdsSince: each === this.#holder ? each.since : undefined,
      asksSince: each.asked
    }))
  }

  #find(id: number): Person | undefined {
    return this.#people.find((each) => each.id === id)
  }

  #nobody(id: number): string {
    return id >= 1 && id <= this.#lastId ? 'left' : 'nobody'
  }

  #watch(person: Person): void {
    Object.assign(person, { inRow: undefined, held: -1, asked: undefined })
    if (this.#holder === person) this.#holder = undefined
    this.#settle()
  }

  #hold(person: Person): void {
    if (this.#holder === person) return
    this.#holder = person
    // Two may be given it within one command, where one of them leaves at once.
    person.held = this.#time
    person.since = this.#time
    person.asked = undefined
  }

  /** Whoever asked first; else whoever held it last; else whoever may write for longest. */
  #settle(): void {
    if (this.#policy.writers !== 'one' || this.#holder) return
    const row = this.#people.filter(({ inRow }) => inRow !== undefined)
    const [next] = row.sort(
      (a, b) =>
        (a.asked ?? Infinity) - (b.asked ?? Infinity) ||
        b.held - a.held ||
        (a.inRow ?? 0) - (b.inRow ?? 0) ||
        a.id - b.id
    )
    if (next) this.#hold(next)
  }
}

const REASONS: readonly (readonly [reason: string, words: RegExp])[] = [
  ['nobody', /^There is no client \d+ here\./],
  ['left', /^Client \d+ has left already\.$/],
  ['policy', /^(Everybody|Nobody) may write here: /],
  ['watches', /^Client \d+ \(.*\) may only watch\. /],
  ['ended', /^Client \d+ \(.*\) has said that it sends no more/]
]

/** `ok`, or the model's word for the Fault. */
function outcome(call: () => unknown): string {
  try {
    call()
    return 'ok'
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'usage') throw error
    return REASONS.find(([, words]) => words.test(error.message))?.[0] ?? error.message
  }
}

function seen(bridge: Share): unknown {
  const time = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms - 1_000_000)
  return bridge.state.sessions.map(({ id, writer, observes, holdsSince, asksSince }) => ({
    id,
    writer,
    observes,
    holdsSince: time(holdsSince),
    asksSince: time(asksSince)
  }))
}

async function play(policy: Policy, commands: readonly Command[]): Promise<void> {
  const { bridge, device, connect, connectPeer } = share({ ...policy, maxClients: MAX_CLIENTS, hold: true })
  await settle()
  const model = new Model(policy)
  const sessions = new Map<number, MemorySession>()
  let expected = ''
  let lost = 0
  for (const [n, each] of commands.entries()) {
    model.tick()
    vi.setSystemTime(1_000_000 + n + 1)
    const id = 'who' in each ? Math.max(0, model.lastId + 1 - each.who) : 0
    const session = sessions.get(id)
    switch (each.type) {
      case 'join': {
        const terms = { observe: each.observe, takeOver: each.takeOver }
        const newcomer = connectPeer('peer', each.use === 0 ? undefined : `use ${each.use}`, { terms })
        const admitted = model.join(each.use, each.observe, each.takeOver)
        expect(newcomer.closeReason?.code).toBe(admitted ? undefined : 'refused')
        if (admitted) sessions.set(model.lastId, newcomer)
        break
      }
      case 'leave':
        session?.cut()
        model.leave(id)
        break
      case 'end-input':
        if (session?.ended === false) session.endInput()
        model.endInput(id)
        break
      case 'send': {
        if (!session?.open) break
        session.send(bytes(`${id},`))
        if (model.mayWrite(id)) expected += `${id},`
        else lost += `${id},`.length
        break
      }
      case 'ask':
      case 'grant':
      case 'takeOver':
      case 'decline':
        expect(outcome(() => bridge[each.type](id))).toBe(model.step(each.type, id))
        break
      case 'restrict':
        expect(outcome(() => bridge.restrict(id, each.observe))).toBe(model.restrict(id, each.observe))
        break
      case 'disconnect':
        expect(outcome(() => bridge.disconnect(id, OUT))).toBe(model.disconnect(id))
        break
      case 'disconnect-all':
        expect(bridge.disconnect(undefined, OUT)).toBe(model.leaveAll())
        break
    }
    expect(seen(bridge)).toEqual(model.seen)
    // What those who left sent is out, so that everybody's bytes stand in the order in which they were sent.
    await settle()
  }
  expect(text(device.port.received)).toBe(expected)
  expect(bridge.state).toMatchObject({ bytesToDevice: expected.length, lostToDevice: lost })
  // It is as usable as before: whoever comes alone writes.
  bridge.disconnect(undefined, OUT)
  await settle()
  connect().send(bytes('end'))
  await settle()
  expect(text(device.port.received)).toBe(policy.writers === 'none' ? expected : `${expected}end`)
}

describe.each<readonly [string, Policy, number]>([
  ['one writes', { writers: 'one' }, 150],
  ['one writes, and newcomers take over', { writers: 'one', newcomer: 'take-over' }, 80],
  ['all write', { writers: 'all' }, 30],
  ['nobody writes', { writers: 'none' }, 15]
])('where %s', (_what, policy, numRuns) => {
  it('a share does as the rules say', () =>
    fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60, size: 'max' }), (commands) =>
        play(policy, commands)
      ),
      { numRuns }
    ))
})
