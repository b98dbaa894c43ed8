import { atTestEnd } from '../e2e/at-test-end.ts'
import { makeShimmedPair, type ShimmedPair } from '../shim/shim.ts'

/** Two serial ports joined by a cable, of the running test's own: programs use end `a`, the test is the device at `b`. */
export async function shimmedPair(): Promise<ShimmedPair> {
  const pair = await makeShimmedPair()
  atTestEnd(() => pair.dispose())
  return pair
}

/** The breaks that programs sent at end `a` so far. */
export function breaksOf(pair: ShimmedPair): number {
  return pair.log().filter(({ end, call }) => end === 'a' && call === 'TIOCSBRK').length
}
