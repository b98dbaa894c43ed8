/** Thousands of sessions on one port, each leaving at another moment: every byte is in a column, and nothing is left of them. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Disposable } from '../../src-main/base/event.ts'
import { Link } from '../../src-main/bridge/link.ts'
import { Share } from '../../src-main/bridge/share.ts'
import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'
import { MemorySession, MemorySource } from '../../src-main/sessions/memory.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { Random } from '../random.ts'

const VISITS = 2000
const EVENTS = ['onData', 'onDrain', 'onClose', 'onModemState', 'onLineState', 'onSettings'] as const

/** A port that knows how many listen to it. */
class CountingPort extends MemoryPort {
  listeners = 0

  constructor(options: ConstructorParameters<typeof MemoryPort>[0]) {
    super(options)
    for (const name of EVENTS) {
      const event = this[name] as (listener: (value: never) => void) => Disposable
      Object.defineProperty(this, name, {
        value: (listener: (value: never) => void) => {
          const subscription = event(listener)
          let taken = true
          this.listeners += 1
          return {
            dispose: () => {
              subscription.dispose()
              if (taken) this.listeners -= 1
              taken = false
            }
          }
        }
      })
    }
  }
}

describe.each(['one', 'all', 'link'] as const)('%s: thousands of visits', (kind) => {
  it('leave exact counts and nothing else', async () => {
    const chance = new Random(2217)
    const random = (limit: number): number => chance.below(limit)
    const clock = new FakeClock()
    const ports: CountingPort[] = []
    const device = new MemoryPortSource('device', (settings) => {
      const port = new CountingPort({ clock, settings, highWater: 40, lowWater: 10 })
      ports.push(port)
      return port
    })
    const warnings: Error[] = []
    const warned = (warning: Error): number => warnings.push(warning)
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    const door = new MemorySource()
    const common = { id: '1', name: 'soak', port: device, sources: [door], clock }
    const bridge =
      kind === 'link'
        ? new Link({ ...common, hold: true })
        : new Share({ ...common, settings: { baudRate: 9600 }, writers: kind, maxClients: 5 })
    // One that stays, so that the port stays too.
    const watcher = door.connect(new MemorySession('watcher', { clock }))
    await settle()
    const port = ports[0]!
    const listenersBefore = port.listeners
    let sent = 0
    let asked = 0
    let said = 0
    const all = [watcher]
    const present: MemorySession[] = []
    for (let visit = 0; visit < VISITS; visit += 1) {
      const session = door.connect(new MemorySession(`visit ${visit}`, { clock }))
      all.push(session)
      if (!session.ended) present.push(session)
      for (const each of [...present, watcher]) {
        const size = random(30)
        if (each.open) sent += size
        each.send(new Uint8Array(size))
        if (random(4) === 0) {
          each.ask({ baudRate: 300 + random(3) * 900 })
          asked += 1
        }
        if (random(8) === 0) each.askControl({ rts: random(2) === 0 })
      }
      const word = random(20)
      port.send(new Uint8Array(word))
      said += word
      if (random(3) === 0) port.stall()
      else if (random(2) === 0) port.flow()
      else port.take(random(60))
      if (random(5) === 0) await settle()
      while (present.length > random(4)) {
        const [leaving] = present.splice(random(present.length), 1)
        if (random(2) === 0) leaving?.end()
        else leaving?.cut()
      }
    }
    port.flow()
    for (const each of present) each.end()
    await clock.advance(2000)
    const unread = all.reduce((sum, each) => sum + each.unread, 0)
    const answered = all.reduce((sum, each) => sum + each.answered.length, 0)
    expect(ports.length).toBe(1)
    // Of Node, about too many listeners.
    expect(warnings).toEqual([])
    expect(bridge.state.sessions.length).toBe(1)
    const { bytesToDevice, lostToDevice } = bridge.state
    expect(port.received.length).toBe(bytesToDevice)
    // What was not read from a session that was cut was never ours.
    expect(bytesToDevice + lostToDevice).toBe(sent - unread)
    expect(bytesToDevice).toBeGreaterThan(VISITS)
    expect(watcher.received.length).toBe(said)
    // Everybody who stayed until then.
    expect(answered).toBeGreaterThan(asked / 2)
    expect(port.listeners).toBe(listenersBefore)
    watcher.end()
    await clock.advance(2000)
    await bridge.close(0)
    await settle()
    expect(clock.pending).toBe(0)
    expect(port.listeners).toBe(0)
  })
})
