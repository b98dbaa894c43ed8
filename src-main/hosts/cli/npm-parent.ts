/**
 * npm and npx do not pass a SIGTERM on: they die, and what they started would hold its ports and links as an orphan. So a
 * command that one of them runs ends with its parent, as if it had got the signal itself.
 */

/** Set by scripts/start.mjs, which npm runs as `npm start`. */
const ASKED = process.env.FARPORT_ENDS_WITH_PARENT === '1'
const BY_NPX = process.env.npm_lifecycle_event === 'npx'

const LOOK_MS = 200

/** Sends SIGTERM to this process once its parent is gone, where npm or npx is that parent. Keeps no process alive. */
export function endWithNpm(): void {
  if (!ASKED && !BY_NPX) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, LOOK_MS)
  watch.unref()
}
