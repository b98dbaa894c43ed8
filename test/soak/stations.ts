/** The kinds of stations: a simulated echo, a device that is pulled out and held up, and one behind a link of two Farports. */
import { constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { ReadStream } from 'node:tty'
import type { BridgeState } from '../../src-main/contract/state.ts'
import type { Random } from '../random.ts'
import { Pluggable } from '../e2e/endurance/pluggable.ts'
import { emptyAccount, expectEqual, type Account } from './account.ts'
import { NetworkClient } from './client.ts'
import type { Farport } from './farport.ts'
import { Follower } from './follower.ts'
import { Station, heardBy, nextStream, type Bridges } from './station.ts'
import { bytesOf, type Stream } from './stream.ts'

const LISTEN = ['raw://127.0.0.1:0', 'telnet://127.0.0.1:0', 'rfc2217://127.0.0.1:0']
const ENOUGH = 64 * 1024

/** Devices that a moment ago were another one may still have bytes on their way. */
const RECENT = 3

export interface Surroundings {
  readonly farport: Farport
  readonly chance: Random
  readonly folder: string
}

export function makeStation(index: number, { farport, chance, folder }: Surroundings): Station {
  const name = `port-${index}`
  if (index % 4 === 0) return new EchoStation(name, farport, chance)
  if (index % 4 === 1) return new LinkStation(name, farport, chance, folder)
  return new PluggedStation(name, farport, chance, folder)
}

const portOf = (url: string): number => Number(/:(\d+)$/.exec(url)?.[1])

async function share(
  station: Station,
  farport: Farport,
  target: string,
  observed: boolean
): Promise<BridgeState> {
  return farport.call('share.start', {
    name: station.name,
    port: { target },
    listen: [...LISTEN, ...(observed ? [{ url: 'raw://127.0.0.1:0', observe: true }] : [])],
    maxClients: 5,
    wait: true
  })
}

/** Everything that arrives at the device comes back: a watcher follows what that is. */
class EchoStation extends Station {
  /** Its own alone: at another one it would receive other bytes, as a real device does. */
  protected override readonly baudRates = [115_200]
  #watcher: NetworkClient | undefined

  async start(): Promise<void> {
    const { id, addresses } = await share(this, this.farport, 'sim:echo', true)
    this.id = id
    this.ports = addresses.map(portOf)
    const watched = this.ports.at(-1) ?? 0
    this.ports = this.ports.slice(0, -1)
    this.#watcher = new NetworkClient(
      watched,
      'raw',
      nextStream(),
      () => this.upward(),
      (bytes) => this.device.receive(bytes)
    )
  }

  step(nowMs: number): void {
    this.clientsStep(nowMs)
  }

  async settle(): Promise<void> {
    await this.clientsLeave()
    this.#watcher?.end()
    await this.#watcher?.closed
    this.device.end()
  }

  account(bridges: Bridges): Account {
    const state = bridges[this.id]!
    const account = this.accountOfClients(state, heardBy(this.device))
    this.accountOfDevice(account, state)
    return account
  }

  protected downward(): Iterable<Stream> {
    return this.upward()
  }
}

/** A device of the soak's own, that speaks by itself. Each time it is plugged in it is another stream. */
abstract class WithDevice extends Station {
  protected readonly plug: Pluggable
  readonly #words: Stream[] = []
  #pluggedIn = false
  #changeAtMs = 0
  #heldUntilMs = 0

  constructor(name: string, farport: Farport, chance: Random, folder: string) {
    super(name, farport, chance)
    this.plug = new Pluggable(folder, (bytes) => this.device.receive(bytes), name)
  }

  protected plugIn(): void {
    this.#words.unshift({ id: nextStream(), sent: 0 })
    this.plug.plug()
    this.#pluggedIn = true
  }

