/** What preload and main call each other by. */

/** From the preload, with a message port: a page wants to talk to Farport. */
export const OPEN_CHANNEL = 'farport:open'

/** From the preload, with a port for the answer: a file of the captures folder, by its name, is to be shown where it is. */
export const SHOW_CAPTURE_CHANNEL = 'farport:show-capture'

/** Where the page is, and no other one. */
export const SCHEME = 'app'
export const PAGE_HOST = 'ui'
export const PAGE_URL = `${SCHEME}://${PAGE_HOST}/`
