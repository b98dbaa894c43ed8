import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import type { LocalSocket } from '../../src-main/core/instance-paths.ts'
import { attachTo, listenLocal } from '../../src-main/core/local-socket.ts'
import {
  MAX_UNPROVED,
  PROOF_MS,
  NotProved,
  proveToServer,
  provenListener
} from '../../src-main/core/owner-proof.ts'
import type { Connection } from '../../src-main/net/connection.ts'
import { MemoryListener, memoryPair, type MemoryConnection } from '../../src-main/net/memory.ts'
import { eventually } from '../eventually.ts'
import { FakeClock, settle } from '../fake-clock.ts'
import { lacks } from '../peers/need.ts'
import { connectionSuite } from '../suites/connection.ts'

const SECRET = Buffer.alloc(32, 7)
const OTHER = Buffer.alloc(32, 8)
const PATH = String.raw`\\.\pipe\farport-ada`

/** What an instance has: those who came in, and what it says of those who did not. */
function serving(options: { path?: string; clock?: FakeClock } = {}): {
  inner: MemoryListener
  came: Connection[]
  refused: string[]
} {
  const inner = new MemoryListener()
  const [came, refused]: [Connection[], string[]] = [[], []]
  const { path = PATH, clock } = options
  const listener = provenListener(inner, path, SECRET, {
    onRefused: ({ why }) => refused.push(why),
    ...(clock && { clock })
  })
  listener.onConnection((connection) => came.push(connection))
  onTestFinished(() => listener.close(DONE))
  return { inner, came, refused }
}

/** Everything that comes on it from now on. */
function hearing(connection: Connection): { bytes: () => Buffer; closed: () => boolean } {
  const chunks: Uint8Array[] = []
  let closed = false
  connection.onData((chunk) => chunks.push(chunk))
  connection.onClose(() => (closed = true))
  connection.resume()
  return { bytes: () => Buffer.concat(chunks), closed: () => closed }
}

/** A program that has the name of our pipe; what it heard, and how the client took it. */
async function squatting(answer: (heard: Uint8Array, near: MemoryConnection) => void): Promise<{
  heard: Buffer
  taken: unknown
}> {
  const [near, far] = memoryPair()
  const chunks: Uint8Array[] = []
  far.onData((chunk) => {
    chunks.push(chunk)
    answer(chunk, far)
  })
  far.resume()
  const taken = await proveToServer(near, PATH, SECRET).catch((error: unknown) => error)
  return { heard: Buffer.concat(chunks), taken }
}

connectionSuite('behind the proof of whose it is', async () => {
  const { inner, came } = serving()
  const near = await proveToServer(await inner.connect(), PATH, SECRET)
  await eventually(() => expect(came).toHaveLength(1))
  return { near, far: came[0]! }
})

describe('the proof of the owner', () => {
  it('lets in who has the secret, with what it says at once', async () => {
    const { inner, came, refused } = serving()
    const near = await proveToServer(await inner.connect(), PATH.toUpperCase(), SECRET)
    near.write(Buffer.from('first'))
    await eventually(() => expect(came).toHaveLength(1))
    const { bytes } = hearing(came[0]!)
    await eventually(() => expect(bytes().toString()).toBe('first'))
    expect(refused).toEqual([])
  })

  it('says nothing to who says nothing, and ends it in time', async () => {
    const clock = new FakeClock()
    const { inner, came, refused } = serving({ clock })
    const { bytes, closed } = hearing(await inner.connect())
    await clock.advance(PROOF_MS - 1)
    expect([bytes().length, closed()]).toEqual([0, false])
    await clock.advance(1)
    await eventually(() => expect(closed()).toBe(true))
    expect([bytes().length, came, refused]).toEqual([0, [], ['it proved nothing within 3 s']])
    expect(clock.pending).toBe(0)
  })

  it('turns away who has another secret, and who begins with a request', async () => {
    const { inner, came, refused } = serving()
    await expect(proveToServer(await inner.connect(), PATH, OTHER)).rejects.toThrow(NotProved)
    const eager = await inner.connect()
    const { bytes, closed } = hearing(eager)
    eager.write(Buffer.alloc(200, 0x41))
    await eventually(() => expect(closed()).toBe(true))
    expect([bytes().length, came]).toEqual([0, []])
    // The first one left by itself, when the server could not prove anything to it.
    expect(refused).toEqual(['it speaks something else'])
  })

  it('turns away a proof that is not of this connection', async () => {
    const { inner, came, refused } = serving()
    const sent: Buffer[] = []
    const first = await inner.connect()
    const write = first.write.bind(first)
    first.write = (chunk) => {
      sent.push(Buffer.from(chunk))
      return write(chunk)
    }
    await proveToServer(first, PATH, SECRET)
    const again = await inner.connect()
    const { closed } = hearing(again)
    again.write(sent[0]!)
    await settle()
    again.write(sent[1]!)
    await eventually(() => expect(closed()).toBe(true))
    expect(came).toHaveLength(1)
    expect(refused).toEqual(['it does not know the secret of this user'])
  })

  it('keeps nobody out by many who wait', async () => {
    const { inner, came, refused } = serving()
    for (let index = 0; index <= MAX_UNPROVED; index++) hearing(await inner.connect())
    await proveToServer(await inner.connect(), PATH, SECRET)
    await eventually(() => expect(came).toHaveLength(1))
    expect(refused).toEqual(Array(2).fill('too many wait that have proved nothing'))
  })

  it('forgets who leaves by itself, without a word', async () => {
    const { inner, came, refused } = serving()
    const one = await inner.connect()
    one.abort(DONE)
    await proveToServer(await inner.connect(), PATH, SECRET)
    await eventually(() => expect(came).toHaveLength(1))
    expect(refused).toEqual([])
  })
})

