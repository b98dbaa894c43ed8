import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import type { Refusal } from '../../src-main/net/carrier.ts'
import { FARPORT_ALPN } from '../../src-main/net/tls-identity.ts'
import { MAX_PENDING, MAX_PENDING_PER_ADDRESS, PendingHandshakes } from '../../src-main/net/tls-pending.ts'
import type { TlsConnection, TlsListener } from '../../src-main/net/tls.ts'
import { HANDSHAKE_TIMEOUT_MS, dialTls, listenTls } from '../../src-main/net/tls.ts'
import { FakeClock } from '../fake-clock.ts'
import { eventually } from '../eventually.ts'
import { lacks } from '../peers/need.ts'
import {
  connectionSuite,
  ended,
  randomBytes,
  received,
  stuff,
  turns,
  writeAll
} from '../suites/connection.ts'
import { newTlsIdentity } from './tls-identities.ts'
import { alice, dialled, listeningTls, portOfTls, tlsPair } from './tls-pair.ts'

connectionSuite('TLS 1.3', () => tlsPair())

/** Who got in, and who was turned away. */
async function guarded(clock?: FakeClock): Promise<{
  listener: TlsListener
  accepted: TlsConnection[]
  refused: Refusal[]
}> {
  const accepted: TlsConnection[] = []
  const refused: Refusal[] = []
  const onRefused = (refusal: Refusal): void => void refused.push(refusal)
  const listener = await listeningTls({ onRefused, ...(clock ? { clock } : {}) })
  listener.onConnection((connection) => {
    accepted.push(connection)
    onTestFinished(() => connection.abort(DONE))
  })
  return { listener, accepted, refused }
}

/** A TCP connection that says nothing by itself. */
function plain(listener: TlsListener, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port: portOfTls(listener), host: '127.0.0.1', localAddress })
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  return socket
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()))

describe('a connection over TLS', () => {
  it('knows whose key is at the far end, at both ends', async () => {
    const { near, far } = await tlsPair()
    expect(near.peerId).toMatch(/^[0-9a-f]{64}$/)
    expect(far.peerId).toMatch(/^[0-9a-f]{64}$/)
    expect(near.peerId).not.toBe(far.peerId)
    const again = await tlsPair()
    expect([again.near.peerId, again.far.peerId]).toEqual([near.peerId, far.peerId])
    expect(far.remoteAddress).toBe('127.0.0.1')
  })

  it('has bytes that both ends share, and no other connection', async () => {
    const [first, second] = [await tlsPair(), await tlsPair()]
    const bytes = ({ near }: { near: TlsConnection }, label = 'EXPORTER-a', context = ''): string =>
      Buffer.from(near.exporter(label, Buffer.from(context), 32)).toString('hex')
    expect(bytes(first)).toBe(bytes({ near: first.far }))
    expect(bytes(first)).toHaveLength(64)
    expect(
      new Set([bytes(first), bytes(second), bytes(first, 'EXPORTER-b'), bytes(first, 'EXPORTER-a', 'x')]).size
    ).toBe(4)
  })

  it('sends many small chunks in few records', async () => {
    const { near, far } = await tlsPair()
    const sent = randomBytes(100_000, 8)
    const all = received(far, sent.length)
    let pieces = 0
    far.onData(() => pieces++)
    far.resume()
    for (let at = 0; at < sent.length; at += 10) near.write(sent.subarray(at, at + 10))
    expect(Buffer.compare(await all, sent)).toBe(0)
    expect(pieces).toBeLessThan(50)
  })

  it('closes a peer that takes nothing for 25 s, and says so', async () => {
    const clock = new FakeClock()
    const { far } = await tlsPair({ clock })
    await stuff(far)
    const end = ended(far)
    await clock.advance(30_000)
    expect((await end).code).toBe('stalled')
    expect(await far.close(DONE, 0)).toBeGreaterThan(0)
  })

  it('counts what a reset takes away, and not the records around it', async () => {
    const { near, far } = await tlsPair()
    const sent = randomBytes(50_000, 9)
    const all = received(far, sent.length)
    far.resume()
    await writeAll(near, sent)
    await all
    await turns()
    near.abort(DONE)
    expect(near.queued).toBe(0)
  })
})

