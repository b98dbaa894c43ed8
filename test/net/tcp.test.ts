import { spawn } from 'node:child_process'
import { Socket as PlainSocket, connect } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import { AllowList } from '../../src-main/net/allow-list.ts'
import type { DialOptions, ListenOptions, Refusal } from '../../src-main/net/carrier.ts'
import type { Connection, Listener } from '../../src-main/net/connection.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { StreamSocket } from '../../src-main/net/stream-socket.ts'
import { HALF_CLOSE_MS } from '../../src-main/net/stream-carrier.ts'
import { dialTcp, listenTcp } from '../../src-main/net/tcp.ts'
import { getsockopt } from '../../src-main/os/libc.ts'
import { socketFd } from '../../src-main/os/socket-state.ts'
import { FakeClock } from '../fake-clock.ts'
import { connectionSuite, ended, ends, fill, received, turns } from '../suites/connection.ts'
import { listening, portOf, tcpPair } from './tcp-pair.ts'
import { lacks } from '../peers/need.ts'

connectionSuite('TCP on IPv4', () => tcpPair('raw://127.0.0.1:0'))
describe.skipIf(lacks.ipv6())('with IPv6 on loopback', () => {
  connectionSuite('TCP on IPv6', () => tcpPair('raw://[::1]:0'))
})

const dial = (url: string, options?: DialOptions): Promise<Connection> => dialTcp(parseEndpoint(url), options)

describe('dialling', () => {
  it('names the far side', async () => {
    const { near, far } = await tcpPair()
    expect(near.remote).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(far.remote).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(far.remote).not.toBe(near.remote)
    expect(far.remoteAddress).toBe('127.0.0.1')
  })

  it('finds a name with several addresses', async () => {
    const listener = await listening()
    listener.onConnection((connection) => void ended(connection))
    const near = await dial(`raw://localhost:${portOf(listener)}`)
    expect(near.remoteAddress).toBe('127.0.0.1')
    near.abort(DONE)
  })

  it('says that nothing listens there', async () => {
    const listener = await listening()
    await listener.close(DONE)
    await expect(dial(listener.url)).rejects.toMatchObject({
      code: 'peer-refused',
      message: expect.stringContaining(listener.url) as string
    })
  })

  it('says that the host is unknown', async () => {
    await expect(dial('raw://no-such-host.invalid:1')).rejects.toMatchObject({ code: 'peer-unknown-host' })
  })

  it('gives up on a host that does not answer, after 10 s', async () => {
    const clock = new FakeClock()
    const dialled = dial(`raw://127.0.0.1:${await deafPort()}`, { clock })
    dialled.catch(() => undefined)
    await clock.advance(9_900)
    expect(clock.pending).toBe(1)
    await clock.advance(200)
    await expect(dialled).rejects.toMatchObject({ code: 'peer-timeout' })
  })

  it('stops when it is told to, with the reason it was told', async () => {
    const abort = new AbortController()
    const dialled = dial(`raw://127.0.0.1:${await deafPort()}`, { signal: abort.signal })
    const why = new Error('changed my mind')
    abort.abort(why)
    await expect(dialled).rejects.toBe(why)
    await expect(dial('raw://127.0.0.1:1', { signal: abort.signal })).rejects.toBe(why)
  })

  it('ends with its server, at once, after what came before the end', async () => {
    const { near, far } = await tcpPair(undefined, undefined, { clock: new FakeClock() })
    const all = received(near, 5)
    near.resume()
    far.write(Buffer.from('hello'))
    void far.close(DONE, 1000)
    expect(await ended(near)).toEqual(DONE)
    expect((await all).toString()).toBe('hello')
  })
})

