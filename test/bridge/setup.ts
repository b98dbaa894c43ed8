/** A hub between memory doubles, on a clock that stands still. Bytes in these tests are words. */
import { expect } from 'vitest'
import type { HubOptions } from '../../src-main/bridge/hub.ts'
import { Hub } from '../../src-main/bridge/hub.ts'
import type { HubEvent } from '../../src-main/contract/traffic.ts'
import type { MemoryPortOptions } from '../../src-main/ports/memory.ts'
import { MemoryPort } from '../../src-main/ports/memory.ts'
import { MemorySession } from '../../src-main/sessions/memory.ts'
import { FakeClock, settle } from '../fake-clock.ts'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (chunk: Uint8Array): string => new TextDecoder().decode(chunk)

export interface Bench {
  readonly clock: FakeClock
  readonly hub: Hub
  readonly events: HubEvent[]
  /** What went through the taps, `>` to the device and `<` from it. */
  readonly traffic: string[]
  /** A port comes and is ready. */
  readonly plug: (options?: MemoryPortOptions) => Promise<MemoryPort>
  /** The port breaks as a keeper would tell it. */
  readonly unplug: (port: MemoryPort) => void
  readonly session: (label?: string) => MemorySession
  /** Lost bytes in events, by direction. */
  readonly lostInEvents: (direction: 'to-device' | 'from-device') => number
  /** Everybody leaves, the port closes: nothing may be left over. */
  readonly end: () => Promise<void>
}

export function bench(options: Partial<HubOptions> = {}): Bench {
  const clock = new FakeClock()
  const hub = new Hub({ clock, writers: 'one', ...options })
  const events: HubEvent[] = []
  const traffic: string[] = []
  const sessions: MemorySession[] = []
  hub.tap({
    bytes: (_timeMs, direction, session, chunk) =>
      traffic.push(`${direction === 'to-device' ? '>' : '<'}${session} ${text(chunk)}`),
    event: (_timeMs, event) => events.push(event)
  })
  return {
    clock,
    hub,
    events,
    traffic,
    async plug(portOptions = {}) {
      const port = new MemoryPort({ clock, ...portOptions })
      hub.setPort(port, 'discard')
      await settle()
      return port
    },
    unplug(port) {
      port.unplug()
      hub.setPort(undefined, 'discard')
    },
    session(label = `client ${sessions.length + 1}`) {
      const session = new MemorySession(label, { clock })
      sessions.push(session)
      hub.attach(session)
      return session
    },
    lostInEvents(direction) {
      return events.reduce(
        (sum, event) => sum + (event.type === 'lost' && event.direction === direction ? event.bytes : 0),
        0
      )
    },
    async end() {
      for (const session of sessions) session.end()
      await settle()
      hub.setPort(undefined, 'discard')
      hub.dispose()
      await settle()
      expect(clock.pending).toBe(0)
    }
  }
}
