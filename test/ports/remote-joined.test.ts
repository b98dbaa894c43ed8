import { afterEach, describe, expect, it } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import type { ControlLines, LineSettings, LineWish } from '../../src-main/contract/line.ts'
import {
  DATA_BITS,
  DEFAULT_SETTINGS,
  FLOW_CONTROLS,
  PARITIES,
  STOP_BITS
} from '../../src-main/contract/line.ts'
import { memoryPair } from '../../src-main/net/memory.ts'
import type { RemoteMode } from '../../src-main/net/telnet-link.ts'
import type { Port } from '../../src-main/ports/port.ts'
import { openRemotePort } from '../../src-main/ports/remote.ts'
import { RemoteSession } from '../../src-main/sessions/remote.ts'
import { settle } from '../fake-clock.ts'
import { randomFrom } from '../hex.ts'

const never = new AbortController().signal
const open: { abort(reason: typeof DONE): void }[] = []

afterEach(() => {
  for (const each of open.splice(0)) each.abort(DONE)
})

interface Joined {
  readonly port: Port
  readonly session: RemoteSession
  readonly device: { settings: LineSettings; lines: ControlLines; log: string[] }
}

/** Our client on our server, a device behind it that takes every wish but 300 baud. */
async function join(mode: RemoteMode = 'rfc2217'): Promise<Joined> {
  const [near, far] = memoryPair()
  const session = new RemoteSession(far, mode)
  const device = {
    settings: { ...DEFAULT_SETTINGS, baudRate: 4800 } as LineSettings,
    lines: { dtr: false, rts: true, break: false },
    log: [] as string[]
  }
  session.onApply((request) => {
    const taken = request.wish.baudRate === 300 ? {} : request.wish
    // In a later turn, as a real port does.
    setImmediate(() => {
      device.settings = { ...device.settings, ...taken }
      request.answer(device.settings)
    })
  })
  session.onControl((request) => {
    device.lines = { ...device.lines, ...request.wish }
    request.answer(device.lines)
  })
  session.onPurge((which) => device.log.push(`purge ${which}`))
  session.onBreak((ms) => device.log.push(`break ${ms}`))
  session.resume()
  const port = await openRemotePort(near, mode, {}, never)
  port.resume()
  open.push(port, session)
  return { port, session, device }
}

describe('our client on our server', () => {
  it('knows the settings and lines of the device, and changed none', async () => {
    const { port, device } = await join()
    expect(port.settings).toEqual({ ...DEFAULT_SETTINGS, baudRate: 4800 })
    expect(port.lines).toEqual({ dtr: false, rts: true, break: false })
    expect(device.settings).toEqual(port.settings)
  })

  it('carries every setting', async () => {
    const { port, device } = await join()
    const wishes: LineWish[] = [
      ...[1, 255, 9600, 74_880, 250_000, 0xffff_ffff].map((baudRate) => ({ baudRate })),
      ...DATA_BITS.map((dataBits) => ({ dataBits })),
      ...PARITIES.map((parity) => ({ parity })),
      ...STOP_BITS.map((stopBits) => ({ stopBits })),
      ...FLOW_CONTROLS.map((flowControl) => ({ flowControl })),
      { baudRate: 1200, dataBits: 7, parity: 'odd', stopBits: 1.5, flowControl: 'xonxoff' }
    ]
    for (const wish of wishes) {
      expect(await port.apply(wish, never)).toEqual({ ...port.settings, ...wish })
      expect(device.settings).toEqual(port.settings)
    }
  })

  it('answers with what is where the wish is impossible', async () => {
    const { port } = await join()
    expect(await port.apply({ baudRate: 300 }, never)).toMatchObject({ baudRate: 4800 })
  })

  it('carries every line, break and purge', async () => {
    const { port, device } = await join()
    for (const wish of [
      { dtr: true },
      { rts: false },
      { break: true },
      { break: false },
      { rts: true, dtr: false }
    ]) {
      expect(await port.control(wish)).toEqual({ ...device.lines, ...wish })
      expect(port.lines).toEqual(device.lines)
    }
    await port.sendBreak(1)
    for (const which of ['receive', 'transmit', 'both'] as const) port.purge(which)
    await port.apply({}, never)
    await port.control({ dtr: true })
    expect(device.log).toEqual(['purge receive', 'purge transmit', 'purge both'])
  })

  it('carries every modem line and line error', async () => {
    const { port, session } = await join()
    const off = { cts: false, dsr: false, dcd: false, ri: false }
    for (const line of ['cts', 'dsr', 'dcd', 'ri'] as const) {
      const changed = new Promise((resolve) => port.onModemState(resolve))
      session.notify({ modem: { ...off, [line]: true } })
      expect(await changed).toEqual({ ...off, [line]: true })
    }
    const none = { overrun: 0, parity: 0, framing: 0, break: 0 }
    for (const error of ['overrun', 'parity', 'framing', 'break'] as const) {
      const reported = new Promise((resolve) => port.onLineState(resolve))
      session.notify({ line: { ...none, [error]: 7 } })
      expect(await reported).toEqual({ ...none, [error]: 1 })
    }
  })

  it('carries IAC BRK on a telnet address', async () => {
    const { port, device } = await join('telnet')
    await port.sendBreak(1)
    for (let n = 0; n < 5; n++) await settle()
    expect(device.log).toEqual(['break 250'])
  })

  it.each(['rfc2217', 'telnet', 'raw'] as const)(
    'carries 1 MiB both ways, all byte values, %s',
    async (mode) => {
      const { port, session } = await join(mode)
      const random = randomFrom(9)
      const sent = Uint8Array.from({ length: 1024 * 1024 }, () => (random(4) ? random(256) : 255 * random(2)))
      const ends = [
        { from: port, to: session },
        { from: session, to: port }
      ]
      const received = ends.map(
        ({ to }) =>
          new Promise<Uint8Array>((resolve) => {
            const all = new Uint8Array(sent.length)
            let size = 0
            to.onData((bytes) => {
              all.set(bytes, size)
              size += bytes.length
              if (size === all.length) resolve(all)
            })
          })
      )
      for (const { from } of ends) {
        let at = 0
        const pump = (): void => {
          while (at < sent.length) {
            const size = 1 + random(20_000)
            at += size
            if (!from.write(sent.subarray(at - size, at))) return
          }
        }
        from.onDrain(pump)
        pump()
      }
      const applied = mode === 'rfc2217' ? port.apply({ baudRate: 9600, stopBits: 2 }, never) : undefined
      for (const all of await Promise.all(received)) expect(Buffer.compare(all, sent)).toBe(0)
      if (applied) expect(await applied).toMatchObject({ baudRate: 9600, stopBits: 2 })
    }
  )
})
