/** What people are told of the control of a share that a link of theirs uses. Pure. Called by far-shares.ts. */
import type { FarState } from '../../contract/state.ts'
import type { KnownFar } from './far-view.ts'

export interface FarLine {
  readonly level: 'info' | 'warning'
  readonly text: string
}

/** `before`: what was told of last, undefined where nothing was; `link`: our name for it. */
export function farLines(
  before: FarState | undefined,
  after: KnownFar,
  link: string,
  now = new Date()
): FarLine[] {
  const had = before?.type === 'known' ? before : undefined
  const line = standing(had, after, shellWord(link), now)
  // While another one had the control, wishes were that one's to hear.
  const asked = new Set(had?.holdsSince === undefined ? [] : had.asks.map(({ session }) => session))
  // Who does not have the control cannot give it.
  const asking = after.holdsSince === undefined ? [] : after.asks.filter(({ session }) => !asked.has(session))
  return [...(line ? [line] : []), ...asking.map((each) => asksLine(each.label, each.session, after, link))]
}

/** Of one who comes and does not write: why, and `how` to come to; undefined: it does write. */
export function watchLine(far: KnownFar, how: string, now = new Date()): string | undefined {
  const { peer, writer, observes, watches, holder } = far
  if (writer) return undefined
  const has = holder && `${holder.label} has the control since ${shortTime(holder.since, now)}`
  if (watches) return `you watch, and write nothing${has ? `: ${has}` : ''}. ${how}`
  if (!observes) return `you only watch${has ? `: ${has}` : ''}. ${how}`
  return `you may only watch: ${has ? `${has}, and ` : ''}${peer} lets this computer do no more`
}

function standing(had: KnownFar | undefined, after: KnownFar, link: string, now: Date): FarLine | undefined {
  const { writer, observes, holder } = after
  if (writer) return had?.writer === false ? { level: 'info', text: 'you have the control now' } : undefined
  const how = `Ask for it: farport ask ${link}`
  if (!observes && had?.writer)
    return {
      level: 'warning',
      text: holder
        ? `${holder.label} has the control now; you watch from now on. ${how}`
        : `you only watch from now on. ${how}`
    }
  if (!observes && had?.asksSince !== undefined && after.asksSince === undefined) {
    const has = holder ? `: ${holder.label} has it since ${shortTime(holder.since, now)}` : ''
    return { level: 'info', text: `you were not given the control${has}` }
  }
  // Whoever watched before as now knows that; not so one who may ask only from now on, or no longer.
  if (had && !had.writer && had.observes === observes) return undefined
  const text = watchLine(after, how, now)
  return text === undefined ? undefined : { level: after.watches ? 'info' : 'warning', text }
}

function asksLine(label: string, session: number, { share, asks }: KnownFar, link: string): FarLine {
  const which = `${shellWord(link)}${asks.length > 1 ? ` ${session}` : ''}`
  return {
    level: 'warning',
    text: `${label} asks for the control of ${share}: farport grant ${which}, or farport decline ${which}`
  }
}

/** `14:02`, and with its day where that is not today. */
function shortTime(timeMs: number, now: Date): string {
  const time = new Date(timeMs)
  const clock = `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`
  if (time.toDateString() === now.toDateString()) return clock
  return `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())} ${clock}`
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0')
}

/** To be pasted into a shell. */
function shellWord(name: string): string {
  return /^[\w.:@%+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`
}
