/** Many at once, and one that does not read: everybody else is served as if they were alone. */
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { atTestEnd } from '../at-test-end.ts'
import { Client, type Program, portOf, shared, temporaryFolder } from '../cli.ts'
import { Pluggable } from './pluggable.ts'
import { lacks } from '../../peers/need.ts'

const MIB = 1024 * 1024

/** A storm of telnet requests of this size … */
const STORM_BYTES = 128 * MIB
/**
 * … may raise the resident memory by this much: V8 takes three times 16 MiB and some for what it throws away again, sooner or later as it
 * likes. Kept, the storm would be all of its 128 MiB and more.
 */
const STORM_MEMORY = 72 * MIB

const AT_ONCE = 1000

/** What others keep of their rate beside a client that never reads, in the best of some rounds. */
const KEPT_RATE = 0.95
const ROUNDS = 4
/** A slow client is found out after 50 ms in which others starve: that must not weigh more than it does in a real session. */
const ROUND_MS = 2000
/** Bytes a second, to each of three: far above any line, and what a busy machine carries. */
const DEVICE_RATE = 12_000_000

function memoryOf({ process }: Program): number {
  return 1024 * Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${process.pid}/status`, 'utf8'))?.[1])
}

const descriptorsOf = ({ process }: Program): number => readdirSync(`/proc/${process.pid}/fd`).length

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => undefined)
  atTestEnd(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

function write(socket: Socket, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.write(chunk, () => resolve()))
}

async function echoes(client: Client, text: string): Promise<void> {
  client.socket.write(text)
  await vi.waitFor(() => expect(client.got.toString()).toContain(text), { timeout: 5000, interval: 1 })
}

const RAW = ['--listen', 'raw://127.0.0.1:0']

describe.skipIf(lacks.linux('/proc'))('crowds', () => {
  it('128 MiB of DO and WILL: every first one is answered, memory stays flat, another client is served', async () => {
    const { program, urls } = await shared(
      ['sim:echo', '--listen', 'rfc2217://127.0.0.1:0', 'sim:echo', ...RAW],
      2
    )
    const honest = new Client(portOf(urls[1]!))
    const stormy = await open(portOf(urls[0]!))
    let answered = 0
    stormy.on('data', (bytes) => (answered += bytes.length))
    // Each asks for what was refused before, as a loop between two bad peers does.
    const requests = Buffer.from(
      Array.from({ length: 64 * 1024 }, (_, n) => [0xff, n % 2 ? 0xfd : 0xfb, 50 + (n % 200)]).flat()
    )
    const storm = async (bytes: number): Promise<void> => {
      for (let sent = 0; sent < bytes; sent += requests.length) await write(stormy, requests)
    }
    await storm(STORM_BYTES / 8)
    await echoes(honest, 'before ')
    const before = memoryOf(program)
    let most = 0
    const watch = setInterval(() => (most = Math.max(most, memoryOf(program))), 20)
    const storming = storm(STORM_BYTES)
    const over = new AbortController()
    void storming.then(() => over.abort())
    for (let n = 0; !over.signal.aborted; n++) await echoes(honest, `during ${n} `)
    clearInterval(watch)
    expect(answered).toBeGreaterThanOrEqual(200 * 3)
    expect(most - before).toBeLessThan(STORM_MEMORY)
    expect(program.process.exitCode).toBeNull()
  }, 60_000)

  it('1,000 connects at once: all of them are served where that many may come in, and nothing of them is left', async () => {
    const { program, urls } = await shared(
      [
        'sim:echo',
        '--max-clients',
        '1000',
        '--writers',
        'all',
        ...RAW,
        'sim:echo',
        '--max-clients',
        '8',
        ...RAW,
        'sim:echo',
        ...RAW
      ],
      3
    )
    const [roomy = 0, narrow = 0, other = 0] = urls.map(portOf)
    const honest = new Client(other)
    await echoes(honest, 'before')
    const before = descriptorsOf(program)

    const all = await Promise.all(Array.from({ length: AT_ONCE }, () => open(roomy)))
    await program.printed(/client 1000 connected/, 'stderr')
    const got = all.map(() => 0)
    for (const [n, socket] of all.entries()) socket.on('data', (bytes) => (got[n] = got[n]! + bytes.length))
    all[0]!.write('to everybody')
    await vi.waitFor(() => expect(got.every((bytes) => bytes === 12)).toBe(true), 10_000)
    await echoes(honest, 'meanwhile')
    for (const socket of all) socket.destroy()

    let closed = 0
    for (let n = 0; n < AT_ONCE; n++) {
      const socket = connect({ port: narrow, host: '127.0.0.1' }).on('error', () => undefined)
      socket.resume().on('close', () => (closed += 1))
      atTestEnd(() => void socket.destroy())
    }
    await echoes(honest, 'still')
    await vi.waitFor(() => expect(closed).toBe(AT_ONCE - 8), 10_000)
    await vi.waitFor(() => expect(descriptorsOf(program)).toBeLessThanOrEqual(before + 8), 5000)
  })
})

describe.skipIf(lacks.linux('pseudo-terminals'))('a client that never reads', () => {
  it('costs the others less than a twentieth of their rate', async () => {
    const plug = new Pluggable(temporaryFolder(), () => undefined)
    atTestEnd(() => plug.dispose())
    plug.plug()
    const { program, urls } = await shared([plug.path, ...RAW])
    const port = portOf(urls[0]!)
    let read = 0
    for (let n = 0; n < 3; n++) (await open(port)).on('data', (bytes) => (read += bytes.length))
    await program.printed(/port open/, 'stderr')
    // It says what its rate allows; what it could not say while it was held up it never says.
    const words = new Uint8Array(DEVICE_RATE / 10).fill(0x55)
    let saidMs = performance.now()
    const speak = setInterval(() => {
      const nowMs = performance.now()
      const due = Math.floor(Math.min((nowMs - saidMs) / 1000, 0.1) * DEVICE_RATE)
      saidMs = nowMs
      if (plug.queued < words.length / 4) plug.write(words.subarray(0, due))
    }, 1)
    atTestEnd(() => {
      clearInterval(speak)
    })
    const rate = async (): Promise<number> => {
      const before = read
      await new Promise((resolve) => setTimeout(resolve, ROUND_MS))
      return read - before
    }
    await rate()
    let best = 0
    for (let round = 0; round < ROUNDS && best < KEPT_RATE; round++) {
      const alone = await rate()
      const stalled = await open(port)
      stalled.pause()
      const beside = await rate()
      stalled.destroy()
      best = Math.max(best, beside / alone)
    }
    expect(best).toBeGreaterThanOrEqual(KEPT_RATE)
    expect(program.stderr).toMatch(/too slow/)
    expect(program.stderr).toMatch(/lost \d+ bytes of client \d+ from the device/)
    // Those three were never touched.
    expect(program.stderr).not.toMatch(/client [123] left/)
  }, 60_000)
})
