/** How what is watched stands, in words, for the monitor's header. Pure. */
import type { BridgeState, LocalPortState } from '../../../src-main/contract/state.ts'
import { bytes } from '../../words/numbers.ts'
import { duration } from '../../words/times.ts'
import { words } from '../../words/words.ts'
import { standingOf } from '../links.ts'
import { stateOf, type RowState } from '../row-state.ts'
import type { TrafficStatus } from './contract.ts'

export interface WatchedFacts {
  readonly status: TrafficStatus
  /** Absent: it is a file, or gone. */
  readonly bridge: BridgeState | undefined
  readonly port: LocalPortState | undefined
  /** Wall clock, ms since 1970. */
  readonly nowMs: number
  /** This window gave up what came first. */
  readonly isNewestOnly?: boolean
  /** The core answers. */
  readonly isCoreThere: boolean
}

type Standing = Pick<RowState, 'text' | 'tone'>

export function statusOf({ status, bridge, port, nowMs, isNewestOnly, isCoreThere }: WatchedFacts): Standing {
  const say = words.monitor.status
  switch (status.type) {
    case 'opening':
      return { text: say.opening, tone: 'quiet' }
    case 'reading':
      return { text: say.reading(bytes(status.bytes)), tone: 'quiet' }
    case 'read': {
      const { length } = status.problems
      const text = [length === 0 ? say.file : say.problems(length), ...(isNewestOnly ? [say.newest] : [])]
      return { text: text.join('. '), tone: length === 0 && !isNewestOnly ? 'quiet' : 'warning' }
    }
    case 'over':
      if (!isCoreThere) return { text: say.lost, tone: 'warning' }
      return { text: status.fault?.message ?? say.over, tone: status.fault ? 'danger' : 'quiet' }
    case 'live':
      if (!isCoreThere) return { text: say.lost, tone: 'warning' }
      return bridge ? ofBridge(bridge, port, nowMs) : { text: say.over, tone: 'quiet' }
  }
}

function ofBridge(bridge: BridgeState, port: LocalPortState | undefined, nowMs: number): Standing {
  const say = words.monitor.status
  if (!bridge.enabled) return { text: say.off, tone: 'quiet' }
  if (bridge.kind === 'link') {
    const { text, tone, fault } = standingOf(bridge, nowMs)
    return { text: fault === undefined ? text : `${text}: ${fault}`, tone }
  }
  const row = { share: bridge, ...(port && { port }) } as Parameters<typeof stateOf>[0]
  const { text, tone, fault } = stateOf(row)
  // Its only user is this window.
  if (bridge.passing && bridge.state.type === 'open' && tone === 'good')
    return { text: say.alone, tone: 'good' }
  if (bridge.state.type === 'idle' && bridge.sessions.length === 0 && tone === 'good')
    return { text: say.idle, tone: 'quiet' }
  return { text: fault ? `${text}: ${fault.message}` : text, tone }
}

/** "holds 12 min, 3.1 MB"; empty: nobody tells. */
export function heldWords(recording: BridgeState['recording'], nowMs: number): string {
  if (!recording) return ''
  const { on, since, bytes: held } = recording
  const span = since === undefined ? '' : words.monitor.holds(duration(nowMs - since), bytes(held))
  return on ? span : [words.monitor.recordingOff, span].filter((each) => each !== '').join(', ')
}
