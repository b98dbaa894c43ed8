/**
 * Which bytes of one stream stand in another that should be the same, where some are missing. Called by both-ends.ts. Pure; the time it takes is
 * bounded, however different the two are.
 */

import { allAtOnce, type Steps } from '../base/steps.ts'

/** `length` bytes that are the same: from `a` on in the first stream, from `b` on in the second. */
export interface Run {
  readonly a: number
  readonly b: number
  readonly length: number
}

/** So many same bytes mean that it goes on there. Fewer happen by chance, or within any two frames. */
const SURE = 16
/** A loss is looked for so far ahead, in bytes. */
const REACH = 1024 * 1024
/** Bytes of the second stream that may stand in none of the first, before it is given up. */
const STRANGE = 4096
/** Compared, or searched, before others may go on, in bytes. */
const AT_ONCE = 512 * 1024
/** After so many places it is another stream altogether. */
const MAX_RUNS = 20_000

/** Runs in order, the first of them from the given places on. */
export function align(a: Buffer, b: Buffer, fromA = 0, fromB = 0): Run[] {
  return allAtOnce(alignSteps(a, b, fromA, fromB))
}

/** As `align`. */
export function* alignSteps(a: Buffer, b: Buffer, fromA = 0, fromB = 0): Steps<Run[]> {
  const runs: Run[] = []
  let [i, j] = [fromA, fromB]
  while (runs.length < MAX_RUNS) {
    const length = yield* commonLength(a, b, i, j)
    if (length > 0) runs.push({ a: i, b: j, length })
    i += length
    j += length
    if (i >= a.length || j >= b.length) break
    const next = yield* resync(a, b, i, j)
    if (!next) break
    ;[i, j] = next
  }
  return runs
}

/** Places where `pattern` stands in `bytes`, at most so many. */
export function* occurrences(bytes: Buffer, pattern: Buffer, most: number): Steps<number[]> {
  const found: number[] = []
  if (pattern.length === 0) return found
  for (let from = 0; from < bytes.length && found.length < most; from += AT_ONCE) {
    // One that begins in this part may end in the next one.
    const part = bytes.subarray(from, from + AT_ONCE + pattern.length - 1)
    for (let at = part.indexOf(pattern); at >= 0 && found.length < most; at = part.indexOf(pattern, at + 1))
      found.push(from + at)
    yield
  }
  return found
}

function* commonLength(a: Buffer, b: Buffer, i: number, j: number): Steps<number> {
  const most = Math.min(a.length - i, b.length - j)
  let length = 0
  for (let step = 4096; length < most; length += step) {
    step = Math.min(step, most - length)
    if (a.compare(b, j + length, j + length + step, i + length, i + length + step) !== 0) break
    if (length % AT_ONCE === 0) yield
  }
  while (length < most && a[i + length] === b[j + length]) length++
  return length
}

/** The nearest places from which both are the same again. */
function* resync(a: Buffer, b: Buffer, i: number, j: number): Steps<[number, number] | undefined> {
  const ahead = a.subarray(i, i + REACH)
  for (let strange = 0; strange < STRANGE && j + strange < b.length; strange += strange < 64 ? 1 : SURE) {
    const from = j + strange
    const at = ahead.indexOf(b.subarray(from, Math.min(from + SURE, b.length)))
    yield
    // At the very end fewer bytes have to do.
    if (at >= 0) return [i + at, from]
  }
  return undefined
}
