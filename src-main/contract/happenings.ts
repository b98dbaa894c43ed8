/**
 * What a person is told of though nobody looks: a device unplugged while in use, a connection lost for some seconds and back, somebody who
 * took the control. Pure: two states of the tree, and what is remembered between them.
 */
import type { BridgeState, StateTree } from './state.ts'

/** A connection that is back sooner is nobody's worry, in ms. */
export const LOST_MS = 5000

export type Happening =
  | { readonly type: 'unplugged' | 'plugged' | 'lost' | 'back'; readonly id: string; readonly name: string }
  /** `isFar`: of a share elsewhere that a link of ours uses. */
  | {
      readonly type: 'taken'
      readonly id: string
      readonly name: string
      readonly by: string
      readonly isFar: boolean
    }

export interface Memory {
  /** Links that were connected and are not: since when. Wall clock, ms since 1970. */
  readonly lost: ReadonlyMap<string, number>
  /** Those of them that were told of. */
  readonly told: ReadonlySet<string>
  /** Shares whose device went while somebody used it. */
  readonly unplugged: ReadonlySet<string>
}

export const NO_MEMORY: Memory = { lost: new Map(), told: new Set(), unplugged: new Set() }

/** Call it for each new tree, and now and then. */
export function happenings(
  before: StateTree['bridges'],
  after: StateTree['bridges'],
  memory: Memory,
  nowMs: number
): { readonly news: readonly Happening[]; readonly memory: Memory } {
  const lost = new Map<string, number>()
  const told = new Set<string>()
  const unplugged = new Set<string>()
  const news: Happening[] = []
  for (const bridge of Object.values(after)) {
    const { id, name } = bridge
    const old = before[id]
    if (!bridge.enabled) continue
    if (bridge.kind === 'share') {
      if (
        isUnplugged(bridge) &&
        (memory.unplugged.has(id) || (old?.state.type === 'open' && old.sessions.length > 0))
      ) {
        unplugged.add(id)
        if (!memory.unplugged.has(id)) news.push({ type: 'unplugged', id, name })
      } else if (memory.unplugged.has(id) && bridge.state.type !== 'opening')
        news.push({ type: 'plugged', id, name })
      else if (memory.unplugged.has(id)) unplugged.add(id)
    } else {
      const since = memory.lost.get(id) ?? (old?.state.type === 'open' && isLost(bridge) ? nowMs : undefined)
      const isTold = memory.told.has(id)
      if (since !== undefined && bridge.state.type !== 'open' && bridge.state.type !== 'idle') {
        lost.set(id, since)
        if (isTold || nowMs - since >= LOST_MS) told.add(id)
        if (!isTold && nowMs - since >= LOST_MS) news.push({ type: 'lost', id, name })
      } else if (isTold && bridge.state.type === 'open') news.push({ type: 'back', id, name })
    }
    const by = old && takenBy(old, bridge)
    if (by !== undefined) news.push({ type: 'taken', id, name, by, isFar: bridge.kind === 'link' })
  }
  return { news, memory: { lost, told, unplugged } }
}

function isUnplugged({ state }: BridgeState): boolean {
  return (
    state.type === 'waiting' &&
    (state.fault.code === 'device-unplugged' || state.fault.code === 'device-missing')
  )
}

function isLost({ state }: BridgeState): boolean {
  return state.type === 'waiting' || state.type === 'opening'
}

/** Who has the control that another one had, who is still there. */
function takenBy(before: BridgeState, after: BridgeState): string | undefined {
  if (before === after) return undefined
  const [had, has] = [before.far, after.far]
  if (had?.type === 'known' && has?.type === 'known' && had.session === has.session)
    return had.writer && !has.writer ? has.holder?.label : undefined
  const holder = after.sessions.find(({ holdsSince }) => holdsSince !== undefined)
  const last = before.sessions.find(({ holdsSince }) => holdsSince !== undefined)
  if (!holder || !last || holder.id === last.id) return undefined
  return after.sessions.some(({ id }) => id === last.id) ? holder.label : undefined
}
