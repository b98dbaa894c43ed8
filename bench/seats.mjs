/**
 * A contender in its place: the programs that were started, and the probe that is their devices and clients. Called by run.mjs.
 */
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { cpuSeconds, residentMebibytes } from './cpu.mjs'
import { Probe, stop } from './probe.mjs'

/** Between how many ports the memory of one is taken: with the first few, a program still loads what it loads once. */
const FEW = 8
const MANY = 64
/** What a program loads, it has loaded by then. */
const SETTLE_MS = 400
const LISTEN_MS = 5000

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

let links = 0

export class Seat {
  name
  #contender
  #scene
  #tools
  #probe
  #children = []
  /** Why it cannot be measured any more: a connection that is out of step stays so. */
  #broken

  /** `tools`: {directory, build}; see contenders.mjs. */
  constructor(contender, scene, tools) {
    this.name = contender.name
    this.#contender = contender
    this.#scene = scene
    this.#tools = tools
  }

  /** False: this contender does no such thing. Rejects where it would not run. */
  async start() {
    const { protocol = 'raw', devices = 1, clients = 1, dials, seatless, of } = this.#scene
    const { speaks = ['raw'], plain, share, connect, special = false } = this.#contender
    if (of ? !of.includes(this.name) : special) return false
    if (dials ? !connect : !share || !speaks.includes(protocol)) return false
    if (seatless) return true
    if (dials) {
      await this.#connect()
      return true
    }
    const shared = await this.#share(devices, clients, protocol)
    if (!shared) return false
    await this.#probe.ask('connect', ...shared.ports)
    if (protocol === 'telnet') await this.#probe.ask('ff', plain ? 1 : 2)
    return true
  }

  /** One call of the scene, for this part of its time. {error} where it failed; never rejects. */
  async measure(name, part) {
    if (this.#broken) return { error: this.#broken }
    const { own, command, ms, together } = this.#scene.calls[name]
    try {
      if (own) return await this[own]()
      if (together) await this.#probe.ask('together', this.#children[0].pid)
      const before = this.#cpuSeconds
      const answer = await this.#probe.ask(...command, Math.round(ms * part))
      const after = this.#cpuSeconds
      if (together) await this.#probe.ask('apart', this.#children[0].pid)
      return { ...answer, cpuSeconds: after - before }
    } catch (error) {
      this.#broken = error.message
      return { error: error.message }
    }
  }

  /** From the start of the program until it listens, and what it has in memory then, with nobody there. */
  async startUp() {
    try {
      const { ports, announced, begunMs } = await this.#share(1, 1, 'raw')
      if (!announced) await listens(ports[0])
      const ms = performance.now() - begunMs
      await later(SETTLE_MS)
      return { ms, mebibytes: this.#mebibytes }
    } finally {
      await this.stop()
    }
  }

  /** What each further port takes, with a client that is connected and silent. */
  async memory() {
    const [few, many] = [await this.#memoryOf(FEW), await this.#memoryOf(MANY)]
    return { mebibytes: (many - few) / (MANY - FEW) }
  }

  async stop() {
    const children = this.#children.splice(0)
    await Promise.all([...children.map(stop), this.#probe?.stop()])
    this.#probe = undefined
  }

  async #memoryOf(count) {
    try {
      const { ports } = await this.#share(count, 1, 'raw')
      await this.#probe.ask('connect', ...ports)
      await later(SETTLE_MS)
      return this.#mebibytes
    } finally {
      await this.stop()
    }
  }

  /** What the contender answers, and when it was asked; undefined: it does no such thing. */
  async #share(devices, clients, protocol) {
    this.#probe =
      devices * clients === 1 && !this.#scene.seatless
        ? await Probe.start(this.#tools.build('probe'))
        : await Probe.start(this.#tools.build('crowd'), [String(devices), String(clients)])
    const place = { devices: this.#probe.ptys, clients, protocol, directory: this.#tools.directory }
    const begunMs = performance.now()
    const shared = await this.#contender.share(place)
    if (!shared) return undefined
    this.#children = shared.children
    return { ...shared, begunMs }
  }

  async #connect() {
    this.#probe = await Probe.start(this.#tools.build('probe'))
    const { port } = await this.#probe.ask('listen')
    const link = join(this.#tools.directory, `virtual-${++links}`)
    const { children } = await this.#contender.connect({ port, link })
    this.#children = children
    await this.#probe.ask('accept', link)
  }

  get #cpuSeconds() {
    return this.#children.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0)
  }

  get #mebibytes() {
    return this.#children.reduce((sum, { pid }) => sum + residentMebibytes(pid), 0)
  }
}

/** Resolves when somebody accepts there. */
async function listens(port) {
  for (const giveUpMs = performance.now() + LISTEN_MS; ;) {
    const socket = createConnection({ port, host: '127.0.0.1' })
    try {
      await once(socket, 'connect')
      return
    } catch (error) {
      if (error.code !== 'ECONNREFUSED' || performance.now() > giveUpMs) throw error
      await later(1)
    } finally {
      socket.destroy()
    }
  }
}
