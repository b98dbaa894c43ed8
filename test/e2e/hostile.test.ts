import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { hex, randomFrom } from '../hex.ts'
import { Device } from '../peers/device.ts'
import { lacks } from '../peers/need.ts'
import { makeShimmedPair } from '../shim/shim.ts'
import { Client, type Program, farport, portOf, shared } from './cli.ts'

/** What a parser of telnet, of RFC 2217 or of HTTP could stumble over. */
const ALPHABET = hex('FF FF FF FA F0 FB FC FD FE F3 F6 2C 00 01 04 05 08 09 0C 65 7F 0D 0A 47 45 54 20 2F')
const MIB = 1024 * 1024
/** Rounds of malformed inputs until its code is compiled and its heap has its size … */
const WARM_UP = 10
/** … and what the others may add: garbage that waits for its collection, no byte of which is kept. */
const MALFORMED_MEMORY = 24 * MIB
const LISTENERS = ['raw', 'telnet', 'rfc2217'].flatMap((each) => ['--listen', `${each}://127.0.0.1:0`])

/** Two devices in one process: the first for whoever attacks, the second for an honest client. */
async function target(...options: string[]): Promise<{
  program: Program
  ports: { raw: number; telnet: number; rfc2217: number }
  honest: Honest
}> {
  const devices = ['sim:echo', ...LISTENERS, ...options, 'sim:echo', '--listen', 'raw://127.0.0.1:0']
  const { program, urls } = await shared(devices, 4)
  const [raw = 0, telnet = 0, rfc2217 = 0, other = 0] = urls.map(portOf)
  const honest = new Honest(other)
  await honest.isServed()
  return { program, ports: { raw, telnet, rfc2217 }, honest }
}

class Honest {
  readonly #client: Client
  #asked = 0

  constructor(port: number) {
    this.#client = new Client(port)
  }

  /** It sends a line, and the device's echo comes back. */
  async isServed(): Promise<void> {
    const line = `line ${++this.#asked}\n`
    this.#client.socket.write(line)
    await vi.waitFor(() => expect(this.#client.got.toString()).toContain(line), {
      timeout: 5000,
      interval: 1
    })
  }
}