describe('a program that took the name first', () => {
  const noise = Buffer.alloc(64, 0x55)
  it.each<readonly [string, (heard: Uint8Array, far: MemoryConnection) => void]>([
    ['noise', (_, far) => far.write(noise)],
    ['more than was asked for', (_, far) => far.write(Buffer.alloc(5000, 1))],
    ['what it heard', (heard, far) => far.write(Buffer.concat([heard, heard]).subarray(0, 64))],
    ['nothing, and leaves', (_, far) => far.abort(DONE)]
  ])('is told nothing where it answers %s', async (_, answer) => {
    const { heard, taken } = await squatting(answer)
    expect(taken).toBeInstanceOf(NotProved)
    expect(heard).toHaveLength(48)
    expect(heard.subarray(0, 16).toString()).toBe('farport-owner-1\n')
  })

  it('cannot pass on what it hears from the one who knows, on another pipe', async () => {
    const { inner, came } = serving({ path: `${PATH}-2` })
    const far = await inner.connect()
    const { heard, taken } = await squatting((chunk, near) => {
      far.onData((answer) => near.write(answer))
      far.resume()
      far.write(chunk)
    })
    expect(taken).toBeInstanceOf(NotProved)
    expect([heard.length, came]).toEqual([48, []])
  })

  it('holds nobody up by silence', async () => {
    const clock = new FakeClock()
    const [near] = memoryPair(clock)
    const taken = proveToServer(near, PATH, SECRET, { clock }).catch((error: unknown) => error)
    await clock.advance(PROOF_MS)
    expect(await taken).toMatchObject({ name: 'NotProved', message: 'it proved nothing within 3 s' })
  })
})

describe.skipIf(lacks.unix('Unix sockets and modes'))('a local socket with a secret, as on Windows', () => {
  function place(): LocalSocket & { secret: string } {
    const folder = mkdtempSync(join(tmpdir(), 'farport-owner-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const of = { mode: 0o600, group: undefined, directory: undefined }
    return { path: join(folder, 'socket'), secret: join(folder, 'pipe-secret'), ...of }
  }

  it('is found by who can read it, and stays the same over starts', async () => {
    const socket = place()
    const first = await listenLocal(socket)
    const secret = readFileSync(socket.secret, 'utf8')
    expect(secret).toMatch(/^[\da-f]{64}\n$/)
    expect(statSync(socket.secret).mode & 0o777).toBe(0o600)
    const accepted = once(first.onConnection)
    const near = await attachTo(socket)
    const far = await accepted
    if (typeof near === 'string') throw new Error(near)
    const { bytes } = hearing(near)
    far.write(Buffer.from('hello'))
    await eventually(() => expect(bytes().toString()).toBe('hello'))
    near.abort(DONE)
    await first.close(DONE)
    expect(await attachTo(socket)).toBe('none')
    const second = await listenLocal(socket)
    onTestFinished(() => second.close(DONE))
    expect(readFileSync(socket.secret, 'utf8')).toBe(secret)
  })

  it.each([
    [
      'another',
      (file: string) => writeFileSync(file, `${'a'.repeat(64)}\n`, { mode: 0o600 }),
      'does not know'
    ],
    ['none', (file: string) => rmSync(file), 'has made no']
  ])('with %s is not ours, and the message says what to do', async (_, change, why) => {
    const socket = place()
    const listener = await listenLocal(socket)
    onTestFinished(() => listener.close(DONE))
    change(socket.secret)
    await expect(attachTo(socket)).rejects.toMatchObject({
      code: 'needs-rights',
      message: expect.stringMatching(`${why}.*End that program, or start it`) as string
    })
  })

  it('makes a secret anew that is not whole', async () => {
    const socket = place()
    writeFileSync(socket.secret, 'abc', { mode: 0o600 })
    const listener = await listenLocal(socket)
    onTestFinished(() => listener.close(DONE))
    expect(readFileSync(socket.secret, 'utf8')).toMatch(/^[\da-f]{64}\n$/)
  })
})
