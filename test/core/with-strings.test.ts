import { describe, expect, it } from 'vitest'
import { Share } from '../../src-main/bridge/share.ts'
import { withStrings } from '../../src-main/core/with-strings.ts'
import { MemoryPort, MemoryPortSource } from '../../src-main/ports/memory.ts'
import { MemorySession, MemorySource } from '../../src-main/sessions/memory.ts'
import { bytes, text } from '../bridge/setup.ts'
import { FakeClock, settle } from '../fake-clock.ts'

interface Bench {
  readonly clock: FakeClock
  readonly device: MemoryPortSource
  readonly clients: MemorySource
  readonly share: Share
  /** Of the close string. */
  readonly lost: number[]
}

/** A share whose device is sent `open!` and `close!`, with its baud rate in them. `make` makes its ports. */
function bench(make?: () => MemoryPort): Bench {
  const clock = new FakeClock()
  const device = new MemoryPortSource('device', make)
  const clients = new MemorySource()
  const lost: number[] = []
  const port = withStrings(device, {
    open: ({ baudRate }) => bytes(`open ${baudRate}!`),
    close: ({ baudRate }) => bytes(`close ${baudRate}!`),
    closeLost: (count) => lost.push(count)
  })
  const share = new Share({ id: '1', name: 'share', port, sources: [clients], settings: {}, clock })
  return { clock, device, clients, share, lost }
}

describe('strings for the device', () => {
  it('come before all others at each opening, and last at each closing', async () => {
    const { device, clients, share, lost } = bench()
    const session = clients.connect(new MemorySession())
    session.send(bytes(' hello '))
    await settle()
    const { port } = device
    session.ask({ baudRate: 9600 })
    await settle()
    session.end()
    await settle()
    expect(text(port.received)).toBe('open 115200! hello close 9600!')
    clients.connect(new MemorySession())
    await settle()
    expect(text(device.port.received)).toBe('open 115200!')
    await share.close(1000)
    expect(text(device.port.received)).toBe('open 115200!close 115200!')
    expect(share.state).toMatchObject({ bytesToDevice: 7, lostToDevice: 0 })
    expect(lost).toEqual([])
  })

  it('open it again after it was pulled out, and need no close then', async () => {
    const { device, clients, clock, share } = bench()
    clients.connect(new MemorySession())
    await settle()
    const { port } = device
    port.unplug()
    await clock.advance(1000)
    expect(text(port.received)).toBe('open 115200!')
    expect(device.ports).toHaveLength(2)
    expect(text(device.port.received)).toBe('open 115200!')
    await share.close(1000)
  })

  it('are no loss of a client where the device does not take them', async () => {
    const { device, clients, clock, share, lost } = bench(() => {
      const port = new MemoryPort()
      port.stall()
      return port
    })
    const session = clients.connect(new MemorySession())
    await settle()
    expect(device.port.queued).toBe('open 115200!'.length)
    session.send(bytes('hello'))
    await settle()
    // Two bytes of the client arrive, three are lost with the device.
    device.port.take('open 115200!'.length + 2)
    device.port.unplug()
    await settle()
    expect(share.state).toMatchObject({ bytesToDevice: 2, lostToDevice: 3 })
    await clock.advance(1000)
    // Nothing of the client is in this one.
    device.port.unplug()
    await settle()
    expect(share.state).toMatchObject({ bytesToDevice: 2, lostToDevice: 3 })
    await clock.advance(2000)
    device.port.take('open 115200!'.length)
    const closed = share.close(1000)
    await clock.advance(60_000)
    await closed
    expect(share.state).toMatchObject({ bytesToDevice: 2, lostToDevice: 3 })
    expect(lost).toEqual(['close 115200!'.length])
  })
})
