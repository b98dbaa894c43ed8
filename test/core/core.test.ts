import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ShareSpec } from '../../src-main/contract/commands.ts'
import { Core } from '../../src-main/core/core.ts'
import { deviceFileName, freeName, nameOf } from '../../src-main/core/names.ts'
import { stdioSource } from '../../src-main/sessions/console.ts'
import { lacks } from '../peers/need.ts'

let core: Core

beforeEach(() => {
  core = new Core()
})
afterEach(async () => {
  await core.close(1000)
})

describe('the core', () => {
  it('starts a share, shows it in its state, and stops it', async () => {
    const states: string[][] = []
    core.onState(() => states.push(Object.keys(core.state.bridges)))
    const share = await core.call('share.start', {
      port: { target: 'sim:echo' },
      listen: ['raw://127.0.0.1:0']
    })
    expect(share).toMatchObject({ kind: 'share', name: 'echo', port: 'sim:echo', state: { type: 'idle' } })
    expect(core.state.bridges[share.id]?.addresses).toEqual(share.addresses)
    expect(await core.call('bridge.stop', { id: share.id })).toEqual({ lost: 0 })
    expect(core.state.bridges).toEqual({})
    expect(states.at(-1)).toEqual([])
    expect(states).toContainEqual([share.id])
  })

  it('tells of a port that is open from the start', async () => {
    const told: string[] = []
    core.onNotice(({ subject, text }) => told.push(`${subject}: ${text}`))
    const port = { target: 'sim:echo' }
    await core.call('share.start', { port, listen: ['raw://127.0.0.1:0'], openAtStart: true })
    await vi.waitFor(() => expect(told).toEqual(['echo: port open']))
  })

  it('counts what passes, also of clients that left', async () => {
    const share = await core.call('share.start', {
      port: { target: 'sim:echo' },
      listen: ['raw://127.0.0.1:0']
    })
    const socket = createConnection(Number(share.addresses[0]?.split(':').at(-1)), '127.0.0.1')
    await new Promise((resolve) => {
      socket.once('data', resolve)
      socket.write('x')
    })
    expect(core.state.bridges[share.id]?.sessions).toMatchObject([{ id: 1, writer: true, bytesToDevice: 1 }])
    socket.destroy()
    await vi.waitFor(() => {
      expect(core.state.bridges[share.id]).toMatchObject({
        sessions: [],
        state: { type: 'idle' },
        bytesToDevice: 1,
        bytesFromDevice: 1
      })
    })
  })

  it('switches a share off and on, at the same address and with its totals', async () => {
    const share = await core.call('share.start', {
      port: { target: 'sim:echo' },
      listen: ['raw://127.0.0.1:0']
    })
    const [address] = share.addresses
    await echoed(address!)
    const off = await core.call('share.enable', { id: share.id, enabled: false })
    expect(off).toMatchObject({ enabled: false, addresses: [], sessions: [], bytesToDevice: 1 })
    await expect(echoed(address!)).rejects.toThrow('ECONNREFUSED')
    const on = await core.call('share.enable', { id: share.id, enabled: true })
    expect(on).toMatchObject({ enabled: true, addresses: [address], bytesToDevice: 1 })
    await echoed(address!)
    expect(core.state.bridges[share.id]?.bytesToDevice).toBe(2)
  })

  it.each<[string, Partial<ShareSpec>]>([
    ['take over where there is one place', { newcomer: 'take-over', maxClients: 1 }],
    ['take over where all write', { newcomer: 'take-over', writers: 'all' }],
    [
      'call for a device that nobody hears',
      { oneWay: 'to-device', dial: [{ url: 'raw://h:1', when: 'data' }] }
    ]
  ])('lets nobody %s', async (_what, rules) => {
    const spec = { port: { target: 'sim:echo' }, listen: ['raw://127.0.0.1:0'], ...rules }
    await expect(core.call('share.start', spec)).rejects.toMatchObject({ code: 'usage' })
  })

  it('switches nothing on that is being stopped', async () => {
    const { id } = await core.call('share.start', {
      port: { target: 'sim:echo' },
      listen: ['raw://127.0.0.1:0'],
      disabled: true
    })
    const stopped = core.call('bridge.stop', { id })
    const enabled = core.call('share.enable', { id, enabled: true })
    await expect(enabled).rejects.toMatchObject({ code: 'usage' })
    await stopped
    expect(core.state.bridges).toEqual({})
  })

  it('stays off where its address is taken, and is on as soon as it is asked again', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    const { id } = await core.call('share.start', {
      port: { target: 'sim:echo' },
      listen: ['raw://127.0.0.1:0', `raw://127.0.0.1:${port}`],
      disabled: true
    })
    const enable = () => core.call('share.enable', { id, enabled: true })
    await expect(enable()).rejects.toMatchObject({ code: 'address-in-use' })
    expect(core.state.bridges[id]).toMatchObject({ enabled: false, addresses: [] })
    await new Promise((resolve) => taken.close(resolve))
    expect((await enable()).addresses[1]).toBe(`raw://127.0.0.1:${port}`)
  })

  it('starts a share that is off, and says what is wrong with it all the same', async () => {
    const spec = { port: { target: 'sim:echo' }, disabled: true }
    const share = await core.call('share.start', { ...spec, listen: ['raw://127.0.0.1:0'] })
    expect(share).toMatchObject({ enabled: false, port: 'sim:echo', addresses: [] })
    expect(core.state.bridges[share.id]).toEqual(share)
    await expect(core.call('share.start', { ...spec, listen: ['raw:/x'] })).rejects.toMatchObject({
      code: 'bad-url'
    })
    await expect(core.call('share.start', spec)).rejects.toMatchObject({ code: 'usage' })
  })

  it('places the clients of a rotator on its shares', async () => {
    const start = () => core.call('share.start', { port: { target: 'sim:echo' }, pooled: true })
    const shares = [await start(), await start()]
    const rotator = await core.call('rotator.start', {
      listen: ['raw://127.0.0.1:0'],
      shares: shares.map(({ id }) => id)
    })
    const sockets = await Promise.all([echoed(rotator.addresses[0]!), echoed(rotator.addresses[0]!)])
    expect(shares.map(({ id }) => core.state.bridges[id]?.sessions.length)).toEqual([1, 1])
    expect(core.state.rotators).toEqual({ [rotator.id]: rotator })
    for (const socket of sockets) socket.destroy()
    await expect(
      core.call('rotator.start', { listen: ['raw://127.0.0.1:0'], shares: ['77'] })
    ).rejects.toMatchObject({ code: 'usage' })
    expect(await core.call('bridge.stop', { id: rotator.id })).toEqual({ lost: 0 })
    expect(core.state.rotators).toEqual({})
  })

  it('listens nowhere when one of several addresses is not to be had', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    const first = await freePort()
    await expect(
      core.call('share.start', {
        port: { target: 'sim:echo' },
        listen: [`raw://127.0.0.1:${first}`, `raw://127.0.0.1:${port}`]
      })
    ).rejects.toMatchObject({ code: 'address-in-use' })
    taken.close()
    expect(core.state.bridges).toEqual({})
    await core.call('share.start', { port: { target: 'sim:echo' }, listen: [`raw://127.0.0.1:${first}`] })
  })

  it.each([
    ['a baud rate of 0', { settings: { baudRate: 0 } }, 'bad-settings'],
    ['a fraction', { settings: { baudRate: 9600.5 } }, 'bad-settings'],
    ['nine data bits', { settings: { dataBits: 9 } }, 'bad-settings'],
    ['an unknown setting', { settings: { speed: 9600 } }, 'bad-settings'],
    ['an unknown argument', { colour: 'red' }, 'usage']
  ])('refuses %s from whoever calls', async (_what, wrong, code) => {
    const call = core.call('share.start', {
      port: { target: 'sim:echo', ...wrong } as never,
      listen: ['raw://127.0.0.1:0']
    })
    await expect(call).rejects.toMatchObject({ code })
  })

  it('gives every share and link a name of its own', async () => {
    const spec = { port: { target: 'sim:gps?baud=9600' }, listen: ['raw://127.0.0.1:0'] }
    const names = [await core.call('share.start', spec), await core.call('share.start', spec)]
    expect(names.map(({ name }) => name)).toEqual(['gps', 'gps (2)'])
  })

  it('gives two that start at once two names', async () => {
    const spec = { port: { target: 'sim:gps' }, listen: ['raw://127.0.0.1:0'] }
    const both = await Promise.all([core.call('share.start', spec), core.call('share.start', spec)])
    expect(both.map(({ name }) => name)).toEqual(['gps', 'gps (2)'])
  })

  it('frees the name and the address of what could not start', async () => {
    const bad = { port: { target: 'sim:gps' }, listen: ['raw://192.0.2.1:0'], allow: ['anyone'] }
    await expect(core.call('share.start', bad)).rejects.toThrow()
    const share = await core.call('share.start', { ...bad, listen: ['raw://127.0.0.1:0'] })
    expect(share.name).toBe('gps')
  })

  it('closes what is being started when it is closed', async () => {
    const port = await freePort()
    const spec = { port: { target: 'sim:echo' }, listen: [`raw://127.0.0.1:${port}`] }
    const starting = core.call('share.start', spec)
    const closed = core.close(1000)
    await expect(starting).rejects.toMatchObject({
      message: expect.stringMatching(/shutting down/) as string
    })
    await closed
    expect(core.state.bridges).toEqual({})
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    server.close()
    await expect(core.call('share.start', spec)).rejects.toMatchObject({ code: 'usage' })
  })

  it('leaves nothing behind of a held link whose first dial fails', async () => {
    const port = await freePort()
    const link = held(`raw://127.0.0.1:${port}`, 'sim:echo')
    await expect(link).rejects.toMatchObject({ code: 'peer-refused' })
    expect(core.state.bridges).toEqual({})
  })

  it.each(['near', 'far'])('rejects a held cable whose %s end cannot be opened', async (end) => {
    const dead = `raw://127.0.0.1:${await freePort()}`
    const told: string[] = []
    core.onNotice(({ level, text }) => level === 'warning' && told.push(text))
    const [target, to] = end === 'near' ? [dead, 'sim:echo'] : ['sim:echo', dead]
    const link = held(target, to)
    await expect(link).rejects.toMatchObject({ code: 'peer-refused' })
    expect(core.state.bridges).toEqual({})
    // Whoever called has the fault; nobody needs it twice.
    expect(told).toEqual([])
  })

  it('tells in one line that the far end of a cable cannot be opened, and goes on trying', async () => {
    const dead = `raw://127.0.0.1:${await freePort()}`
    const told: string[] = []
    core.onNotice(({ level, text }) => level === 'warning' && told.push(text))
    await core.call('link.start', { port: { target: 'sim:echo' }, to: dead })
    await vi.waitFor(() => expect(told.length).toBe(1))
    expect(told[0]).toContain(dead.slice('raw://'.length))
  })

  it('ends what waits for a first opening when it is closed', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    // It accepts and never says a word of RFC 2217: opening takes 4 s.
    const link = held(`rfc2217://127.0.0.1:${port}`, 'sim:echo')
    link.catch(() => undefined)
    await vi.waitFor(() => expect(Object.keys(core.state.bridges).length).toBe(1))
    await core.close(100)
    await expect(link).rejects.toMatchObject({ code: 'usage' })
    server.close()
  })

  it('ends an attached console quickly when it is told to stop, also while it drains', async () => {
    const server = createServer((socket) => socket.pause().on('error', () => undefined))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const input = new PassThrough()
    const source = stdioSource(input, new PassThrough().resume(), { lingerMs: 0 })
    const stop = new AbortController()
    const attached = core.attach(
      { target: `raw://127.0.0.1:${port}`, settings: {} },
      source,
      { reconnect: false },
      stop.signal
    )
    const flood = Buffer.alloc(64 * 1024, 'x')
    // Until nothing is taken any more: the kernel's buffers and ours are full, which no drain empties.
    while (input.writableLength < 8 * flood.length) {
      input.write(flood)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const startMs = performance.now()
    stop.abort()
    await attached
    expect(performance.now() - startMs).toBeLessThan(4000)
    server.close()
  })

  it('stops sending at once when it is told to', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket.pause().on('error', () => undefined))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const stop = new AbortController()
    const sending = core.call(
      'send',
      { port: { target: `raw://127.0.0.1:${port}` }, bytes: Buffer.alloc(32 * 1024 * 1024) },
      stop.signal
    )
    await vi.waitFor(() => expect(sockets.length).toBe(1))
    const startMs = performance.now()
    stop.abort(new Error('enough'))
    await expect(sending).rejects.toThrow('enough')
    expect(performance.now() - startMs).toBeLessThan(3000)
    sockets[0]?.destroy()
    server.close()
  })

  it.skipIf(lacks.linux('/dev/full'))(
    'calls the end of a device a fault of the device, in a link too',
    async () => {
      const { id } = await core.call('link.start', { port: { target: '/dev/full' }, to: 'sim:gps' })
      await vi.waitFor(() => {
        expect(core.state.bridges[id]?.state).toMatchObject({ type: 'waiting', fault: { code: 'device-io' } })
      }, 5000)
    }
  )

  it('says what it does not have', async () => {
    await expect(core.call('bridge.stop', { id: '99' })).rejects.toMatchObject({ code: 'usage' })
  })
})

