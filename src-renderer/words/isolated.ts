/**
 * Names in scripts that are read from right to left, within sentences of another: without a wall around them the words beside them, or the
 * digits and brackets at their ends, change places. For the words of a language as a whole: whatever stands within one is walled in. Pure.
 */

/** First strong isolate, and its end (Unicode Standard Annex #9). */
const OPEN = '\u2068'
const CLOSE = '\u2069'

const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u

/** The same where nothing in it is read from right to left: no sign is added that a reader or a copy would have for nothing. */
export function isolated(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? `${OPEN}${text}${CLOSE}` : text
}

/** The same words; what is given to one of their functions as text is isolated. */
export function isolating<Words extends object>(words: Words): Words {
  const walled = Object.entries(words).map(([name, word]: [string, unknown]) => {
    if (typeof word === 'function') {
      const say = word as (...parts: unknown[]) => unknown
      const parts = (all: unknown[]): unknown[] =>
        all.map((each) => (typeof each === 'string' ? isolated(each) : each))
      return [name, (...all: unknown[]) => say(...parts(all))]
    }
    return [name, typeof word === 'object' && word !== null && !Array.isArray(word) ? isolating(word) : word]
  })
  return Object.fromEntries(walled) as Words
}
