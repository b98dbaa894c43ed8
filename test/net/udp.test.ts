import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once as event } from 'node:events'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { AllowList } from '../../src-main/net/allow-list.ts'
import type { DialOptions, ListenOptions, Refusal } from '../../src-main/net/carrier.ts'
import type { Connection, Listener } from '../../src-main/net/connection.ts'
import { MAX_DATAGRAM, MAX_UNREAD, TELL_DROPS_MS } from '../../src-main/net/datagram-connection.ts'
import { dial, listen } from '../../src-main/net/dial.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { MAX_NAMED, SUMMARY_MS } from '../../src-main/net/turned-away.ts'
import { MAX_UDP_CLIENTS, UDP_REST_MS, UDP_SILENCE_MS } from '../../src-main/net/udp-listener.ts'
import { FakeClock } from '../fake-clock.ts'
import { ended, ends, randomBytes, received, turns } from '../suites/connection.ts'
import { lacks } from '../peers/need.ts'

const URL = 'raw+udp://127.0.0.1:0'

async function listening(url = URL, options?: ListenOptions): Promise<Listener> {
  const listener = await listen(parseEndpoint(url, 'listen'), options)
  onTestFinished(() => void listener.close(DONE))
  return listener
}

async function dialled(url: string, options?: DialOptions): Promise<Connection> {
  const connection = await dial(parseEndpoint(url), options)
  onTestFinished(() => connection.abort(DONE))
  return connection
}

const portOf = ({ url }: Listener): number => parseEndpoint(url).port

/** A program's plain socket, bound. */
async function program(address = '127.0.0.1', port = 0): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.bind(port, address)
  await event(socket, 'listening')
  onTestFinished(() => void socket.close())
  return socket
}

/** Both ends, the accepted one after one byte, which is read. */
async function joined(
  listener: Listener,
  options?: DialOptions
): Promise<{ near: Connection; far: Connection }> {
  const accepted = once(listener.onConnection)
  const near = await dialled(listener.url, options)
  near.write(Buffer.from('!'))
  const far = await accepted
  onTestFinished(() => far.abort(DONE))
  const first = once(far.onData)
  far.resume()
  await first
  far.pause()
  return { near, far }
}

/** A client of the listener, told by what it sends. */
async function comes(listener: Listener, from: Socket, text = '!'): Promise<Connection> {
  const accepted = once(listener.onConnection)
  from.send(text, portOf(listener), '127.0.0.1')
  const far = await accepted
  onTestFinished(() => far.abort(DONE))
  return far
}

describe.each([['IPv4', URL], ...(!lacks.ipv6() ? [['IPv6', 'raw+udp://[::1]:0']] : [])])(
  'a connection over UDP on %s',
  (_, url) => {
    it('carries bytes both ways, in order where the network keeps it', async () => {
      const { near, far } = await joined(await listening(url))
      far.onData((piece) => void far.write(piece))
      far.resume()
      near.resume()
      for (let round = 0; round < 20; round++) {
        const sent = randomBytes(1 + round * 1500, round + 1)
        const back = received(near, sent.length)
        near.write(sent)
        expect(Buffer.compare(await back, sent)).toBe(0)
      }
    })
  }
)

