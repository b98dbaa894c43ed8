/**
 * One shared port with its device and its clients, all of whom the soak holds in its hands: what they do next is chance, and where
 * each byte went is known. See stations.ts for the kinds.
 */
import type { BridgeState } from '../../src-main/contract/state.ts'
import type { Random } from '../random.ts'
import { emptyAccount, expectCutOff, expectEqual, type Account } from './account.ts'
import { NetworkClient, type Protocol } from './client.ts'
import type { Farport } from './farport.ts'
import { Follower } from './follower.ts'
import { readSeams } from './reading.ts'
import type { Client } from './readings.ts'
import type { Stream } from './stream.ts'

export type Bridges = Readonly<Record<string, BridgeState>>

const PROTOCOLS: readonly Protocol[] = ['raw', 'telnet', 'rfc2217']

/** Clients at once; Farport lets in as many, so now and then one is refused. */
const MOST_CLIENTS = 5
/** Of those who were here before, so many may have bytes on their way. */
const RECENT = 40
const STALL_MS = 3000

let lastStream = 0

export const nextStream = (): number => ++lastStream

export abstract class Station {
  readonly name: string
  /** What gets to the device, and who sent it. */
  readonly device: Follower
  readonly faults = { unplugs: 0, holds: 0, kills: 0, stalls: 0, clients: 0 }
  protected readonly farport: Farport
  protected readonly chance: Random
  /** What clients set. */
  protected readonly baudRates: readonly number[] = [9600, 57_600, 115_200]
  protected id = ''
  protected ports: readonly number[] = []
  /** All there ever were. */
  readonly #clients: NetworkClient[] = []
  readonly #stalled = new Map<NetworkClient, number>()
  /** What was told of clients by their numbers. */
  readonly #lost = new Map<number, { to: number; from: number }>()
  protected toldToDevice = 0
  protected toldFromDevice = 0

  constructor(name: string, farport: Farport, chance: Random) {
    this.name = name
    this.farport = farport
    this.chance = chance
    this.device = new Follower(() => this.upward())
  }

  abstract start(): Promise<void>

  /** One step of chance; `nowMs` is the monotonic clock. */
  abstract step(nowMs: number): void

  /** No faults any more: everything that still moves comes to rest, and everybody leaves. */
  abstract settle(): Promise<void>

  /** One line for people that Farport told of this station. */
  notice(text: string): void {
    const came = /^client (\d+) connected: \S+:(\d+)$/.exec(text)
    const client = came && this.#clients.findLast(({ port }) => port === Number(came[2]))
    if (client) client.session = Number(came[1])
    const lost = /^lost (\d+) bytes(?: of client (\d+))? (to|from) the device/.exec(text)
    if (!lost) return
    const bytes = Number(lost[1])
    const direction = lost[3] === 'to' ? 'to' : 'from'
    const before = this.#lost.get(Number(lost[2] ?? 0)) ?? { to: 0, from: 0 }
    this.#lost.set(Number(lost[2] ?? 0), { ...before, [direction]: before[direction] + bytes })
    if (direction === 'to') this.toldToDevice += bytes
    else this.toldFromDevice += bytes
  }

  /** What clients may hear. */
  protected abstract downward(): Iterable<Stream>

