import { describe, expect, it } from 'vitest'
import type { BridgeState } from '../../src-main/contract/state.ts'
import { nextRates, RATE_SECONDS } from '../../src-renderer/model/rates.svelte.ts'

const bridge = (bytesToDevice: number, bytesFromDevice: number): BridgeState =>
  ({ bytesToDevice, bytesFromDevice }) as BridgeState

describe('rates', () => {
  it('are the bytes of both ways, a second', () => {
    expect(nextRates({ a: [7] }, { a: bridge(10, 20) }, { a: bridge(15, 45) }, 2)).toEqual({ a: [7, 15] })
  })

  it('begin with nothing for what is new, and forget what is gone', () => {
    expect(nextRates({ old: [1] }, { old: bridge(1, 1) }, { fresh: bridge(500, 500) }, 1)).toEqual({
      fresh: [0]
    })
  })

  it('do not fall below nothing where totals begin anew', () => {
    expect(nextRates({}, { a: bridge(100, 100) }, { a: bridge(1, 0) }, 1)).toEqual({ a: [0] })
  })

  it('are kept for half a minute', () => {
    const long = Array.from({ length: RATE_SECONDS }, (_, index) => index)
    const next = nextRates({ a: long }, { a: bridge(0, 0) }, { a: bridge(9, 0) }, 1).a
    expect(next).toHaveLength(RATE_SECONDS)
    expect(next?.at(-1)).toBe(9)
  })
})
