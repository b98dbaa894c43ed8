/** What every Port promises beside its bytes. */
import { expect, it } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import type { LineWish } from '../../src-main/contract/line.ts'
import type { Port } from '../../src-main/ports/port.ts'

const WISHES: readonly LineWish[] = [
  { baudRate: 57_600 },
  { dataBits: 7, parity: 'even' },
  { stopBits: 2 },
  { flowControl: 'xonxoff' },
  { flowControl: 'none' },
  {}
]

export function portSuite(open: () => Port | Promise<Port>): void {
  const { signal } = new AbortController()

  it('answers an apply with its actual settings, absent fields as before', async () => {
    const port = await open()
    for (const wish of WISHES) {
      const before = port.settings
      const actual = await port.apply(wish, signal)
      expect(actual).toEqual(port.settings)
      for (const field of Object.keys(before) as (keyof typeof before)[]) {
        if (!(field in wish)) expect(actual[field]).toBe(before[field])
        else if (port.capabilities.settings.has(field)) expect(actual[field]).toBe(wish[field])
      }
    }
    port.abort(DONE)
  })

  it('answers control lines with those in force, absent ones as before', async () => {
    const port = await open()
    for (const wish of [{ dtr: false }, { rts: false }, { dtr: true, rts: true }, {}]) {
      const before = port.lines
      expect(await port.control(wish)).toEqual({ ...before, ...wish })
      expect(port.lines).toEqual({ ...before, ...wish })
    }
    port.abort(DONE)
  })

  it('knows no levels but those that it can read', async () => {
    const port = await open()
    for (const [line, level] of Object.entries(port.modemState))
      if (![...port.capabilities.modem].some((each) => each === line)) expect(level).toBe('unknown')
    port.abort(DONE)
  })

  it('takes a break and a purge without a word', async () => {
    const port = await open()
    await port.sendBreak(1)
    for (const which of ['receive', 'transmit', 'both'] as const) port.purge(which)
    port.abort(DONE)
  })
}
