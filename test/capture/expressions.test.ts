import { afterEach, describe, expect, test } from 'vitest'
import { EXPRESSION_MS, ExpressionRunner } from '../../src-main/capture/expressions.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

/** Backtracks for longer than anybody waits. */
const ENDLESS = /^(a+)+$/
const VICTIM = bytes(`${'a'.repeat(40)}b`)

describe('expressions of users', () => {
  const made: ExpressionRunner[] = []
  const runner = (): ExpressionRunner => {
    const one = new ExpressionRunner()
    made.push(one)
    return one
  }
  afterEach(() => made.splice(0).forEach((each) => each.dispose()))

  test('for each text, for each expression', async () => {
    const texts = ['AT+CSQ\r\n', 'OK\r\n', ''].map(bytes)
    expect(await runner().run([/^AT/, /ok/i], texts)).toEqual([
      [true, false],
      [false, true],
      [false, false]
    ])
  })

  test('bytes are characters, whatever they are', async () => {
    const texts = [Uint8Array.of(0x00, 0xff), Uint8Array.of(0xc3, 0xa4)]
    expect(await runner().run([/^\x00\xff$/, /^\xc3\xa4$/], texts)).toEqual([
      [true, false],
      [false, true]
    ])
  })

  test('a flag g does not make every second text fail', async () => {
    const texts = ['aa', 'aa', 'aa'].map(bytes)
    expect(await runner().run([/a/g], texts)).toEqual([[true], [true], [true]])
  })

  test('views of a larger memory are read in their bounds, and stay the caller’s', async () => {
    const memory = bytes('xxOKxx')
    const view = memory.subarray(2, 4)
    expect(await runner().run([/^OK$/], [view])).toEqual([[true]])
    expect(view).toEqual(bytes('OK'))
  })

  test('one that takes for ever is ended, named, and the next one runs', async () => {
    const one = runner()
    const before = performance.now()
    const endless = one.run([/b/, ENDLESS], [VICTIM])
    const next = one.run([/^a/], [VICTIM])
    await expect(endless).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('/^(a+)+$/ takes more than 500 ms') as string
    })
    expect(performance.now() - before).toBeGreaterThanOrEqual(EXPRESSION_MS - 5)
    expect(await next).toEqual([[true]])
  })

  test('the event loop goes on meanwhile', async () => {
    const endless = runner().run([ENDLESS], [VICTIM])
    let turns = 0
    const ticking = setInterval(() => turns++, 10)
    await expect(endless).rejects.toThrow('was ended')
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(10)
  })

  test('nothing is left after the end', async () => {
    const one = runner()
    const asked = one.run([ENDLESS], [VICTIM])
    one.dispose()
    await expect(asked).rejects.toThrow('over')
    await expect(one.run([/a/], [VICTIM])).rejects.toThrow('over')
  })
})