/** Started at once, then waited for. */
async function held(target: string, to: string): Promise<unknown> {
  const { id } = await core.call('link.start', { port: { target }, to, hold: true })
  return core.call('link.opened', { id })
}

describe('names', () => {
  it.each([
    ['/dev/ttyUSB0', 'ttyUSB0'],
    ['sim:gps?rate=2', 'gps'],
    ['rfc2217://host:7000', 'host:7000'],
    ['farport://bench/Ship%E2%80%99s%20GPS', 'Ship’s GPS'],
    ['farport://bench/100%', '100%'],
    ['farport://bench/a%1Bb', 'a%1Bb'],
    ['farport://bench/a%2Fb', 'a/b'],
    ['/dev/', '/dev/']
  ])('%s → %s', (target, name) => {
    expect(nameOf(target)).toBe(name)
  })

  it.each([
    ['gps', 'gps'],
    ['Ship’s GPS (2)', 'Ship-s-GPS-2'],
    ['host:7000', 'host-7000'],
    ['CNC/Laser\\x', 'CNC-Laser-x'],
    ['../../etc/passwd', 'etc-passwd'],
    ['-rf', 'rf'],
    ['Grüße 测试', 'Grüße-测试'],
    ['a; rm -rf ~ $(x) "y"', 'a-rm--rf-x-y'],
    ['..', 'port'],
    ['(((', 'port']
  ])('%s is the file %s', (name, file) => {
    expect(deviceFileName(name)).toBe(file)
  })

  it('count up where they are taken', () => {
    expect(freeName('a', ['b'])).toBe('a')
    expect(freeName('a', ['a', 'a (2)'])).toBe('a (3)')
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => {
        resolve(port)
      })
    })
  })
}

/** A client that sends a byte and gets it back; rejects where nobody listens. Ended with the test by its share's end. */
function echoed(url: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(Number(url.split(':').at(-1)), '127.0.0.1')
    socket.on('error', reject)
    socket.once('data', () => resolve(socket))
    socket.write('x')
  })
}