describe('the TLS listener', () => {
  it('turns away who has no certificate', async () => {
    const { listener, accepted, refused } = await guarded()
    const tls = connectTls({
      port: portOfTls(listener),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: [FARPORT_ALPN]
    })
    tls.on('error', () => undefined)
    await closed(tls.resume())
    await eventually(() => expect(refused).toMatchObject([{ why: 'it has no certificate' }]))
    expect(accepted).toEqual([])
  })

  it.each([
    ['nothing', undefined],
    ['something else', ['h2']]
  ])('turns away who speaks %s by ALPN', async (_, ALPNProtocols) => {
    const { listener, accepted, refused } = await guarded()
    const { key, certificate } = alice
    const tls = connectTls({
      ...{ port: portOfTls(listener), host: '127.0.0.1', rejectUnauthorized: false, key, cert: certificate },
      ...(ALPNProtocols ? { ALPNProtocols } : {})
    })
    tls.on('error', () => undefined)
    await closed(tls.resume())
    await eventually(() => expect(refused).toHaveLength(1))
    expect(refused[0]?.why).toMatch(
      ALPNProtocols ? /no application protocol|no suitable/i : /does not speak farport/
    )
    expect(accepted).toEqual([])
  })

  it('turns away keys of other kinds', async () => {
    const { listener, accepted, refused } = await guarded()
    const near = await dialled(listener, await newTlsIdentity('P-384'))
    near.resume()
    await ended(near)
    await eventually(() => expect(refused).toMatchObject([{ why: 'its key is not of the kind P-256' }]))
    expect(accepted).toEqual([])
  })

  it('turns garbage away at once', async () => {
    const { listener, accepted, refused } = await guarded()
    for (const garbage of [
      'GET / HTTP/1.1\r\n\r\n',
      '\r\n\r\n\r\n',
      randomBytes(5000, 1),
      Buffer.alloc(1000)
    ]) {
      const socket = plain(listener)
      const over = closed(socket.resume())
      socket.write(garbage)
      await over
    }
    await eventually(() => expect(refused).toHaveLength(4))
    expect(refused.every(({ why }) => why.startsWith('its TLS handshake failed'))).toBe(true)
    expect(accepted).toEqual([])
    await dialled(listener).then((near) => near.abort(DONE))
  })

  it('closes a handshake that is not done after 5 s', async () => {
    const clock = new FakeClock()
    const { listener, refused } = await guarded(clock)
    const silent = plain(listener)
    const begun = plain(listener)
    begun.write(Buffer.from('160301', 'hex'))
    await eventually(() => expect(clock.pending).toBe(2))
    const over = Promise.all([closed(silent), closed(begun)])
    await clock.advance(HANDSHAKE_TIMEOUT_MS - 1)
    expect(refused).toEqual([])
    await clock.advance(1)
    await over
    await eventually(() => expect(refused).toHaveLength(2))
    expect(refused[0]?.why).toBe('it did not finish the TLS handshake within 5 s')
  })

  it('has eight handshakes of one address at a time, and others beside them', async () => {
    const { listener, accepted, refused } = await guarded()
    const slow = Array.from({ length: MAX_PENDING_PER_ADDRESS }, () => plain(listener))
    await Promise.all(slow.map((each) => new Promise((resolve) => each.once('connect', resolve))))
    await closed(plain(listener))
    expect(refused).toMatchObject([{ why: 'too many connections are at their handshake' }])
    const other = plain(listener, '127.0.0.2')
    await new Promise((resolve) => other.once('connect', resolve))
    await turns()
    expect(refused).toHaveLength(1)
    for (const each of slow) each.destroy()
    await eventually(() => expect(refused).toHaveLength(1 + slow.length))
    const near = await dialled(listener)
    onTestFinished(() => near.abort(DONE))
    await eventually(() => expect(accepted).toHaveLength(1))
  })

  it('breaks handshakes off at its end, and leaves connections alone', async () => {
    const { listener, accepted } = await guarded()
    const near = await dialled(listener)
    onTestFinished(() => near.abort(DONE))
    await eventually(() => expect(accepted).toHaveLength(1))
    const socket = plain(listener)
    await new Promise((resolve) => socket.once('connect', resolve))
    await turns()
    const over = closed(socket)
    await listener.close(DONE)
    const again = await listenTls({ host: '127.0.0.1', port: portOfTls(listener) }, alice)
    await again.close(DONE)
    await over
    const first = once(near.onData)
    near.resume()
    accepted[0]?.write(Buffer.from('still here'))
    expect(Buffer.from(await first).toString()).toBe('still here')
  })

  it('loses nothing of a paired connection while 200 handshakes come, 20 at a time', async () => {
    const { listener, accepted, refused } = await guarded()
    const near = await dialled(listener)
    await eventually(() => expect(accepted).toHaveLength(1))
    const far = accepted[0]!
    const sent = randomBytes(4 << 20, 10)
    const all = received(far, sent.length)
    far.resume()
    const writing = writeAll(near, sent)
    let done = 0
    const stranger = await newTlsIdentity()
    for (let round = 0; round < 10; round++) {
      const crowd = Array.from({ length: 20 }, () =>
        dialled(listener, stranger).then(
          (connection) => connection.abort(DONE),
          () => undefined
        )
      )
      done += (await Promise.all(crowd)).length
    }
    await writing
    expect(Buffer.compare(await all, sent)).toBe(0)
    expect(done).toBe(200)
    await eventually(() => expect(accepted.length + refused.length).toBeGreaterThanOrEqual(201))
    // The listener serves as before.
    const before = accepted.length
    const after = await dialled(listener)
    await eventually(() => expect(accepted).toHaveLength(before + 1))
    after.abort(DONE)
    near.abort(DONE)
  }, 30_000)
})

