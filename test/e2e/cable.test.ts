import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Device } from '../peers/device.ts'
import { lacks } from '../peers/need.ts'
import { makeShimmedPair, type ShimmedPair } from '../shim/shim.ts'
import { Program, farport, shared } from './cli.ts'

async function pair(): Promise<ShimmedPair> {
  const made = await makeShimmedPair()
  onTestFinished(() => made.dispose())
  return made
}

/** Each is joined at its end `a`; what is plugged in there is at its end `b`. */
async function expectCable(cable: Program, one: ShimmedPair, other: ShimmedPair): Promise<void> {
  await cable.printed(/^ready/m)
  await vi.waitFor(() => expect(cable.stderr).toMatch(/port open/), 10_000)
  for (const [from, to] of [
    [one, other],
    [other, one]
  ] as const) {
    for (const level of [true, false, true]) {
      from.a.state.setModem({ dsr: level, dcd: level, cts: !level })
      await vi.waitFor(() => expect(to.a.state.seen).toMatchObject({ dtr: level, rts: !level }), 5000)
    }
  }
  one.a.state.count({ break: 1 })
  await vi.waitFor(() => expect(other.a.state.sendingBreak).toBe(true), 5000)
  await vi.waitFor(() => expect(other.a.state.sendingBreak).toBe(false), 5000)
  expect(one.a.state.seen).toMatchObject({ dataBits: 7, parity: 'even' })
  const [near, far] = [new Device(one.b.path), new Device(other.b.path)]
  near.write(Buffer.from('to the far end'))
  far.write(Buffer.from('and back'))
  await vi.waitFor(() => expect(far.got.toString()).toBe('to the far end'), 5000)
  await vi.waitFor(() => expect(near.got.toString()).toBe('and back'), 5000)
}

describe.skipIf(lacks('socat', 'cc'))('two real ports as one long cable', () => {
  it('on this computer: bytes, lines and breaks both ways', async () => {
    const [one, other] = [await pair(), await pair()]
    await expectCable(farport('connect', one.a.path, other.a.path, '--line', '7E1'), one, other)
  })

  it('across the network', async () => {
    const [one, other] = [await pair(), await pair()]
    const { urls } = await shared([other.a.path, '--listen', 'rfc2217://127.0.0.1:0'])
    await expectCable(farport('connect', one.a.path, urls[0]!, '--line', '7E1'), one, other)
  })
})
