/** What a share of another computer is used for, as its Farport is told: the same use that comes again takes its own place there. */
import { createHash, randomBytes } from 'node:crypto'

/** Says nothing of the words but whether they are the same ones. */
export function useOf(...words: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(words)).digest('base64url')
}

/** Of an entry of the settings, wherever it is asked of. */
export const useOfEntry = (id: string): string => useOf('entry', id)

/** Of the second end of a cable whose first one is of this use. */
export const useOfFarEnd = (use: string): string => useOf(use, 'far end')

/** One that never comes again. */
export function passingUse(): string {
  return randomBytes(32).toString('base64url')
}