describe('dialling by TLS', () => {
  it('says that nothing listens there', async () => {
    const listener = await listeningTls()
    await listener.close(DONE)
    await expect(dialled(listener)).rejects.toMatchObject({ code: 'peer-refused' })
  })

  it.each([
    ['speaks something else', 'ser2net port 1\r\n'],
    ['closes at once', '']
  ])('says that what %s is no Farport', async (_, greeting) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end(greeting)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    await expect(dialTls({ host: '127.0.0.1', port }, alice)).rejects.toMatchObject({
      code: 'peer-protocol',
      message: expect.stringContaining('is no Farport that we can talk to') as string
    })
  })

  it('gives up on who does not answer to TLS, after 5 s', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => void sockets.push(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      for (const each of sockets) each.destroy()
      server.close()
    })
    const clock = new FakeClock()
    const { port } = server.address() as { port: number }
    const dialling = dialTls({ host: '127.0.0.1', port }, alice, { clock })
    dialling.catch(() => undefined)
    await eventually(() => expect(sockets).toHaveLength(1))
    await turns()
    await clock.advance(HANDSHAKE_TIMEOUT_MS)
    await expect(dialling).rejects.toMatchObject({ code: 'peer-protocol' })
    expect(clock.pending).toBe(0)
  })

  it('stops when it is told to, with the reason it was told', async () => {
    const listener = await listeningTls()
    const abort = new AbortController()
    const dialling = dialled(listener, alice, { signal: abort.signal })
    const why = new Error('changed my mind')
    abort.abort(why)
    await expect(dialling).rejects.toBe(why)
    await expect(dialled(listener, alice, { signal: abort.signal })).rejects.toBe(why)
  })
})

