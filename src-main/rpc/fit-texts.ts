/** What another installation says, made fit for a terminal, a log and a window: every text, wherever in a message it stands. */
import { plainText } from '../base/plain-text.ts'
import { isPlainObject } from './plain.ts'

/** Names, labels and messages: none of ours is longer. */
const MAX_TEXT = 1000

/** The same plain data with its texts as `plainText` makes them, names of fields included. */
export function fitTexts(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value, MAX_TEXT)
  if (Array.isArray(value)) return value.map(fitTexts)
  if (!isPlainObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, each]) => [plainText(field, MAX_TEXT), fitTexts(each)])
  )
}
