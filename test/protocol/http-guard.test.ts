import { describe, expect, it } from 'vitest'
import { HttpGuard, MAX_REQUEST_LINE } from '../../src-main/protocol/http-guard.ts'
import { cut } from '../properties.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/** Feeds the chunks; the verdict, and everything that was handed on. */
function feed(chunks: readonly Uint8Array[]): { state: string; passed: string } {
  const guard = new HttpGuard()
  let state = 'holding'
  let passed = ''
  for (const chunk of chunks) {
    const verdict = guard.receive(chunk)
    if (verdict.state !== 'pass') expect(verdict.bytes).toHaveLength(0)
    state = verdict.state
    passed += Buffer.from(verdict.bytes).toString('latin1')
  }
  return { state, passed }
}

const LONG = 'x'.repeat(MAX_REQUEST_LINE)

const CASES: [string, 'holding' | 'pass' | 'http'][] = [
  ['GET / HTTP/1.1\r\n', 'http'],
  ['POST /fwlink?x=1 HTTP/1.0\r\nHost: localhost\r\n\r\nbody', 'http'],
  ['OPTIONS * HTTP/1.1\r\n', 'http'],
  ['CONNECT box:443 HTTP/1.1\r\n', 'http'],
  ['M-SEARCH * HTTP/1.1\r\n', 'pass'], // Not a method that a browser sends, and no letter.
  ['GET http://127.0.0.1:7000/ HTTP/1.1\r\n', 'http'],
  [`POST /${LONG}`, 'http'], // A page chooses the length of its own URL.
  [`POST ${LONG}`, 'pass'],
  ['GET / HTTP/1.1\r', 'holding'],
  ['GET / HTTP/1.1', 'holding'],
  ['GET / HTT', 'holding'],
  ['GET /', 'holding'],
  ['GET ', 'holding'],
  ['GET', 'holding'],
  ['', 'holding'],
  ['GET  / HTTP/1.1\r\n', 'pass'],
  ['GET / HTTP/2.0\r\n', 'pass'],
  ['GET / HTTP/1.x\r\n', 'pass'],
  ['GET / HTTP/1.1\n', 'pass'],
  ['GET / HTTP/1.1\rX', 'pass'],
  ['GET /\r\n', 'pass'],
  ['GET / http/1.1\r\n', 'pass'],
  ['get / HTTP/1.1\r\n', 'pass'],
  [' GET / HTTP/1.1\r\n', 'pass'],
  ['AT\r', 'pass'],
  ['AT+CGMI\r\n', 'pass'],
  ['G1 X10 Y20\n', 'pass'],
  ['HELLO WORLD\r\n', 'pass'],
  ['A'.repeat(25), 'pass'],
  ['\xff\xfb\x2c', 'pass'], // telnet
  ['\x00', 'pass'],
  ['\x01\x03\x00\x00\x00\x0a\xc5\xcd', 'pass'] // Modbus RTU
]

describe('the HTTP guard', () => {
  it.each(CASES)('%j: %s', (text, state) => {
    const whole = feed([bytes(text)])
    expect(whole.state).toBe(state)
    expect(whole.passed).toBe(state === 'pass' ? text : '')
  })

  it('says the same for any chunking, and loses nothing', () => {
    for (const [text, state] of CASES)
      for (const size of [1, 2, 3, 7, 100]) {
        const expected = { state, passed: state === 'pass' ? text : '' }
        expect(feed(cut(bytes(text), [size]))).toEqual(expected)
      }
  })

  it('copies nothing: the very same chunk comes back', () => {
    const guard = new HttpGuard()
    const [first, second] = [bytes('AT\r'), bytes('GET / HTTP/1.1\r\n')]
    expect(guard.receive(first).bytes).toBe(first)
    expect(guard.receive(second)).toEqual({ state: 'pass', bytes: second })
    expect(guard.receive(second).bytes).toBe(second)
  })

  it('lets go of what it holds when it is told to, and passes all from then on', () => {
    const guard = new HttpGuard()
    guard.receive(bytes('GET '))
    guard.receive(bytes('/ HTTP/1.1'))
    expect(Buffer.from(guard.release()).toString()).toBe('GET / HTTP/1.1')
    expect(guard.release()).toHaveLength(0)
    const rest = bytes('\r\n')
    expect(guard.receive(rest)).toEqual({ state: 'pass', bytes: rest })
  })

  it('hands on nothing of a browser, whatever follows', () => {
    const guard = new HttpGuard()
    expect(guard.receive(bytes('GET / HTTP/1.1\r\n')).state).toBe('http')
    expect(guard.receive(bytes('body'))).toEqual({ state: 'http', bytes: new Uint8Array(0) })
    expect(guard.release()).toHaveLength(0)
  })

  it('decides within its bound', () => {
    const guard = new HttpGuard()
    expect(guard.receive(bytes(`POST /${LONG}`.slice(0, MAX_REQUEST_LINE))).state).toBe('holding')
    expect(guard.receive(bytes('x')).state).toBe('http')
  })
})
