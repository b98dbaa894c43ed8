/** What preload and main call each other by. */

/** From the preload, with a message port: a page wants to talk to Farport. */
export const OPEN_CHANNEL = 'farport:open'

/** Where the page is, and no other one. */
export const SCHEME = 'app'
export const PAGE_HOST = 'ui'
export const PAGE_URL = `${SCHEME}://${PAGE_HOST}/`