describe('listening', () => {
  it('says that the port is in use', async () => {
    const listener = await listening()
    await expect(listenTcp(parseEndpoint(listener.url))).rejects.toMatchObject({
      code: 'address-in-use',
      message: expect.stringContaining(String(portOf(listener))) as string
    })
  })

  it('says that the address is not ours', async () => {
    await expect(listenTcp(parseEndpoint('raw://192.0.2.1:0', 'listen'))).rejects.toMatchObject({
      code: 'address-not-permitted'
    })
    await expect(listenTcp(parseEndpoint('raw://no-such-host.invalid:0', 'listen'))).rejects.toMatchObject({
      code: 'address-not-permitted'
    })
  })

  it('frees its port at a close, while its connections live on', async () => {
    const listener = await listening()
    const { near, far } = await joined(listener)
    await listener.close(DONE)
    const again = await listening(listener.url)
    expect(again.url).toBe(listener.url)
    const first = once(far.onData)
    far.resume()
    near.write(Buffer.from('still here'))
    expect(Buffer.from(await first).toString()).toBe('still here')
  })

  it('serves several clients from one address', async () => {
    const listener = await listening()
    const first = await joined(listener)
    const firstEnds = ends(first.far)
    await joined(listener)
    expect(firstEnds).toEqual([])
  })

  it('closes a connection that nobody takes', async () => {
    const listener = await listening()
    expect(await turnedAway(listener.url)).toBe(true)
  })

  it('stops when it is told to', async () => {
    const abort = new AbortController()
    const why = new Error('changed my mind')
    const started = listenTcp(parseEndpoint('raw://localhost:0', 'listen'), { signal: abort.signal })
    abort.abort(why)
    await expect(started).rejects.toBe(why)
  })

  it.skipIf(lacks.ipv6())('takes IPv4 on [::], and calls it IPv4', async () => {
    const listener = await listening('raw://[::]:0', { allowList: new AllowList(['127.0.0.0/8']) })
    const { far } = await joined(listener, `raw://127.0.0.1:${portOf(listener)}`)
    expect(far.remoteAddress).toBe('127.0.0.1')
    expect(far.remote).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it('turns away who is not on the list, and says so', async () => {
    const refusals: Refusal[] = []
    const listener = await listening(undefined, {
      allowList: new AllowList(['10.0.0.0/8']),
      onRefused: (refusal) => refusals.push(refusal)
    })
    let connections = 0
    listener.onConnection(() => connections++)
    expect(await turnedAway(listener.url)).toBe(true)
    expect(connections).toBe(0)
    expect(refusals).toEqual([
      {
        remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
        why: expect.stringContaining('10.0.0.0/8') as string
      }
    ])
  })
})

describe.skipIf(lacks.linux('options of sockets'))('the options of a socket', () => {
  const TCP = 6
  const option = (socket: PlainSocket, name: number): number =>
    getsockopt(socketFd(socket)!, TCP, name, 4).readInt32LE()
  const options = (socket: PlainSocket): object => ({
    noDelay: option(socket, 1),
    keepIdleS: option(socket, 4),
    keepIntervalS: option(socket, 5),
    keepCount: option(socket, 6),
    userTimeoutMs: option(socket, 18)
  })
  /** The sockets of a pair, once both are reading: only then does Node name them. */
  const sockets = (near: Connection, far: Connection): { dialled: PlainSocket; accepted: PlainSocket } => {
    near.resume()
    far.resume()
    const active = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles()
    const found = active.filter((each) => each instanceof StreamSocket)
    const to = (connection: Connection): PlainSocket =>
      found.find((each) => connection.remote.endsWith(`:${each.remotePort}`))!
    return { dialled: to(near), accepted: to(far) }
  }
  const normal = { noDelay: 1, keepIdleS: 10, keepIntervalS: 4, keepCount: 4 }

  it('are set on both sides', async () => {
    const { near, far } = await tcpPair()
    const { dialled, accepted } = sockets(near, far)
    expect(options(accepted)).toEqual({ ...normal, userTimeoutMs: 25_000 })
    // The kernel's timeout would end a server whose device is held by flow control.
    expect(options(dialled)).toEqual({ ...normal, userTimeoutMs: 0 })
  })

  it('leave a client alone that may take its time', async () => {
    const { near, far } = await tcpPair(undefined, { stallTimeoutMs: 0 })
    expect(options(sockets(near, far).accepted)).toMatchObject({ userTimeoutMs: 0 })
    const patient = await tcpPair(undefined, { stallTimeoutMs: 60_000 })
    expect(options(sockets(patient.near, patient.far).accepted)).toMatchObject({ userTimeoutMs: 60_000 })
  })

  it('are sharper during a probe, which a live peer outlives', async () => {
    const clock = new FakeClock()
    const { near, far } = await tcpPair(undefined, { clock })
    const { accepted } = sockets(near, far)
    const farEnds = ends(far)
    far.probe()
    far.probe()
    expect(options(accepted)).toEqual({
      ...normal,
      keepIdleS: 1,
      keepIntervalS: 1,
      keepCount: 3,
      userTimeoutMs: 0
    })
    await clock.advance(4000)
    expect(options(accepted)).toEqual({ ...normal, userTimeoutMs: 25_000 })
    expect(farEnds).toEqual([])
  })
})

describe('a client that has ended its sending', () => {
  it('still gets the answer, until nothing was written for half a second', async () => {
    const { client, far, clock, farEnds } = await halfClosed()
    await clock.advance(HALF_CLOSE_MS - 10)
    far.write(Buffer.from('first'))
    await clock.advance(HALF_CLOSE_MS - 10)
    far.write(Buffer.from(' second'))
    expect(farEnds).toEqual([])
    await clock.advance(HALF_CLOSE_MS)
    expect(await client.everything).toBe('first second')
    await clock.advance(1000)
    expect(farEnds).toEqual([DONE])
  })

  it('gets 10 s of a device that never pauses', async () => {
    const { far, clock, farEnds } = await halfClosed()
    let written = 0
    while (farEnds.length === 0) {
      far.write(Buffer.from('.'))
      written++
      await clock.advance(100)
    }
    expect(written).toBeGreaterThan(98)
    expect(written).toBeLessThan(110)
  })

  it('makes way for a newcomer from its address, before that is announced', async () => {
    const { listener, client, farEnds } = await halfClosed()
    const endsAtNewcomer = once(listener.onConnection).then(() => [...farEnds])
    const near = await dial(listener.url)
    expect(await endsAtNewcomer).toEqual([DONE])
    expect(await client.everything).toBe('')
    near.abort(DONE)
  })

  it('is over at once where it turns out to be gone', async () => {
    const { client, far, farEnds } = await halfClosed()
    client.socket.destroy()
    await vi.waitFor(() => {
      far.write(Buffer.from('anybody there?'))
      expect(farEnds).toEqual([DONE])
    })
  })
})

describe('a client that has ended altogether', () => {
  it('gets what was written before, and what is written until that is out is counted as lost', async () => {
    const listener = await listening('rfc2217://127.0.0.1:0')
    const accepted = once(listener.onConnection)
    const client = connect({ port: portOf(listener), host: '127.0.0.1', allowHalfOpen: true })
    const far = await accepted
    onTestFinished(() => {
      client.destroy()
      far.abort(DONE)
    })
    const farEnds = ends(far)
    far.resume()
    client.pause()
    let written = fill(far).reduce((sum, { length }) => sum + length, 0)
    client.end()
    for (let turn = 0; turn < 100; turn++) {
      await turns(1)
      far.write(new Uint8Array(100))
      written += 100
    }
    let got = 0
    client.on('data', (bytes) => (got += bytes.length))
    client.resume()
    await vi.waitFor(() => expect(farEnds).toEqual([DONE]), 5000)
    await vi.waitFor(() => expect(got + far.queued).toBe(written))
    expect(far.queued).toBeGreaterThan(0)
  })
})

describe('a client that takes nothing', () => {
  const stalled = async (
    options?: ListenOptions
  ): Promise<{ clock: FakeClock; far: Connection; near: Connection; farEnds: CloseReason[] }> => {
    const clock = new FakeClock()
    const { near, far } = await tcpPair(undefined, { clock, ...options })
    const farEnds = ends(far)
    fill(far)
    return { clock, near, far, farEnds }
  }

  it('is closed after 25 s, and what it did not take is counted', async () => {
    const { clock, far, farEnds } = await stalled()
    const { queued } = far
    await clock.advance(24_000)
    expect(farEnds).toEqual([])
    await clock.advance(3000)
    expect(farEnds).toMatchObject([{ code: 'stalled', message: expect.stringContaining('25 s') as string }])
    expect(await far.close(DONE, 0)).toBeGreaterThanOrEqual(queued)
  })

  it('lives on when it takes something in time', async () => {
    const { clock, near, far, farEnds } = await stalled()
    await clock.advance(20_000)
    const drained = once(far.onDrain)
    near.resume()
    await drained
    near.pause()
    fill(far)
    await clock.advance(20_000)
    expect(farEnds).toEqual([])
  })

  it('lives on for ever where that is switched off', async () => {
    const { clock, farEnds } = await stalled({ stallTimeoutMs: 0 })
    await clock.advance(600_000)
    expect(farEnds).toEqual([])
  })
})

describe.skipIf(lacks.linux('the state of a socket'))('a paused connection whose peer is gone', () => {
  it('ends without being resumed when there is nothing left to read', async () => {
    const clock = new FakeClock()
    const { near, far } = await tcpPair(undefined, { clock })
    const farEnds = ends(far)
    near.abort(DONE)
    await vi.waitFor(async () => {
      await clock.advance(1000)
      expect(farEnds).toMatchObject([{ code: 'error' }])
    })
  })

  it('keeps what it sent for 25 s, and no longer', async () => {
    const clock = new FakeClock()
    const { near, far } = await tcpPair(undefined, { clock })
    const farEnds = ends(far)
    near.write(Buffer.from('last words'))
    await turns()
    near.abort(DONE)
    await turns()
    await clock.advance(24_000)
    expect(farEnds).toEqual([])
    await clock.advance(4000)
    expect(farEnds).toMatchObject([
      { code: 'error', message: expect.stringContaining('last bytes') as string }
    ])
  })
})

async function joined(
  listener: Listener,
  url = listener.url
): Promise<{ near: Connection; far: Connection }> {
  const accepted = once(listener.onConnection)
  const near = await dial(url)
  const far = await accepted
  onTestFinished(() => {
    near.abort(DONE)
    far.abort(DONE)
  })
  return { near, far }
}

/** Dials and is reset, during or after the dial: that is a race. */
async function turnedAway(url: string): Promise<boolean> {
  try {
    const near = await dial(url)
    near.resume()
    return (await ended(near)).code === 'error'
  } catch (error) {
    return error instanceof Fault && error.code === 'peer-closed'
  }
}

interface Client {
  readonly socket: PlainSocket
  /** All that it got until the end. */
  readonly everything: Promise<string>
}

/** A client as `echo AT | nc`: it sent its all and its FIN, and the accepted connection has seen both. */
async function halfClosed(): Promise<{
  listener: Listener
  client: Client
  far: Connection
  clock: FakeClock
  farEnds: CloseReason[]
}> {
  const clock = new FakeClock()
  const listener = await listening(undefined, { clock })
  const accepted = once(listener.onConnection)
  const socket = connect({ port: portOf(listener), host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  const pieces: Buffer[] = []
  socket.on('data', (piece) => pieces.push(piece))
  const everything = new Promise<string>((resolve) =>
    socket.once('end', () => resolve(Buffer.concat(pieces).toString()))
  )
  socket.on('error', () => undefined) // A test may end it from the other side.
  socket.end('AT')
  const far = await accepted
  onTestFinished(() => far.abort(DONE))
  const farEnds = ends(far)
  const request = received(far, 2)
  const idleTimers = clock.pending
  far.resume()
  expect((await request).toString()).toBe('AT')
  await vi.waitFor(() => expect(clock.pending).toBe(idleTimers + 1))
  return { listener, client: { socket, everything }, far, clock, farEnds }
}

/** A port whose owner takes no connection: its program is busy for ever, and its backlog is full. */
async function deafPort(): Promise<number> {
  const program = spawn(process.execPath, [
    '-e',
    `const server = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       require('fs').writeSync(1, String(server.address().port))
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
     })`
  ])
  onTestFinished(() => void program.kill('SIGKILL'))
  const port = await new Promise<number>((resolve) =>
    program.stdout.once('data', (text) => resolve(Number(text)))
  )
  for (let i = 0; i < 4; i++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    onTestFinished(() => void socket.destroy())
  }
  await turns(50)
  return port
}
