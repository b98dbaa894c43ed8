/** How a row of "This computer" stands, in words, and how loud that is said. Pure: a Row in, words out. */
import type { FaultCode, FaultRecord } from '../../src-main/contract/faults.ts'
import type { BridgeState, PortState, SessionState } from '../../src-main/contract/state.ts'
import { words } from '../words/words.ts'
import type { Row } from './rows.ts'

export interface RowState {
  readonly text: string
  readonly tone: 'quiet' | 'good' | 'warning' | 'danger'
  /** What stands in the way, where that is more than the words tell. */
  readonly fault?: FaultRecord
  /** It is tried again without anybody doing anything. */
  readonly isRetried?: boolean
}

export function stateOf({ share, port }: Row): RowState {
  if (!share?.enabled) {
    // Where it is not shared, it is somebody else's affair who uses it.
    const user = port?.users[0]
    return { text: user ? words.state.openIn(user.command) : words.state.notShared, tone: 'quiet' }
  }
  const { state, blocked, sessions } = share
  switch (state.type) {
    case 'waiting':
      return waiting(state)
    case 'opening':
      return { text: words.state.opening, tone: 'quiet' }
    case 'closing':
      return { text: words.state.closing, tone: 'quiet' }
    case 'idle':
    case 'open':
      if (blocked) return { text: words.state.blocked[blocked.by], tone: 'warning' }
      if (sessions.length === 0 && isAway(share, port))
        return { text: words.state.unplugged, tone: 'warning' }
      return sessions.length === 0
        ? { text: words.state.shared, tone: 'good' }
        : { text: usedBy(sessions), tone: 'good' }
  }
}

/** Whether the Share switch stands on. */
export function isShared(share: BridgeState | undefined): boolean {
  return share?.enabled ?? false
}

/** It was plugged in before, or has a name that only plugged in devices have. (A path that somebody typed may be there and in no list.) */
function isAway({ usb, port: target }: BridgeState, port: Row['port']): boolean {
  return !port && (usb !== undefined || target.startsWith('/dev/serial/'))
}

export function usedBy(sessions: readonly SessionState[]): string {
  const writers = sessions.filter((each) => each.writer)
  const first = (writers[0] ?? sessions[0])?.label ?? ''
  const others = sessions.length - 1
  return writers.length > 0 ? words.state.inUse(first, others) : words.state.watched(first, others)
}

/** What its words tell whole; a fault with more to say is shown besides. */
const WAITING: Readonly<Partial<Record<FaultCode, RowState>>> = {
  'device-missing': { text: words.state.unplugged, tone: 'warning' },
  'device-unplugged': { text: words.state.unplugged, tone: 'warning' },
  'device-busy': { text: words.state.busy, tone: 'danger' },
  'device-permission': { text: words.state.noPermission, tone: 'danger' }
}

function waiting({ fault, retryAt }: Extract<PortState, { type: 'waiting' }>): RowState {
  const known = WAITING[fault.code]
  if (known?.tone === 'warning') return known
  return { text: words.state.broken, tone: 'danger', ...known, fault, isRetried: retryAt !== undefined }
}
