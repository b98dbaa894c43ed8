/** `farport://` links that other programs open: each is a question in the page, and does nothing by itself. Pure. */
import { formatFarportUrl, parseFarportUrl } from '../../net/farport-url.ts'

/** Longer ones are nobody's. */
const MAX_LINK = 1024

/** Behind the page's `#`: where it asks; undefined: that is no link.
 * One that names a computer alone shows who is near; one that asks to take over is asked about as if it did not. */
export function questionPlace(link: string): string | undefined {
  if (link.length > MAX_LINK) return undefined
  try {
    const url = parseFarportUrl(link)
    if (url.share === undefined) return 'network'
    return `network?open=${encodeURIComponent(formatFarportUrl({ ...url, takeOver: false }))}`
  } catch {
    return undefined
  }
}