describe('a connection over UDP', () => {
  it('sends datagrams of at most 1,400 bytes', async () => {
    const far = await program()
    const near = await dialled(`raw+udp://127.0.0.1:${far.address().port}`)
    const sizes: number[] = []
    far.on('message', (datagram) => sizes.push(datagram.length))
    near.write(Buffer.alloc(3000))
    near.write(Buffer.alloc(5))
    await vi.waitFor(() => expect(sizes).toEqual([MAX_DATAGRAM, MAX_DATAGRAM, 200, 5]))
  })

  it('takes larger ones, in pieces', async () => {
    const from = await program()
    const far = await comes(await listening(), from, 'x'.repeat(20_000))
    const sizes: number[] = []
    far.onData((piece) => sizes.push(piece.length))
    const all = received(far, 20_000)
    far.resume()
    await all
    expect(sizes).toEqual([4096, 4096, 4096, 4096, 3616])
  })

  it('hands on nothing before resume, and stops at a pause from inside the receiver', async () => {
    const { near, far } = await joined(await listening())
    const pieces: string[] = []
    far.onData((piece) => {
      pieces.push(Buffer.from(piece).toString())
      far.pause()
    })
    for (const text of ['a', 'b', 'c']) near.write(Buffer.from(text))
    await turns()
    expect(pieces).toEqual([])
    for (const text of ['a', 'b', 'c']) {
      far.resume()
      await vi.waitFor(() => expect(pieces.at(-1)).toBe(text))
      await turns(3)
    }
    expect(pieces).toEqual(['a', 'b', 'c'])
  })

  it('says when it is full, and when there is room', async () => {
    const { near } = await joined(await listening())
    const chunk = Buffer.alloc(64 * 1024)
    let written = 0
    while (near.write(chunk)) if (++written > 100) throw new Error('it is never full')
    await once(near.onDrain)
    expect(near.queued).toBeLessThanOrEqual(64 * 1024)
    expect(await near.close(DONE, 1000)).toBe(0)
  })

  it('keeps a bounded amount for a paused reader; the rest is counted and told once', async () => {
    const clock = new FakeClock()
    const warnings: string[] = []
    const { near, far } = await joined(
      await listening(undefined, { clock, warn: (text) => warnings.push(text) })
    )
    const size = 1024
    const count = 1000
    for (let i = 0; i < count; i++) {
      near.write(Buffer.alloc(size))
      if (i % 20 === 0) await turns(1)
    }
    await turns()
    expect(warnings).toEqual([])
    await clock.advance(TELL_DROPS_MS)
    expect(warnings).toEqual([
      expect.stringMatching(/^\d+ bytes \(\d+ datagrams\) from 127.0.0.1:\d+ were lost/)
    ])
    const lost = Number(/^\d+/.exec(warnings[0]!)![0])
    let got = 0
    far.onData((piece) => (got += piece.length))
    far.resume()
    await vi.waitFor(() => expect(got + lost).toBe(size * count))
    expect(got).toBeLessThanOrEqual(MAX_UNREAD)
    expect(got).toBeGreaterThan(MAX_UNREAD / 2)
  })

  it('takes nothing after the end, ends once, and answers every close alike', async () => {
    const { near } = await joined(await listening())
    const nearEnds = ends(near)
    near.write(Buffer.from('last'))
    const both = [near.close(DONE, 1000), near.close(DONE, 500)]
    near.abort({ code: 'error', message: 'too late' })
    expect(near.write(Buffer.from('late'))).toBe(true)
    expect(await Promise.all(both)).toEqual([0, 0])
    expect(await near.close(DONE, 0)).toBe(0)
    expect(near.queued).toBe(0)
    expect(nearEnds).toEqual([DONE])
  })

  it('sends what is queued before it closes', async () => {
    const far = await program()
    const near = await dialled(`raw+udp://127.0.0.1:${far.address().port}`)
    const last = event(far, 'message')
    near.write(Buffer.from('last words'))
    expect(await near.close(DONE, 1000)).toBe(0)
    expect(String((await last)[0])).toBe('last words')
  })

  it.each(['abort', 'close'] as const)('can end from within its receiver, by %s', async (how) => {
    const { near, far } = await joined(await listening())
    const farEnds = ends(far)
    let pieces = 0
    far.onData(() => {
      pieces++
      if (how === 'abort') far.abort(DONE)
      else void far.close(DONE, 1000)
    })
    near.write(Buffer.alloc(10_000))
    await turns()
    far.resume()
    await ended(far, farEnds)
    await turns()
    expect([pieces, farEnds]).toEqual([1, [DONE]])
  })
})

