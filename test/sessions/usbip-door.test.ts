import { describe, expect, it, onTestFinished } from 'vitest'
import { DONE } from '../../src-main/contract/close.ts'
import { DEFAULT_SETTINGS } from '../../src-main/contract/line.ts'
import { busIdOwner, makeBusId, UsbipDoor } from '../../src-main/sessions/usbip-door.ts'
import { UsbipSource } from '../../src-main/sessions/usbip-source.ts'
import { eventually } from '../eventually.ts'
import { FakeClock } from '../fake-clock.ts'
import { tcpHost } from './usbip-tcp.ts'

const TEXTS = { manufacturer: 'farport.example', product: 'GPS at pi', serialNumber: 'abcd1234' }

async function opened(clock?: FakeClock) {
  const door = await UsbipDoor.open(makeBusId(), clock)
  onTestFinished(() => door.close())
  return door
}

async function arrived(port: number) {
  const arrival = await tcpHost(port)
  onTestFinished(() => void arrival.socket.destroy())
  return arrival
}

function serve(door: UsbipDoor): void {
  void door.imported.then((wire) => {
    const { busId } = door
    const source = new UsbipSource({ address: 'COM7', wire, busId, texts: TEXTS, settings: DEFAULT_SETTINGS })
    source.onSession((session) => {
      session.onData((bytes) => void session.write(bytes))
      session.resume()
    })
    onTestFinished(() => source.close(DONE))
  })
}

describe('a bus id', () => {
  it('fits into its field, tells its process, and is never the same', () => {
    const ids = [1, 4242, 2 ** 31 - 1].map(makeBusId)
    for (const id of ids) expect(id.length).toBeLessThan(32)
    expect(ids.map(busIdOwner)).toEqual([1, 4242, 2 ** 31 - 1])
    expect(new Set(Array.from({ length: 100 }, () => makeBusId(1))).size).toBe(100)
  })

  it.each(['1-1', 'farport-1-short', 'farport-UPPER-0123456789abcdef', ''])(
    'of others is not ours: %s',
    (id) => {
      expect(busIdOwner(id)).toBeUndefined()
    }
  )
})

describe('the door of a USB/IP driver', () => {
  it('gives the adapter to whoever knows its bus id, and lets nobody in afterwards', async () => {
    const door = await opened()
    serve(door)
    const { host } = await arrived(door.port)
    const device = await host.plug(door.busId)
    expect(device).toMatchObject({ busId: door.busId, vendorId: 0x16c0, productId: 0x05e1 })
    host.open()
    await host.write(Buffer.from('across TCP'))
    await eventually(() => expect(Buffer.from(host.got).toString()).toBe('across TCP'))
    expect(host.violations).toEqual([])
    await expect(tcpHost(door.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('tells nobody else of it', async () => {
    const door = await opened()
    serve(door)
    for (const busId of ['1-1', door.busId.slice(0, -1), `${door.busId.slice(0, -1)}?`, '']) {
      const { host, over } = await arrived(door.port)
      expect(await host.plug(busId)).toBeUndefined()
      await over
    }
    const { host } = await arrived(door.port)
    expect(await host.plug(door.busId)).toBeDefined()
  })

  it('takes an import that comes byte by byte', async () => {
    const door = await opened()
    serve(door)
    const { host, socket } = await arrived(door.port)
    const write = socket.write.bind(socket)
    socket.write = (bytes: Uint8Array) => {
      for (const byte of bytes) void write(Uint8Array.of(byte))
      return true
    }
    expect(await host.plug(door.busId)).toBeDefined()
  })

  it('waits 5 s for what somebody wants, for eight at once', async () => {
    const clock = new FakeClock()
    const door = await opened(clock)
    const silent = []
    for (let count = 0; count < 8; count++) silent.push(await arrived(door.port))
    const ninth = await arrived(door.port)
    await ninth.over
    await clock.advance(5000)
    await Promise.all(silent.map(({ over }) => over))
  })

  it('ends those who still wait when it closes', async () => {
    const door = await opened()
    const { over } = await arrived(door.port)
    await door.close()
    await over
  })

  it.each([
    ['an operation that USB/IP has not', '0111 4242 00000000'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')]
  ])('ends %s', async (_what, bytes) => {
    const door = await opened()
    const { socket, over } = await arrived(door.port)
    socket.write(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))
    await over
  })
})