describe('pending handshakes', () => {
  it('are limited in total, where paired addresses have one of their own', () => {
    const pending = new PendingHandshakes((address) => address === 'paired')
    for (let n = 0; n < MAX_PENDING; n++) expect(pending.take(`stranger ${n}`)).toBeDefined()
    expect(pending.take('another')).toBeUndefined()
    const giveBack = pending.take('paired')
    expect(giveBack).toBeDefined()
    expect(pending.take('paired')).toBeUndefined()
    giveBack?.()
    giveBack?.()
    expect(pending.take('another')).toBeUndefined()
    expect(pending.take('paired')).toBeDefined()
  })

  it('count a /64 of IPv6 as one place, but for the addresses of paired peers in it', () => {
    const pending = new PendingHandshakes((address) => address === '2001:db8::1')
    const taken = Array.from({ length: MAX_PENDING_PER_ADDRESS }, (_, n) => pending.take(`2001:db8::f:${n}`))
    expect(taken).not.toContain(undefined)
    expect(pending.take('2001:db8::f:ffff')).toBeUndefined()
    expect(pending.take('2001:db8::1')).toBeDefined()
    expect(pending.take('2001:db8:0:1::f')).toBeDefined()
    taken[0]?.()
    expect(pending.take('2001:db8::f:ffff')).toBeDefined()
  })
})

describe.skipIf(lacks('openssl'))('openssl s_client', () => {
  interface Said {
    readonly code: number | null
    readonly text: string
  }

  /** Runs it until it ends; `lines`: what it sends. */
  function client(listener: TlsListener, ...args: string[]): Promise<Said> {
    const program = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${portOfTls(listener)}`, ...args], {
      stdio: ['pipe', 'pipe', 'pipe']
    })
    onTestFinished(() => void program.kill())
    let text = ''
    program.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()))
    program.stderr.on('data', (bytes: Buffer) => (text += bytes.toString()))
    program.stdin.on('error', () => undefined)
    return new Promise((resolve) => {
      program.on('close', (code) => resolve({ code, text }))
    })
  }

  /** Alice's key and certificate as files. */
  function files(): { folder: string; args: string[] } {
    const folder = mkdtempSync(join(tmpdir(), 'farport-tls-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'key.pem'), alice.key, { mode: 0o600 })
    writeFileSync(join(folder, 'cert.pem'), alice.certificate)
    const args = ['-key', join(folder, 'key.pem'), '-cert', join(folder, 'cert.pem'), '-alpn', FARPORT_ALPN]
    return { folder, args }
  }

  it('gets in with a key, a certificate and TLS 1.3, and no session to resume', async () => {
    const { listener, accepted, refused } = await guarded()
    listener.onConnection((connection) => {
      connection.write(Buffer.from('welcome'))
      void connection.close(DONE, 1000)
    })
    const { folder, args } = files()
    const session = join(folder, 'session.pem')
    const first = await client(listener, ...args, '-sess_out', session)
    expect(first.text).toContain('TLSv1.3')
    expect(first.text).toContain('ALPN protocol: farport/1')
    expect(first.text).toContain('welcome')
    expect(accepted).toHaveLength(1)
    const second = await client(listener, ...args, '-sess_in', session)
    expect(second.text).toMatch(/^New, TLSv1\.3/m)
    expect(second.text).not.toMatch(/^Reused/m)
    expect(accepted.map(({ peerId }) => peerId)).toEqual([accepted[0]!.peerId, accepted[0]!.peerId])
    expect(refused).toEqual([])
  })

  it.each(['-tls1_2', '-tls1_1'])('is refused with %s', async (version) => {
    const { listener, accepted, refused } = await guarded()
    const { text } = await client(listener, ...files().args, version)
    expect(text).toMatch(/alert protocol version|no protocols available/)
    await eventually(() => expect(refused).toHaveLength(1))
    expect(accepted).toEqual([])
  })

  it('is refused without a certificate', async () => {
    const { listener, accepted, refused } = await guarded()
    await client(listener, '-alpn', FARPORT_ALPN)
    await eventually(() => expect(refused).toMatchObject([{ why: 'it has no certificate' }]))
    expect(accepted).toEqual([])
  })
})