  /** What the device may hear, those who may just speak first. */
  protected *upward(): Iterable<Stream> {
    for (const { stream } of this.#clients.slice(-RECENT).reverse()) yield stream
    for (const { stream, over } of this.#clients.slice(0, -RECENT)) if (!over) yield stream
  }

  protected clientsStep(nowMs: number): void {
    const { chance } = this
    const here = this.#clients.filter(({ over }) => !over)
    if (here.length < MOST_CLIENTS && chance.below(12) === 0) this.#come()
    for (const client of here) {
      // Not yet connected: nobody could tell afterwards which one of Farport's clients it was.
      if (!client.connected) continue
      const dice = chance.below(400)
      if (dice < 6) client.end()
      else if (dice < 9) {
        this.faults.kills++
        client.kill()
      } else if (dice < 12) {
        this.faults.stalls++
        client.stall(true)
        this.#stalled.set(client, nowMs + chance.below(STALL_MS))
      } else if (dice < 18) client.setBaudRate(chance.pick(this.baudRates))
      else if (dice < 24) client.send(1 + chance.below(64 * 1024))
      else if (dice < 250) client.send(1 + chance.below(1500))
    }
    for (const [client, untilMs] of this.#stalled)
      if (nowMs >= untilMs) {
        client.stall(false)
        this.#stalled.delete(client)
      }
  }

  #come(): void {
    this.faults.clients++
    const kind = this.chance.below(this.ports.length)
    const client = new NetworkClient(
      this.ports[kind] ?? 0,
      PROTOCOLS[kind % PROTOCOLS.length] ?? 'raw',
      nextStream(),
      () => this.downward()
    )
    this.#clients.push(client)
  }

  /** Everybody goes, and hears what there still is to hear. */
  protected async clientsLeave(): Promise<void> {
    for (const client of this.#clients) {
      client.stall(false)
      client.end()
    }
    await Promise.all(this.#clients.map(({ closed }) => closed))
  }

  /** The clients' part. `state`: at rest, after everybody left. */
  protected accountOfClients(state: BridgeState, others: number): Account {
    const account = emptyAccount()
    account.doubtful = readSeams(this.device, this.#writers())
    let cut = false
    let inDoubt = 0
    let heard = others
    for (const client of this.#clients) {
      const { stream, closedInOrder, session = -1 } = client
      const lostToDevice = this.#lost.get(session)?.to ?? 0
      const { arrived, position } = this.device.tally(stream.id)
      account.toDevice += stream.sent
      // It was not let in: what it heard is why.
      if (client.session === undefined) {
        expectCutOff(account, 'to the device from a client that was not let in, too many', stream.sent)
        expectEqual(account, 'to the device from a client that was not let in', arrived, 0)
        continue
      }
      heard += heardBy(client.heard)
      expectEqual(account, `heard by client ${session} and never said`, client.heard.alien, 0)
      const missing = stream.sent - arrived - lostToDevice
      if (closedInOrder) expectEqual(account, `to the device from client ${session}, missing`, missing, 0)
      else {
        cut = true
        inDoubt += this.#lost.get(session)?.from ?? 0
        // What it took with it was the last of what it sent: all before the last byte that arrived is known of.
        const holes = missing - (stream.sent - position)
        if (holes > 0)
          expectEqual(account, `to the device from client ${session}, missing in the middle`, holes, 0)
        expectCutOff(account, `to the device from client ${session}, too many`, missing)
      }
    }
    account.arrivedHere = heard
    const unheard = state.bytesFromDevice - heard
    // Who breaks off may have heard what it did not acknowledge any more: that counts as lost, since nobody can know.
    if (cut)
      expectCutOff(account, 'from the device, too many', Math.max(unheard, Math.min(0, unheard + inDoubt)))
    else expectEqual(account, 'from the device, missing', unheard, 0)
    return account
  }

  /** The device's part, and what Farport says of it. */
  protected accountOfDevice(account: Account, state: BridgeState): void {
    const arrived = heardBy(this.device)
    account.arrivedThere = arrived
    account.lostToDevice = state.lostToDevice
    account.lostFromDevice = state.lostFromDevice
    expectEqual(account, 'at the device and never sent', this.device.alien, 0)
    expectEqual(account, 'arrived at the device, of what is counted', arrived, state.bytesToDevice)
    expectEqual(account, 'told of what was lost to the device', this.toldToDevice, state.lostToDevice)
    expectEqual(account, 'told of what was lost from the device', this.toldFromDevice, state.lostFromDevice)
  }

  /** `bridges`: what Farport says of all of them, at rest. */
  abstract account(bridges: Bridges): Account

  protected get clients(): readonly NetworkClient[] {
    return this.#clients
  }

  /** All who were let in, one after the other: so they have their turns to write. */
  #writers(): Client[] {
    return this.#clients
      .filter(({ session }) => session !== undefined)
      .sort((a, b) => (a.session ?? 0) - (b.session ?? 0))
      .map(({ stream, session = -1, closedInOrder }) => ({
        stream,
        lost: this.#lost.get(session)?.to ?? 0,
        exact: closedInOrder
      }))
  }
}

export function heardBy({ tallies, alien }: Follower): number {
  return [...tallies.values()].reduce((sum, { arrived }) => sum + arrived, alien)
}
