import type { ShimmedPair } from '../shim/shim.ts'

const BITS = [
  ['dtr', 0x2],
  ['rts', 0x4]
] as const

/** What programs did to DTR, RTS and the break at end `a` so far: `dtr on`, `rts off`, `break on`, …, in order. */
export function lineCalls(pair: Pick<ShimmedPair, 'log'>): string[] {
  let breaks = 0
  return pair.log().flatMap(({ end, call, value }) => {
    if (end !== 'a') return []
    if (call === 'TIOCSBRK') breaks += 1
    // Each opening ends a break that may be left over.
    if (call === 'TIOCCBRK' && breaks === 0) return []
    switch (call) {
      case 'TIOCMSET':
        return BITS.map(([name, bit]) => `${name} ${value & bit ? 'on' : 'off'}`)
      case 'TIOCMBIS':
      case 'TIOCMBIC':
        return BITS.flatMap(([name, bit]) =>
          value & bit ? [`${name} ${call === 'TIOCMBIS' ? 'on' : 'off'}`] : []
        )
      case 'TIOCSBRK':
      case 'TIOCCBRK':
        return [`break ${call === 'TIOCSBRK' ? 'on' : 'off'}`]
      default:
        return []
    }
  })
}
