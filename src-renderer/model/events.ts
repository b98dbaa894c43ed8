/** The last notices about one share or link, for its drawer. Pure. */
import type { NoticeLine } from '../../src-main/contract/topics.ts'

export const MAX_EVENTS = 20

export interface ShownEvent extends NoticeLine {
  /** Tells it from others of the same moment. */
  readonly key: string
}

/** The newest first. */
export function eventsOf(notices: readonly NoticeLine[], id: string): readonly ShownEvent[] {
  const own: ShownEvent[] = []
  const times = new Map<number, number>()
  for (let at = notices.length - 1; at >= 0 && own.length < MAX_EVENTS; at--) {
    const notice = notices[at]
    if (notice?.id !== id) continue
    const twin = times.get(notice.timeMs) ?? 0
    times.set(notice.timeMs, twin + 1)
    own.push({ ...notice, key: `${notice.timeMs} ${twin}` })
  }
  return own
}
