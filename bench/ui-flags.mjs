/** How Chromium is started by whatever looks at the page: ui.mjs and monitor.mjs here, test/page/browser.ts, and the double of Electron. */
export const CHROMIUM_FLAGS = [
  // Its own walls need rights that root in a container does not have.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]
