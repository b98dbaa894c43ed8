/** The notices of before, for whoever comes later: a page that is loaded anew. Kept by the backend of an instance; forgets the oldest. */
import { MAX_PAST_NOTICES, type NoticeLine } from '../../contract/topics.ts'

/** Of one share, link or rotator: a page shows 20. */
export const MAX_PAST_OF_ONE = 50

export class PastNotices {
  /** The oldest first. */
  #lines: readonly NoticeLine[] = []

  add(line: NoticeLine): void {
    const lines = [...this.#lines, line]
    const over =
      lines.length > MAX_PAST_NOTICES ? oldestOfMost(lines) : oldestBeyond(lines, line.id, MAX_PAST_OF_ONE)
    this.#lines = over === undefined ? lines : lines.filter((_each, index) => index !== over)
  }

  /** The last ones, the oldest of them first. */
  last(count: number): readonly NoticeLine[] {
    return count === 0 ? [] : this.#lines.slice(-count)
  }
}

/** Where the first line about it stands, if there are more than so many of them. */
function oldestBeyond(
  lines: readonly NoticeLine[],
  id: string | undefined,
  most: number
): number | undefined {
  const same = lines.flatMap((each, index) => (each.id === id ? [index] : []))
  return same.length > most ? same[0] : undefined
}

/** Where the first line stands of whatever has most of them: what tells little keeps it. */
function oldestOfMost(lines: readonly NoticeLine[]): number {
  const counts = new Map<string | undefined, number>()
  for (const { id } of lines) counts.set(id, (counts.get(id) ?? 0) + 1)
  const [most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))
  return lines.findIndex(({ id }) => id === most)
}
