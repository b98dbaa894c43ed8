import { describe, expect, it } from 'vitest'
import { CableSource, crossed } from '../../src-main/bridge/cable.ts'
import { Link, type LinkOptions } from '../../src-main/bridge/link.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { UNKNOWN_MODEM_STATE } from '../../src-main/contract/line.ts'
import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { bytes, text } from './setup.ts'

const READY = { cts: true, dsr: true, dcd: false, ri: false }
const AWAY = { cts: false, dsr: false, dcd: false, ri: false }

interface Bench {
  readonly clock: FakeClock
  readonly near: MemoryPortSource
  readonly far: MemoryPortSource
  readonly cable: CableSource
  readonly link: Link
  readonly end: () => Promise<number>
}

/** `farWaits`: its far end opens when it is told to. */
function bench(hold: LinkOptions['hold'] = true, farWaits = false): Bench {
  const clock = new FakeClock()
  const source = (label: string): MemoryPortSource =>
    new MemoryPortSource(label, (settings) => new MemoryPort({ clock, settings, modemState: AWAY }))
  const [near, far] = [source('near'), source('far')]
  if (farWaits) far.hold()
  const cable = new CableSource({ port: far, settings: { baudRate: 300 }, clock })
  const link = new Link({ id: '1', name: 'cable', port: near, sources: [cable], clock, hold })
  const end = async (): Promise<number> => {
    const closed = link.close(2000)
    await clock.advance(2001)
    expect(clock.pending).toBe(0)
    return closed
  }
  return { clock, near, far, cable, link, end }
}

describe('a cable between two ports', () => {
  it('carries bytes both ways, each end at its own settings', async () => {
    const { near, far, cable, link, end } = bench()
    const faults: Fault[] = []
    cable.port.onFault((fault) => faults.push(fault))
    await settle()
    near.port.send(bytes('from near'))
    far.port.send(bytes('from far'))
    expect([text(near.port.received), text(far.port.received)]).toEqual(['from far', 'from near'])
    expect(far.tries).toEqual([{ baudRate: 300 }])
    expect(link.state).toMatchObject({ addresses: ['far'], sessions: [{ label: 'far', writer: true }] })
    expect(await end()).toBe(0)
    expect([near.port.ended, far.port.ended]).toEqual([true, true])
    expect([near.ports.length, far.ports.length]).toEqual([1, 1])
    expect(faults).toEqual([])
  })

  it('opens its near end with the far one, so that its first words are heard, and keeps it open from then on', async () => {
    const { near, far, end } = bench('once-used', true)
    await settle()
    expect([near.tries.length, far.tries.length]).toEqual([0, 1])
    far.proceed()
    await settle()
    near.port.send(bytes('first words'))
    expect(text(far.port.received)).toBe('first words')
    far.hold()
    far.port.abort({ code: 'ended', message: 'the far end went away' })
    await settle()
    expect([near.ports.length, near.port.ended]).toEqual([1, false])
    await end()
  })

  it('crosses the lines from the start, and at each change', async () => {
    const { near, far, end } = bench()
    await settle()
    expect([near.port.lines, far.port.lines]).toMatchObject([
      { dtr: false, rts: false },
      { dtr: false, rts: false }
    ])
    near.port.setModemState(READY)
    await settle()
    expect(far.port.lines).toMatchObject({ dtr: true, rts: true })
    far.port.setModemState({ cts: true })
    await settle()
    expect(near.port.lines).toMatchObject({ dtr: false, rts: true })
    await end()
  })

  it('drives what is asked last, also where the port is slow to answer', async () => {
    const { near, far, end } = bench()
    await settle()
    near.port.setModemState(READY)
    await settle()
    const port = far.port
    const control = port.control.bind(port)
    const held: (() => void)[] = []
    port.control = async (wish) => {
      await new Promise<void>((resolve) => held.push(resolve))
      return control(wish)
    }
    near.port.setModemState({ dsr: false })
    near.port.setModemState({ dsr: true })
    for (const answer of held.splice(0)) answer()
    await settle()
    for (const answer of held.splice(0)) answer()
    await settle()
    expect(far.port.lines).toMatchObject({ dtr: true })
    await end()
  })

  it('sends a received break on', async () => {
    const { near, far, end } = bench()
    await settle()
    near.port.reportLine({ break: 1 })
    far.port.reportLine({ break: 1 })
    far.port.reportLine({ framing: 1 })
    await settle()
    expect([near.port.breaks, far.port.breaks]).toEqual([[250], [250]])
    await end()
  })

  it('is there again when an end was away', async () => {
    const { clock, near, far, cable, end } = bench()
    const faults: Fault[] = []
    cable.port.onFault((fault) => faults.push(fault))
    await settle()
    far.fail(new Fault('device-missing', 'There is no far end. Plug it in.'))
    far.port.unplug()
    await clock.advance(2000)
    expect(faults.map(({ code }) => code)).toEqual(['device-unplugged', 'device-missing'])
    far.fail(undefined)
    far.appear()
    await settle()
    near.port.send(bytes('welcome back'))
    expect(text(far.port.received)).toBe('welcome back')
    await end()
  })

  it('counts what an end did not take before it broke', async () => {
    const { near, far, link, end } = bench()
    await settle()
    far.port.stall()
    near.port.send(bytes('abc'))
    far.port.unplug()
    await settle()
    expect(link.state).toMatchObject({ bytesFromDevice: 0, lostFromDevice: 3 })
    await end()
  })
})

describe('crossed lines', () => {
  it.each([
    [READY, { rts: true, dtr: true }],
    [
      { cts: false, dsr: 'unknown', dcd: true, ri: true },
      { rts: false, dtr: true }
    ],
    [UNKNOWN_MODEM_STATE, {}]
  ] as const)('of %j drive %j', (modem, lines) => {
    expect(crossed(modem)).toEqual(lines)
  })
})
