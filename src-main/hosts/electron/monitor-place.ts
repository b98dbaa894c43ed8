/** Which address a window of its own may have: a monitor of our page, and nothing else. Pure. */
import { PAGE_URL } from './page-channel.ts'

/** Longer ones are nobody's: a port's URL within it may have some hundred characters. */
const MAX_URL = 2048

/** Page, item, and which recording of a file, as the page writes them (route.svelte.ts). */
const PLACE = /^monitor\/(?:computer|network|connections|captures)\/[\w%.!~*'()-]+(?:\/\d{1,4})?$/

/** What stands behind the `#` of `app://ui/#monitor/…`; undefined: that is no monitor. */
export function monitorPlace(url: string): string | undefined {
  if (url.length > MAX_URL || !url.startsWith(`${PAGE_URL}#`)) return undefined
  const place = url.slice(PAGE_URL.length + 1)
  return PLACE.test(place) ? place : undefined
}
