/**
 * `npm start`: runs the built command in this very process, and ends with its parent: SIGTERM to npm kills npm alone, and
 * what it started would hold its ports as an orphan.
 */
const PARENT_CHECK_MS = 200

const parent = process.ppid
const watch = setInterval(() => {
  if (process.ppid === parent) return
  clearInterval(watch)
  process.kill(process.pid, 'SIGTERM')
}, PARENT_CHECK_MS)
watch.unref()

process.argv.splice(2, 0, 'demo')
await import('../dist/main/farport.js')
