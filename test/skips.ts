/**
 * Why tests are skipped, and which skips make a run of CI fail: said here alone. need.ts finds out what is not here and notes it with the
 * test file, by which the totals (totals-reporter.ts) name it.
 *
 * With FARPORT_INSTALL_PEERS=1 everything that can be there is there. On Linux that is all, so each skipped test fails the run. The
 * other systems have no /proc, no pseudo-terminals as Linux makes them, and none of Debian's programs: a test that says so is
 * excused there. One that says nothing is not, nor one that misses what these systems have as well, such as a browser.
 */
import type { TestCase } from 'vitest/node'

export interface Lack {
  /** For people: `ser2net`, `Linux: it reads /proc`. */
  readonly what: string
  /** It can be had on this system: by apt, or since every computer of CI comes with it. */
  readonly canBeHad: boolean
}

declare module 'vitest' {
  interface TaskMeta {
    lacking?: Lack[]
  }
}

/** What the file of a test lacks, whichever of its tests said so. */
export function lacksOf(test: TestCase): readonly Lack[] {
  return test.module.meta().lacking ?? []
}

/** True where a test that is skipped for this shall fail a run of CI: for the rule see the head of this file. */
export function isUnexcused(lacks: readonly Lack[]): boolean {
  return lacks.length === 0 || lacks.some(({ canBeHad }) => canBeHad)
}
