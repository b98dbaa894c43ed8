import { expect, it } from 'vitest'
import { DONE } from '../../../src-main/contract/close.ts'
import { DEFAULT_SETTINGS, type LineState, type ModemState } from '../../../src-main/contract/line.ts'
import type { DeviceLine } from '../../../src-main/ports/simulated/device.ts'
import { SimulatedPort } from '../../../src-main/ports/simulated/port.ts'
import { FakeClock, settle } from '../../fake-clock.ts'

interface Bench {
  readonly port: SimulatedPort
  readonly line: DeviceLine
  /** What the device was told, in order. */
  readonly told: string[]
  readonly clock: FakeClock
}

/** A port with a device that only writes down what it is told. */
function plug(): Bench {
  const told: string[] = []
  const clock = new FakeClock()
  const plugged: DeviceLine[] = []
  const device = {
    label: 'sim:test',
    settings: { ...DEFAULT_SETTINGS, baudRate: 9600 },
    paced: false,
    attach: (line: DeviceLine) => {
      plugged.push(line)
      return {
        receive: (bytes: Uint8Array) => told.push(`bytes ${Buffer.from(bytes).toString('hex')}`),
        receiveBreak: (durationMs: number) => told.push(`break ${durationMs}`),
        linesChanged: ({ dtr, rts }: { dtr: boolean; rts: boolean }) => told.push(`dtr ${dtr} rts ${rts}`),
        dispose: () => told.push('unplugged')
      }
    }
  }
  const port = new SimulatedPort(device, device.settings, { clock, wallMs: () => 0 })
  return { port, line: plugged[0]!, told, clock }
}

it('tells the device what happens on its end of the line', async () => {
  const { port, told, clock } = plug()
  await port.control({ rts: false })
  await port.control({ rts: false, dtr: false })
  await port.control({})
  port.write(Uint8Array.of(0x41))
  await settle()
  const over = port.sendBreak(100)
  await clock.advance(100)
  await over
  // 4.8 bits at 9600 bit/s: the start bit and four zeros.
  const short = port.sendBreak(0.5)
  await clock.advance(0.5)
  await short
  port.abort(DONE)
  port.abort(DONE)
  expect(told).toEqual([
    'dtr true rts true',
    'dtr true rts false',
    'dtr false rts false',
    'bytes 41',
    'break 100',
    'bytes f0',
    'unplugged'
  ])
})

it('tells of modem lines only when they change', () => {
  const { port, line } = plug()
  const seen: ModemState[] = []
  port.onModemState((state) => seen.push(state))
  const off = { cts: false, dsr: false, dcd: false, ri: false }
  expect(port.modemState).toEqual(off)
  line.drive(off)
  line.drive({ ...off, ri: true })
  line.drive({ ...off, ri: true })
  line.drive(off)
  expect(seen).toEqual([{ ...off, ri: true }, off])
  port.abort(DONE)
})

it('takes nothing from a device that was unplugged', async () => {
  const { port, line } = plug()
  const seen: (Uint8Array | LineState)[] = []
  port.onData((chunk) => seen.push(chunk))
  port.onLineState((state) => seen.push(state))
  port.resume()
  line.send(Uint8Array.of(1))
  port.abort(DONE)
  line.send(Uint8Array.of(2))
  line.sendBreak(100)
  await settle()
  expect(seen).toEqual([])
})