  protected deviceStep(nowMs: number): void {
    const { chance, plug } = this
    if (!this.#pluggedIn) {
      if (nowMs >= this.#changeAtMs) this.plugIn()
      return
    }
    const dice = chance.below(1500)
    if (dice < 3) {
      this.faults.unplugs++
      plug.unplug(this.farport.pid)
      this.#pluggedIn = false
      this.#changeAtMs = nowMs + chance.below(3000)
    } else if (dice < 8 && nowMs > this.#heldUntilMs) {
      this.faults.holds++
      plug.hold()
      this.#heldUntilMs = nowMs + chance.below(4000)
    } else if (dice < 1200 && plug.open && plug.queued < ENOUGH) this.#speak(1 + chance.below(1500))
    if (nowMs >= this.#heldUntilMs) plug.release()
  }

  protected settleDevice(): void {
    if (!this.#pluggedIn) this.plugIn()
    this.plug.release()
  }

  protected downward(): Iterable<Stream> {
    return this.#words.slice(0, RECENT)
  }

  #speak(size: number): void {
    const [words] = this.#words
    if (!words) return
    this.plug.write(bytesOf(words.id, words.sent, size))
    words.sent += size
  }

  /** Of one stream of the device nothing is ever left out in the middle. */
  protected expectWhole(account: Account, heard: Follower): void {
    for (const { skippedLater } of heard.tallies.values())
      expectEqual(account, 'left out in the middle of what the device said', skippedLater, 0)
  }
}

class PluggedStation extends WithDevice {
  async start(): Promise<void> {
    this.plugIn()
    const { id, addresses } = await share(this, this.farport, this.plug.path, false)
    this.id = id
    this.ports = addresses.map(portOf)
  }

  step(nowMs: number): void {
    this.deviceStep(nowMs)
    this.clientsStep(nowMs)
  }

  async settle(): Promise<void> {
    this.settleDevice()
    await this.clientsLeave()
    await this.plug.atRest()
    this.device.end()
    this.plug.dispose()
  }

  account(bridges: Bridges): Account {
    const state = bridges[this.id]!
    const account = this.accountOfClients(state, 0)
    this.accountOfDevice(account, state)
    for (const { heard } of this.clients) this.expectWhole(account, heard)
    return account
  }
}

/** A program on a virtual port, which is a link to a share of the same Farport, whose device is the soak's. */
class LinkStation extends WithDevice {
  readonly #folder: string
  readonly #program: Stream = { id: nextStream(), sent: 0 }
  readonly #heard = new Follower(() => this.downward())
  #stream: ReadStream | undefined
  #unsent = 0
  #link = ''

  constructor(name: string, farport: Farport, chance: Random, folder: string) {
    super(name, farport, chance, folder)
    this.#folder = folder
  }

  async start(): Promise<void> {
    this.plugIn()
    const { id, addresses } = await share(this, this.farport, this.plug.path, false)
    this.id = id
    const path = join(this.#folder, `${this.name}-link`)
    const link = await this.farport.call('link.start', {
      name: `${this.name}-link`,
      port: { target: addresses[2] ?? '' },
      to: `pty:${path}`,
      hold: true
    })
    this.#link = link.id
    await this.farport.call('link.opened', { id: link.id })
    const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
    const stream = new ReadStream(fd)
    stream.on('data', (bytes: Buffer) => this.#heard.receive(bytes))
    stream.on('error', () => undefined)
    this.#stream = stream
    // What the device says before the link knows of the program is for nobody.
    while ((await this.farport.measure()).bridges[link.id]?.sessions.length !== 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }

  step(nowMs: number): void {
    this.deviceStep(nowMs)
    if (this.chance.below(3) > 0 && this.#unsent < ENOUGH) this.#send(1 + this.chance.below(1500))
  }

  async settle(): Promise<void> {
    this.settleDevice()
    await this.plug.atRest()
    this.device.end()
    this.#heard.end()
    this.#stream?.destroy()
    this.plug.dispose()
  }

  account(bridges: Bridges): Account {
    const [state, link] = [bridges[this.id]!, bridges[this.#link]!]
    const account = emptyAccount()
    this.accountOfDevice(account, state)
    const heard = heardBy(this.#heard)
    account.toDevice = this.#program.sent
    account.arrivedHere = heard
    account.lostToDevice += link.lostToDevice
    account.lostFromDevice += link.lostFromDevice
    expectEqual(
      account,
      'from the program to the device, missing',
      this.#program.sent - account.arrivedThere - account.lostToDevice,
      0
    )
    expectEqual(account, 'heard by the program, of what is counted', heard, link.bytesFromDevice)
    expectEqual(
      account,
      'from the device to the link, missing',
      state.bytesFromDevice - link.bytesFromDevice - link.lostFromDevice,
      0
    )
    expectEqual(account, 'heard by the program and never said', this.#heard.alien, 0)
    this.expectWhole(account, this.#heard)
    return account
  }

  protected override *upward(): Iterable<Stream> {
    yield this.#program
  }

  #send(size: number): void {
    const bytes = bytesOf(this.#program.id, this.#program.sent, size)
    this.#program.sent += size
    this.#unsent += size
    this.#stream?.write(bytes, () => (this.#unsent -= size))
  }
}