async function hostile(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

const bytes = (text: string): Buffer => Buffer.from(hex(text))

/** Data and subnegotiations, as they came, in hex. */
function apart(got: Buffer): [data: string, subnegotiations: string] {
  const subnegotiation = /\xff\xfa(?:\xff\xff|[^\xff])*\xff\xf0/g
  const text = got.toString('latin1')
  const joined = (text.match(subnegotiation) ?? []).join('')
  return [inHex(text.replaceAll(subnegotiation, '')), inHex(joined)]
}

const inHex = (text: string): string => Buffer.from(text, 'latin1').toString('hex')

function memoryOf({ process }: Program): number {
  return 1024 * Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${process.pid}/status`, 'utf8'))?.[1])
}

function descriptorsOf({ process }: Program): number {
  return readdirSync(`/proc/${process.pid}/fd`).length
}

function write(socket: Socket, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => socket.write(chunk, () => resolve()))
}

describe.skipIf(lacks.linux('/proc'))('what strangers send', () => {
  it('10,000 malformed inputs on every kind of listener: alive, and an honest client is served', async () => {
    const { program, ports, honest } = await target('--writers', 'all', '--max-clients', '16')
    const random = randomFrom(2217)
    const garbage = (): Uint8Array =>
      Uint8Array.from({ length: 1 + random(80) }, () =>
        random(3) ? (ALPHABET[random(ALPHABET.length)] ?? 0) : random(256)
      )
    let before = Infinity
    for (let round = 0; round < 34; round++) {
      const sockets = await Promise.all(Object.values(ports).map(hostile))
      for (const socket of sockets) {
        socket.resume()
        for (let n = 0; n < 100; n++) socket.write(garbage())
        if (round % 3 === 0) socket.resetAndDestroy()
        else socket.end()
      }
      if (round % 5 === 0) await honest.isServed()
      if (round === WARM_UP) before = memoryOf(program)
    }
    await honest.isServed()
    expect(memoryOf(program) - before).toBeLessThan(MALFORMED_MEMORY)
    expect(program.process.exitCode).toBeNull()
    expect(program.stderr).not.toMatch(/bug|TypeError|RangeError|at .*\.js:/)
  })

  it('a subnegotiation of 160 MB without an end: memory stays, and the next request is answered', async () => {
    const { program, ports, honest } = await target()
    const socket = await hostile(ports.rfc2217)
    let tail = Buffer.alloc(0)
    socket.on('data', (chunk) => (tail = Buffer.concat([tail, chunk]).subarray(-64)))
    await write(socket, bytes('FF FB 2C | FF FA 2C 01'))
    const filler = new Uint8Array(MIB).fill(0x41)
    for (let n = 0; n < 4; n++) await write(socket, filler)
    await honest.isServed()
    const before = memoryOf(program)
    let most = 0
    for (let n = 0; n < 160; n++) {
      await write(socket, filler)
      most = Math.max(most, memoryOf(program))
    }
    await honest.isServed()
    await write(socket, bytes('FF F0 | FF FA 2C 02 00 FF F0'))
    await vi.waitFor(() => expect(tail.includes(bytes('FF FA 2C 66 08 FF F0'))).toBe(true))
    // Less than half of what came: what waits for its collection counts too.
    expect(most - before).toBeLessThan(64 * MIB)
  })

  it('requests by the thousand, no answer read: it reads no more of them, and memory stays', async () => {
    const { program, ports, honest } = await target()
    const flood = Buffer.concat(Array.from({ length: 8192 }, () => bytes('FF FA 2C 00 FF F0 | FF F6')))
    const reading = await hostile(ports.rfc2217)
    reading.resume()
    for (let n = 0; n < 8; n++) await write(reading, flood)
    await honest.isServed()
    const before = memoryOf(program)

    const socket = await hostile(ports.rfc2217)
    socket.pause()
    let taken = 0
    for (let n = 0; n < 1000; n++) socket.write(flood, () => (taken += 1))
    for (let still = 0, seen = 0; still < 50; still = taken === seen ? still + 1 : 0) {
      seen = taken
      await honest.isServed()
    }
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(500)
    // Garbage that waits for its collection counts too; without a bound it would be gigabytes.
    expect(memoryOf(program) - before).toBeLessThan(96 * MIB)
    socket.destroy()
    await honest.isServed()
  })

  it('cut at every position it means the same', async () => {
    const { ports, honest } = await target()
    const socket = await hostile(ports.rfc2217)
    let got = Buffer.alloc(0)
    socket.on('data', (chunk) => (got = Buffer.concat([got, chunk])))
    await write(socket, bytes('FF FB 2C'))
    await vi.waitFor(() => expect(got.includes(bytes('FF FA 2C 6B'))).toBe(true))
    const sent = bytes(
      '61 FF FF 62 | FF FA 2C 01 00 01 C2 00 FF F0 | 63 | FF FA 2C 0B FF FF FF F0 | FF F1 0D 00 64'
    )
    for (let cut = 1; cut < sent.length; cut++) {
      got = Buffer.alloc(0)
      await write(socket, sent.subarray(0, cut))
      // By then it has read the first part.
      await honest.isServed()
      await write(socket, sent.subarray(cut))
      await vi.waitFor(
        () => {
          const [echoed, answered] = apart(got)
          expect(echoed).toBe('61ffff62630d0064')
          expect(answered).toMatch(/^fffa2c650001c200fff0fffa2c6ffffffff0/)
        },
        { interval: 1 }
      )
    }
  })
})

describe.skipIf(lacks.linux('/proc'))('how strangers come and go', () => {
  it('1,000 connects, ended in every way: no descriptor is left, and the next one is served', async () => {
    const { program, ports, honest } = await target()
    const before = descriptorsOf(program)
    const kinds = Object.values(ports)
    for (let n = 0; n < 1000; n++) {
      const socket = await hostile(kinds[n % kinds.length]!)
      if (n % 5 === 0) socket.write('x')
      if (n % 4 === 0) socket.resetAndDestroy()
      else if (n % 4 === 1) socket.end()
      else socket.destroy()
      if (n % 100 === 0) await honest.isServed()
    }
    await honest.isServed()
    await vi.waitFor(() => expect(descriptorsOf(program)).toBeLessThanOrEqual(before), 5000)
    await new Honest(ports.raw).isServed()
  })

  it.each(['rfc2217', 'telnet'])('one too many is told that the share is full, as %s', async (protocol) => {
    const { urls } = await shared(['sim:echo', '--max-clients', '1', '--listen', `${protocol}://127.0.0.1:0`])
    const first = farport('connect', urls[0]!, '--stdio')
    first.process.stdin!.write('here')
    await first.printed(/here/)
    const ended = await farport('connect', urls[0]!, '--stdio').ended
    expect(ended.stderr).toContain('another client is connected already')
    expect(ended.code).toBe(4)
  })

  it('many that come and say next to nothing: those who are served stay served', async () => {
    const { ports, honest } = await target()
    const inside = new Honest(ports.raw)
    await inside.isServed()
    const beginnings = ['', 'G', 'GET / HT', '\xff', '\xff\xfa', '\xff\xfa,\x01\0', '\xff\xfb']
    const slow = await Promise.all(
      Array.from({ length: 300 }, async (_, n) => {
        const socket = await hostile(Object.values(ports)[n % 3]!)
        socket.write(beginnings[n % beginnings.length]!, 'latin1')
        return socket
      })
    )
    await inside.isServed()
    await honest.isServed()
    for (const socket of slow) socket.destroy()
    await vi.waitFor(async () => {
      const late = await hostile(ports.rfc2217)
      const [greeting] = (await once(late, 'data', { signal: AbortSignal.timeout(500) })) as [Buffer]
      late.write(bytes('FF FA 2C 02 00 FF F0'))
      const [answer] = (await once(late, 'data', { signal: AbortSignal.timeout(500) })) as [Buffer]
      expect(Buffer.concat([greeting, answer]).includes(bytes('FF FA 2C 66'))).toBe(true)
    }, 5000)
  })
})

