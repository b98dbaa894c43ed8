/** Recordings in the hand, and those who watch them. */
import { onTestFinished } from 'vitest'
import { Emitter } from '../../../src-main/base/event.ts'
import { Recorder } from '../../../src-main/capture/recorder.ts'
import { RingPool } from '../../../src-main/capture/ring-pool.ts'
import { WallOffset } from '../../../src-main/capture/wall-offset.ts'
import type { Fault } from '../../../src-main/contract/faults.ts'
import type { TrafficFrom, TrafficItem } from '../../../src-main/contract/recording.ts'
import type { BridgeState, SessionState } from '../../../src-main/contract/state.ts'
import { TrafficTopic, type PeerWatcher } from '../../../src-main/core/recording/traffic-topic.ts'
import { Subscription } from '../../../src-main/rpc/subscription.ts'
import { TrafficLog } from '../../../src-main/traffic/log.ts'
import { Page } from '../../../src-main/traffic/page.ts'
import { FakeClock } from '../../fake-clock.ts'
import { contents, CountedStore } from '../../traffic/stores.ts'

export interface Watcher {
  readonly subscription: Subscription
  readonly items: TrafficItem[]
  readonly ends: (Fault | undefined)[]
  begins(): Extract<TrafficItem, { type: 'begin' }>[]
  pages(): Page[]
  /** As a window has it. */
  seen(): unknown[]
  /** Bytes of the line, as text. */
  text(): string
}

/** One share `s1`, whose recording is `recorder`. */
export function watched(options: { ringBytes?: number; slabBytes?: number } = {}) {
  const clock = new FakeClock()
  const wall = new WallOffset({ nowMs: () => clock.nowMs(), wallMs: () => clock.nowMs(), originMs: 0 })
  const pool = new RingPool({ wallOffsetMs: () => wall.ms, slabBytes: 65_536, ...options })
  const made: Recorder[] = []
  const newRecorder = (): Recorder => {
    const recorder = new Recorder({ pool, wall, clock })
    made.push(recorder)
    return recorder
  }
  const states = new Emitter<void>()
  const at = { recorder: newRecorder() as Recorder | undefined, sessions: [] as Partial<SessionState>[] }
  const bridge = (): BridgeState =>
    ({ id: 's1', name: 'Desk', port: '/dev/ttyS9', sessions: at.sessions }) as unknown as BridgeState
  const topic = new TrafficTopic({
    clock,
    computer: () => 'bench',
    recorded: {
      recorder: (id) => (id === 's1' ? at.recorder : undefined),
      bridge: (id) => (id === 's1' ? bridge() : undefined),
      onState: states.event,
      join: () => Promise.reject(new Error('no ports here'))
    }
  })
  onTestFinished(() => {
    topic.dispose()
    for (const recorder of made) recorder.dispose()
  })

  function watch(from: TrafficFrom = 'start', credit = 100, peer?: PeerWatcher): Watcher {
    const items: TrafficItem[] = []
    const ends: (Fault | undefined)[] = []
    const subscription = new Subscription(
      credit,
      (item) => void items.push(item as TrafficItem),
      (fault) => void ends.push(fault)
    )
    subscription.serve(topic.subscribe({ id: 's1', from }, subscription, peer))
    const pages = (): Page[] => items.flatMap((item) => (item.type === 'page' ? [Page.from(item.page)] : []))
    return {
      ...{ subscription, items, ends, pages },
      begins: () => items.filter((item) => item.type === 'begin'),
      seen: () => {
        const log = new TrafficLog({
          store: new CountedStore(1024 * 1024),
          maxPages: 100,
          wallOffsetMs: () => 0
        })
        for (const page of pages()) log.append(page)
        return contents(log.pages)
      },
      text: () =>
        pages()
          .flatMap((page) =>
            Array.from({ length: page.count }, (_, n) =>
              page.isEvent(n) ? '' : Buffer.from(page.bytes(n)).toString('latin1')
            )
          )
          .join('')
    }
  }

  return {
    ...{ clock, at, topic, watch, newRecorder },
    changed: () => states.fire(),
    /** One chunk of the device. */
    say: (text: string) => at.recorder?.bytes(clock.nowMs(), 'from-device', 0, Buffer.from(text, 'latin1')),
    /** All that is due is sent. */
    settle: () => clock.advance(100)
  }
}