describe('listening on UDP', () => {
  it('has a client for each address and port that sends, an empty datagram included', async () => {
    const listener = await listening()
    const [first, second] = [await program(), await program()]
    const one = await comes(listener, first, '')
    const two = await comes(listener, second, 'hello')
    expect(one.remote).toBe(`127.0.0.1:${first.address().port}`)
    expect(two.remoteAddress).toBe('127.0.0.1')
    const answer = event(first, 'message')
    one.write(Buffer.from('for the first'))
    expect(String((await answer)[0])).toBe('for the first')
    const hello = once(two.onData)
    two.resume()
    expect(Buffer.from(await hello).toString()).toBe('hello')
  })

  it('ends a client that sent nothing for 60 s, and starts anew when it comes back', async () => {
    const clock = new FakeClock()
    const listener = await listening(undefined, { clock })
    const from = await program()
    const far = await comes(listener, from)
    const farEnds = ends(far)
    far.resume()
    await turns()
    await clock.advance(UDP_SILENCE_MS - 1000)
    const again = once(far.onData)
    from.send('still here', portOf(listener), '127.0.0.1')
    await again
    await clock.advance(UDP_SILENCE_MS - 1000)
    // What we send is no sign of life.
    far.write(Buffer.from('x'))
    expect(farEnds).toEqual([])
    await clock.advance(2000)
    expect(farEnds).toMatchObject([{ code: 'inactive', message: expect.stringContaining('60 s') as string }])
    expect(await comes(listener, from)).not.toBe(far)
  })

  it('takes 32 at the most; tells of the 33rd once, then how often it happened', async () => {
    const clock = new FakeClock()
    const refusals: Refusal[] = []
    const listener = await listening(undefined, { clock, onRefused: (refusal) => refusals.push(refusal) })
    const connections: Connection[] = []
    listener.onConnection((connection) => connections.push(connection))
    for (let i = 0; i < MAX_UDP_CLIENTS; i++) {
      await comes(listener, await program())
      expect(connections).toHaveLength(i + 1)
    }
    const late = await program()
    for (let i = 0; i < 10; i++) late.send('!', portOf(listener), '127.0.0.1')
    await vi.waitFor(() => expect(refusals).toHaveLength(1))
    await turns()
    expect(connections).toHaveLength(MAX_UDP_CLIENTS)
    expect(refusals).toEqual([
      { remote: `127.0.0.1:${late.address().port}`, why: expect.stringContaining('32 others') as string }
    ])
    connections[0]!.abort(DONE)
    late.send('!', portOf(listener), '127.0.0.1')
    await vi.waitFor(() => expect(connections).toHaveLength(MAX_UDP_CLIENTS + 1))
    await clock.advance(SUMMARY_MS)
    expect(refusals.slice(1)).toEqual([
      { remote: expect.any(String) as string, why: expect.stringMatching(/^9 more datagrams/) as string }
    ])
  })

  it('lets nobody in who is not allowed, and says so', async () => {
    const refusals: Refusal[] = []
    const allowList = new AllowList(['127.0.0.2'])
    const listener = await listening(undefined, { allowList, onRefused: (refusal) => refusals.push(refusal) })
    const [stranger, friend] = [await program(), await program('127.0.0.2')]
    for (let i = 0; i < 5; i++) stranger.send('!', portOf(listener), '127.0.0.1')
    const far = await comes(listener, friend)
    expect(far.remoteAddress).toBe('127.0.0.2')
    expect(refusals).toEqual([
      {
        remote: `127.0.0.1:${stranger.address().port}`,
        why: expect.stringContaining('allowed: 127.0.0.2') as string
      }
    ])
  })

  it('keeps little of 1,000 senders, and serves its client meanwhile', async () => {
    const clock = new FakeClock()
    const refusals: Refusal[] = []
    const allowList = new AllowList(['127.0.0.1'])
    const listener = await listening('raw+udp://0.0.0.0:0', {
      clock,
      allowList,
      onRefused: (refusal) => refusals.push(refusal)
    })
    const connections: Connection[] = []
    const client = await comes(listener, await program())
    listener.onConnection((connection) => connections.push(connection))
    let got = 0
    client.onData((piece) => (got += piece.length))
    client.resume()
    for (let i = 0; i < 1000; i++) {
      // Every second one is from an address that is not allowed; each is another port or address.
      const from = createSocket('udp4')
      from.bind(0, i % 2 ? '127.0.0.1' : `127.0.${1 + (i >> 8)}.${i & 255}`)
      await event(from, 'listening')
      await new Promise((resolve) => from.send('!', portOf(listener), '127.0.0.1', resolve))
      from.close()
      // The listener reads 32 at most in one turn of the loop.
      if (i % 16 === 0) await turns(1)
    }
    await vi.waitFor(() => expect(connections).toHaveLength(MAX_UDP_CLIENTS - 1))
    expect(refusals.length).toBeLessThanOrEqual(MAX_NAMED)
    await clock.advance(SUMMARY_MS)
    const more = Number(/^\d+/.exec(refusals.at(-1)!.why)?.[0])
    const counted = more + refusals.length - 1 + MAX_UDP_CLIENTS - 1
    // The system may give a port again that is a client's by now.
    expect(counted).toBeGreaterThan(980)
    expect(counted).toBeLessThanOrEqual(1000)
    expect(got).toBe(1)
  })

  it('leaves a client alone for 5 s that was refused', async () => {
    const clock = new FakeClock()
    const listener = await listening(undefined, { clock })
    const from = await program()
    const refused: CloseReason = { code: 'refused', message: 'another client is connected already' }
    ;(await comes(listener, from)).abort(refused)
    let newcomers = 0
    listener.onConnection(() => newcomers++)
    for (let i = 0; i < 5; i++) from.send('!', portOf(listener), '127.0.0.1')
    await turns()
    expect(newcomers).toBe(0)
    await clock.advance(UDP_REST_MS)
    await comes(listener, from)
    expect(newcomers).toBe(1)
  })

  it('frees its port at a close, at once where nobody is there, else with the last client', async () => {
    const first = await listening()
    await first.close(DONE)
    await first.close(DONE)
    const listener = await listening(first.url)
    const far = await comes(listener, await program())
    let free = false
    const closed = listener.close(DONE).then(() => (free = true))
    await turns()
    expect(free).toBe(false)
    await expect(listening(first.url)).rejects.toMatchObject({ code: 'address-in-use' })
    await far.close(DONE, 1000)
    await closed
    expect((await listening(first.url)).url).toBe(first.url)
  })

  it('wants to know who may come from elsewhere, and has no other local port', async () => {
    await expect(listening('raw+udp://0.0.0.0:0')).rejects.toMatchObject({ code: 'allow-missing' })
    await expect(listening('raw+udp://127.0.0.1:1?local=2')).rejects.toMatchObject({ code: 'bad-url' })
    const allowList = new AllowList(['anyone'])
    await expect(listening('raw+udp://192.0.2.1:0', { allowList })).rejects.toMatchObject({
      code: 'address-not-permitted'
    })
    await expect(listening('raw+udp://no-such-host.invalid:0', { allowList })).rejects.toMatchObject({
      code: 'address-not-permitted'
    })
  })

  it.each([
    [['anyone'], 1],
    [['192.0.2.0/24', '0.0.0.0/0'], 1],
    [['192.0.2.0/24', 'loopback'], 0]
  ])('warns where the forged sender of a datagram could be anybody: %j', async (entries, count) => {
    const warnings: string[] = []
    const allowList = new AllowList(entries)
    await listening(URL, { allowList, warn: (text) => warnings.push(text) })
    expect(warnings).toEqual(Array(count).fill(expect.stringContaining('--allow')))
  })

  it.skipIf(lacks.ipv6())('takes IPv4 on [::], and calls it IPv4', async () => {
    const listener = await listening('raw+udp://[::]:0', { allowList: new AllowList(['127.0.0.0/8']) })
    const from = await program()
    const far = await comes(listener, from)
    expect(far.remote).toBe(`127.0.0.1:${from.address().port}`)
    const answer = event(from, 'message')
    far.write(Buffer.from('hi'))
    expect(String((await answer)[0])).toBe('hi')
  })

  it('has no HTTP guard: no web page sends datagrams', async () => {
    const far = await comes(await listening(), await program(), 'GET / HTTP/1.1\r\n\r\n')
    const first = once(far.onData)
    far.resume()
    expect(Buffer.from(await first).toString()).toContain('GET /')
  })
})

