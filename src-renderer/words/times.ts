/** Times as people read them, in the language and zone of the browser. */

/** Made once: that takes longer than to write a thousand times with it. */
const CLOCK = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' })
const SECONDS = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short' })
const YEAR = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short', year: 'numeric' })

/** `14:02`, and with its day where that is not today. `timeMs`: wall clock, ms since 1970. */
export function clockTime(timeMs: number, now = new Date()): string {
  const time = new Date(timeMs)
  const clock = CLOCK.format(time)
  if (time.toDateString() === now.toDateString()) return clock
  return `${DAY.format(time)} ${clock}`
}

/** `21 Nov 2026`. */
export function dayText(timeMs: number): string {
  return YEAR.format(timeMs)
}

/** `12 s`, `3 min`, `2 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}

/** `14:02:09`, and with its day where that is not today: for what follows each other quickly. */
export function secondTime(timeMs: number, now = new Date()): string {
  const time = new Date(timeMs)
  const clock = SECONDS.format(time)
  if (time.toDateString() === now.toDateString()) return clock
  return `${DAY.format(time)} ${clock}`
}
