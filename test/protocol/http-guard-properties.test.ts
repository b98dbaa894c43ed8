import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HttpGuard, MAX_REQUEST_LINE } from '../../src-main/protocol/http-guard.ts'
import { TEN_THOUSAND, anyBytes, bytesOf, cut, cuts, joined } from '../properties.ts'

const text = (value: string): Uint8Array => Uint8Array.from(value, (each) => each.charCodeAt(0))

interface Judged {
  readonly state: string
  /** What was handed on, and what `release` gave at the end. */
  readonly passed: Uint8Array
  readonly released: Uint8Array
}

function judge(chunks: readonly Uint8Array[]): Judged {
  const guard = new HttpGuard()
  let state = 'holding'
  let held = 0
  const passed: Uint8Array[] = []
  for (const chunk of chunks) {
    const verdict = guard.receive(chunk)
    state = verdict.state
    held = state === 'holding' ? held + chunk.length : 0
    expect(held).toBeLessThanOrEqual(MAX_REQUEST_LINE)
    passed.push(verdict.bytes)
  }
  return { state, passed: joined(passed), released: guard.release() }
}

/** Every byte went on, waits, or is a browser's. */
function expectNothingLost(bytes: Uint8Array, { state, passed, released }: Judged): void {
  const none = new Uint8Array(0)
  expect(Buffer.compare(passed, state === 'pass' ? bytes : none)).toBe(0)
  expect(Buffer.compare(released, state === 'holding' ? bytes : none)).toBe(0)
}

const method = fc.constantFrom('GET', 'POST', 'OPTIONS', 'HEAD', 'PUT', 'DELETE', 'X')
const target = fc.string({
  unit: fc.constantFrom('/', 'a', '?', '%', '~', '\xff'),
  minLength: 1,
  maxLength: 30
})
const requestLine = fc
  .tuple(method, target, fc.integer({ min: 0, max: 9 }))
  .map(([verb, path, minor]) => text(`${verb} ${path} HTTP/1.${minor}\r\n`))

describe('the HTTP guard, for any input', () => {
  it('knows every request line, however it is cut up and whatever follows', () => {
    fc.assert(
      fc.property(requestLine, anyBytes(), cuts, (line, rest, sizes) => {
        expect(judge(cut(joined([line, rest]), sizes))).toEqual({
          state: 'http',
          passed: new Uint8Array(0),
          released: new Uint8Array(0)
        })
      }),
      { numRuns: 3000 }
    )
  })

  it('loses nothing and says the same however the bytes are cut up: 10,000 malformed inputs', () => {
    const spoilt = fc
      .tuple(requestLine, fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([line, at, byte]) => line.with(at % line.length, byte))
    const almost = fc.tuple(requestLine, fc.nat()).map(([line, at]) => line.subarray(0, at % line.length))
    const anything = fc.oneof(spoilt, almost, bytesOf([...text('GET / HTTP/1.1\r\n')]))
    fc.assert(
      fc.property(anything, cuts, (bytes, sizes) => {
        const whole = judge([bytes])
        const pieces = judge(cut(bytes, sizes))
        expect(pieces).toEqual(whole)
        expectNothingLost(bytes, whole)
      }),
      TEN_THOUSAND
    )
  })

  it('holds no more than a request line, however long the address', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('POST /', 'POST x', 'POST '),
        fc.oneof(
          fc.integer({ min: MAX_REQUEST_LINE - 1, max: MAX_REQUEST_LINE + 2 }),
          fc.integer({ min: 1000, max: 2 * MAX_REQUEST_LINE })
        ),
        fc.array(fc.integer({ min: 500, max: 5000 }), { minLength: 1 }),
        (start, length, sizes) => {
          const bytes = text(start.padEnd(length, 'y'))
          const judged = judge(cut(bytes, sizes))
          const path = start.startsWith('POST /')
          expect(judged.state).toBe(length <= MAX_REQUEST_LINE ? 'holding' : path ? 'http' : 'pass')
          expectNothingLost(bytes, judged)
        }
      ),
      { numRuns: 100 }
    )
  })
})