describe('dialling UDP', () => {
  it('takes datagrams of the far port alone', async () => {
    const [far, other] = [await program(), await program()]
    const near = await dialled(`raw+udp://127.0.0.1:${far.address().port}`)
    const first = event(far, 'message')
    near.write(Buffer.from('!'))
    const { port } = (await first)[1] as { port: number }
    const got = received(near, 4)
    near.resume()
    other.send('other', port, '127.0.0.1')
    far.send('mine', port, '127.0.0.1')
    expect((await got).toString()).toBe('mine')
  })

  it('with local takes every port of that address, no other address, and is there at once', async () => {
    const [far, kernel, stranger] = [await program(), await program(), await program('127.0.0.2')]
    const free = await program()
    const local = free.address().port
    await new Promise<void>((resolve) => free.close(() => resolve()))
    free.close = () => free
    const near = await dialled(`raw+udp://127.0.0.1:${far.address().port}?local=${local}`)
    const got = received(near, 10)
    near.resume()
    stranger.send('stranger', local, '127.0.0.1')
    kernel.send('first', local, '127.0.0.1')
    await turns(3)
    far.send('again', local, '127.0.0.1')
    expect((await got).toString()).toBe('firstagain')
    const answer = event(far, 'message')
    near.write(Buffer.from('sysrq'))
    const [text, sender] = (await answer) as [Buffer, { port: number }]
    expect([text.toString(), sender.port]).toEqual(['sysrq', local])
    await expect(dialled(`raw+udp://127.0.0.1:1?local=${local}`)).rejects.toMatchObject({
      code: 'address-in-use'
    })
  })

  it('outlives a far side that is not there, tells of it once, and loses nothing for it', async () => {
    const gone = await program()
    const { port } = gone.address()
    await new Promise<void>((resolve) => gone.close(() => resolve()))
    gone.close = () => gone
    const warnings: string[] = []
    const near = await dialled(`raw+udp://127.0.0.1:${port}`, { warn: (text) => warnings.push(text) })
    for (let i = 0; i < 10; i++) {
      near.write(Buffer.from(`to nobody ${i}`))
      await turns(2)
    }
    expect(warnings).toEqual([expect.stringContaining(`Nothing takes datagrams on 127.0.0.1:${port}`)])
    const far = await program('127.0.0.1', port)
    const texts: string[] = []
    far.on('message', (text, sender) => {
      texts.push(text.toString())
      far.send('ok', sender.port, sender.address)
    })
    const answer = received(near, 4)
    near.resume()
    near.write(Buffer.from('first'))
    near.write(Buffer.from('second'))
    expect((await answer).toString()).toBe('okok')
    expect(texts).toEqual(['first', 'second'])
    expect(await near.close(DONE, 1000)).toBe(0)
    expect(warnings).toHaveLength(1)
  })

  it('says that the host is unknown, and stops when it is told to', async () => {
    await expect(dialled('raw+udp://no-such-host.invalid:1')).rejects.toMatchObject({
      code: 'peer-unknown-host'
    })
    const why = new Error('changed my mind')
    await expect(dialled('raw+udp://127.0.0.1:1', { signal: AbortSignal.abort(why) })).rejects.toBe(why)
  })
})
