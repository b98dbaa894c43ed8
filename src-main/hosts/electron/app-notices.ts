/** Which notifications the app shows: those of one kind that come together as one. Pure; notifier.ts looks and shows. */
import type { Happening } from '../../contract/happenings.ts'
import type { PairingState } from '../../contract/state.ts'
import { placeOf } from './tray-menu.ts'
import { WORDS } from './words.ts'

export interface AppNotice {
  readonly kind: keyof typeof WORDS.notices
  readonly title: string
  readonly body: string
  /** Behind the page's `#`: where a click leads. */
  readonly place: string
}

/** Somebody asks to pair, and said who he is. */
type Asking = Pick<PairingState, 'peerId' | 'name'>

export type News = Happening | { readonly type: 'pairing'; readonly asks: Asking }

/** Incoming requests that were not `told` of. */
export function newPairings(
  pairings: Readonly<Record<string, PairingState>> | undefined,
  told: ReadonlySet<string>
): readonly PairingState[] {
  return Object.values(pairings ?? {}).filter(
    ({ direction, name, peerId }) => direction === 'incoming' && name !== '' && !told.has(peerId)
  )
}

/** Desktops of Linux take `<b>` and `<a href=…>` in a body for tags, and a name in it is a stranger's. */
function withoutTags(text: string): string {
  return text.replaceAll('<', '‹').replaceAll('>', '›')
}

/** One for each kind, in the order in which they came. That something was plugged in again is seen where it is used. */
export function appNotices(news: readonly News[]): readonly AppNotice[] {
  const kinds = [...new Set(news.map(({ type }) => type))]
  return kinds.flatMap((kind) => {
    const all = news.filter(({ type }) => type === kind)
    const last = all.at(-1)
    const notices = last ? noticeOf(last, all.length) : []
    return notices.map((notice) => ({ ...notice, body: withoutTags(notice.body) }))
  })
}

function noticeOf(news: News, count: number): readonly AppNotice[] {
  const words = WORDS.notices
  switch (news.type) {
    case 'plugged':
      return []
    case 'pairing': {
      const { title, one, more } = words.pairing
      const body = count === 1 ? one(news.asks.name) : more(count)
      return [{ kind: 'pairing', title, body, place: 'network' }]
    }
    case 'taken': {
      const { title, one, more } = words.taken
      const body = count === 1 ? one(news.name, news.by) : more(count)
      return [
        { kind: 'taken', title, body, place: placeOf({ id: news.id, kind: news.isFar ? 'link' : 'share' }) }
      ]
    }
    case 'unplugged':
    case 'lost':
    case 'back': {
      const { title, one, more } = words[news.type]
      const kind = news.type === 'unplugged' ? 'share' : 'link'
      const body = count === 1 ? one(news.name) : more(count)
      return [{ kind: news.type, title, body, place: placeOf({ id: news.id, kind }) }]
    }
  }
}