describe.skipIf(lacks('socat', 'cc'))('a client that stops reading', () => {
  it('is dropped alone, with its loss told; the other one keeps its rate', async () => {
    const cable = await makeShimmedPair()
    onTestFinished(() => cable.dispose())
    const { program, urls } = await shared([cable.a.path, '--listen', 'raw://127.0.0.1:0'])
    const device = new Device(cable.b.path)
    const reader = await hostile(portOf(urls[0]!))
    let read = 0
    reader.on('data', (chunk) => (read += chunk.length))
    await program.printed(/port open/, 'stderr')
    const stalled = await hostile(portOf(urls[0]!))
    stalled.pause()
    // 4 MB/s, far below what the way can carry.
    let sent = 0
    const chunk = new Uint8Array(40_000).fill(0x55)
    const pace = setInterval(() => {
      device.write(chunk)
      sent += chunk.length
    }, 10)
    onTestFinished(() => {
      clearInterval(pace)
    })
    let worst = 0
    const watch = setInterval(() => (worst = Math.max(worst, sent - read)), 10)
    onTestFinished(() => {
      clearInterval(watch)
    })
    await program.printed(/too slow/, 'stderr', 10_000)
    await program.printed(/lost \d+ bytes/, 'stderr')
    clearInterval(pace)
    await vi.waitFor(() => expect(read).toBe(sent), 5000)
    // Never more behind than a tenth of what came in the meantime.
    expect(worst).toBeLessThan(sent / 10)
  })
})
