/** How a link stands with the control of the far share that it uses: rows of `list NAME`. Pure. */
import type { FarState } from '../../../contract/state.ts'
import { shortText, timeText } from './words.ts'

const MAX_TEXT = 300

export function controlRows(far: FarState | undefined, now: Date): string[][] {
  if (!far) return []
  if (far.type === 'unknown')
    return [['control', far.fault ? `not known: ${shortText(far.fault.message, MAX_TEXT)}` : 'not known yet']]
  const asks = far.asks.map(({ session, label, since }) => [
    'asks',
    `client ${session}: ${shortText(label)}, since ${timeText(since, now)}`
  ])
  return [['control', standing(far, now)], ...asks]
}

function standing(far: Extract<FarState, { type: 'known' }>, now: Date): string {
  const { writer, observes, watches, holdsSince, asksSince, holder } = far
  if (writer)
    return holdsSince === undefined ? 'everybody writes there' : `since ${timeText(holdsSince, now)}`
  const has = holder
    ? `${shortText(holder.label)} has it since ${timeText(holder.since, now)}`
    : 'nobody has it'
  if (observes) return `${has}; we may only watch`
  if (watches) return `${has}; we watch by choice`
  return asksSince === undefined ? has : `${has}; asked for since ${timeText(asksSince, now)}`
}
