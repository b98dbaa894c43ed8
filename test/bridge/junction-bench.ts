/** A share or a link between memory doubles, on a clock that stands still. */
import { afterEach, expect } from 'vitest'
import type { LinkOptions } from '../../src-main/bridge/link.ts'
import { Link } from '../../src-main/bridge/link.ts'
import type { Junction } from '../../src-main/bridge/junction.ts'
import type { ShareOptions } from '../../src-main/bridge/share.ts'
import { Share } from '../../src-main/bridge/share.ts'
import type { Fault } from '../../src-main/contract/faults.ts'
import type { MemoryPortOptions } from '../../src-main/ports/memory.ts'
import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'
import { MemorySession, MemorySource } from '../../src-main/sessions/memory.ts'
import type { Terms } from '../../src-main/sessions/session.ts'
import { FakeClock, settle } from '../fake-clock.ts'

const bridges: { readonly bridge: Junction; readonly clock: FakeClock }[] = []

export interface Bench<B> {
  readonly bridge: B
  readonly clock: FakeClock
  readonly device: MemoryPortSource
  readonly door: MemorySource
  readonly notices: string[]
  readonly faults: Fault[]
  readonly connect: (label?: string, address?: string) => MemorySession
  /** Comes from a paired computer. */
  readonly connectPeer: (
    peer: string,
    use: string | undefined,
    options?: { readonly label?: string; readonly address?: string; readonly terms?: Terms }
  ) => MemorySession
  /** Comes in by the door with this number, from 0; the one of `connect` is not among them. */
  readonly connectAt: (door: number, label?: string) => MemorySession
}

function bench<B extends Junction>(
  make: (common: Pick<ShareOptions, 'id' | 'name' | 'port' | 'sources' | 'clock'>) => B,
  portOptions: MemoryPortOptions = {},
  terms: readonly Terms[] = []
): Bench<B> {
  const clock = new FakeClock()
  const device = new MemoryPortSource(
    'sim:double',
    (settings) => new MemoryPort({ clock, settings, ...portOptions })
  )
  const door = new MemorySource('memory:door')
  const doors = terms.map((each, number) => new MemorySource(`memory:door-${number}`, each))
  const bridge = make({ id: 'b1', name: 'bench', port: device, sources: [door, ...doors], clock })
  bridges.push({ bridge, clock })
  const notices: string[] = []
  const faults: Fault[] = []
  bridge.onNotice(({ level, text }) => {
    if (level !== 'debug') notices.push(text)
  })
  bridge.onFault((fault) => faults.push(fault))
  const connect = (label = 'somebody', address?: string): MemorySession =>
    door.connect(new MemorySession(label, { clock, ...(address && { address }) }))
  const connectAt = (number: number, label = 'somebody'): MemorySession =>
    doors[number]!.connect(new MemorySession(label, { clock }))
  const connectPeer: Bench<B>['connectPeer'] = (peer, use, { label = peer, address, terms } = {}) => {
    const session = new MemorySession(label, {
      clock,
      peer,
      ...(use && { use }),
      ...(address && { address })
    })
    bridge.admit(session, terms)
    return session
  }
  return { bridge, clock, device, door, notices, faults, connect, connectPeer, connectAt }
}

export const share = (
  options: Partial<ShareOptions> = {},
  portOptions?: MemoryPortOptions,
  terms?: readonly Terms[]
): Bench<Share> =>
  bench((common) => new Share({ ...common, settings: { baudRate: 9600 }, ...options }), portOptions, terms)

export const link = (options: Partial<LinkOptions> = {}): Bench<Link> =>
  bench((common) => new Link({ ...common, ...options }))

/** Closes what a test opened, and nothing may be left over. */
export function closeAll(): void {
  afterEach(async () => {
    for (const { bridge, clock } of bridges.splice(0)) {
      const closed = bridge.close(0)
      await clock.advance(1)
      await closed
      await settle()
      expect(clock.pending).toBe(0)
    }
  })
}
