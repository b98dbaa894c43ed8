/** Devices that are pulled out, come back, take nothing, or belong to somebody else. */
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { ioctl } from '../../../src-main/os/libc.ts'
import { lacks } from '../../peers/need.ts'
import { Device } from '../../peers/device.ts'
import { payload } from '../../peers/payload.ts'
import { shimmedPair } from '../../peers/shimmed.ts'
import { atTestEnd } from '../at-test-end.ts'
import { Client, Program, farport, portOf, shared, temporaryFolder } from '../cli.ts'
import { Pluggable } from './pluggable.ts'

/** A device that is back is open again within this time. */
const REPLUGGED_MS = 1000
/** SIGTERM: 2 s to drain, and the process's own end. */
const TERMINATED_MS = 2000 + 500

/** Losses that go on are added up and told within this time. */
const TOLD_MS = 5000

const LISTEN = ['--listen', 'raw://127.0.0.1:0']

/** One device in the test's hands, and what it got. */
function device(name = 'tty'): { plug: Pluggable; got: () => Buffer } {
  let got: Buffer[] = []
  const plug = new Pluggable(temporaryFolder(), (bytes) => got.push(Buffer.from(bytes)), name)
  atTestEnd(() => plug.dispose())
  plug.plug()
  return {
    plug,
    got: () => {
      const all = Buffer.concat(got)
      got = [all]
      return all
    }
  }
}

/** All that the way to the device holds is full, and the rest waits at the client. */
async function fullUp({ socket }: Client): Promise<void> {
  let before = -1
  await vi.waitFor(
    () => {
      const now = socket.writableLength
      const same = now === before
      before = now
      expect(now).toBeGreaterThan(0)
      expect(same).toBe(true)
    },
    { interval: 50, timeout: 5000 }
  )
}

const lostBytes = (text: string, direction: string): number =>
  [...text.matchAll(new RegExp(`lost (\\d+) bytes(?: of client \\d+)? ${direction} the device`, 'g'))].reduce(
    (sum, [, bytes]) => sum + Number(bytes),
    0
  )

describe.skipIf(lacks.linux('pseudo-terminals and /proc'))('a device that is pulled out', () => {
  it('and plugged in again: same clients, open within 1 s, what waited is counted, nothing stale comes', async () => {
    const { plug, got } = device()
    const { program, urls } = await shared([plug.path, ...LISTEN])
    const [writer, watcher] = [new Client(portOf(urls[0]!)), new Client(portOf(urls[0]!))]
    writer.socket.write('before')
    await vi.waitFor(() => expect(got().toString()).toBe('before'))
    await program.printed(/client 2 connected/, 'stderr')

    const sent = payload(8_000_000)
    writer.socket.write(sent)
    await vi.waitFor(() => expect(got().length).toBeGreaterThan(20_000), { interval: 1 })
    plug.hold()
    await fullUp(writer)
    plug.unplug(program.process.pid!)
    await program.printed(/lost \d+ bytes of client 1 to the device/, 'stderr')
    const atOnce = 'sent while it was away'
    writer.socket.write(atOnce)
    await vi.waitFor(
      () => expect(got().length - 6 + lostBytes(program.stderr, 'to')).toBe(sent.length + atOnce.length),
      TOLD_MS
    )
    // The beginning, without a hole: what was lost is the end.
    expect(
      got()
        .subarray(6)
        .equals(sent.subarray(0, got().length - 6))
    ).toBe(true)
    expect(got().length).toBeGreaterThan(6)

    const before = got().length
    plug.release()
    const startMs = performance.now()
    plug.plug()
    await vi.waitFor(() => expect(program.stderr.match(/port open/g)).toHaveLength(2), { interval: 5 })
    expect(performance.now() - startMs).toBeLessThan(REPLUGGED_MS)
    writer.socket.write('after')
    await vi.waitFor(() => expect(got().subarray(before).toString()).toBe('after'))
    plug.write(Buffer.from('welcome back'))
    await vi.waitFor(() =>
      expect([writer.got.toString(), watcher.got.toString()]).toEqual(Array(2).fill('welcome back'))
    )
    expect(program.stderr).not.toMatch(/client \d left/)
  })

  it('160 times: each time it comes back, and neither descriptors nor memory are left behind', async () => {
    const { plug } = device()
    const { program, urls } = await shared([plug.path, ...LISTEN], 1, SOON_COLLECTED)
    const client = new Client(portOf(urls[0]!))
    await program.printed(/port open/, 'stderr')
    const descriptors: number[] = []
    const memory: number[] = []
    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      plug.unplug(program.process.pid!)
      await vi.waitFor(() => expect(program.stderr.match(/port closed/g)).toHaveLength(cycle), {
        interval: 5
      })
      const startMs = performance.now()
      plug.plug()
      await vi.waitFor(() => expect(program.stderr.match(/port open/g)).toHaveLength(cycle + 1), {
        interval: 5
      })
      expect(performance.now() - startMs).toBeLessThan(REPLUGGED_MS)
      plug.write(Buffer.from(`cycle ${cycle}.`))
      await vi.waitFor(() => expect(client.got.toString()).toContain(`cycle ${cycle}.`))
      descriptors.push(readdirSync(`/proc/${program.process.pid}/fd`).length)
      memory.push(
        Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${program.process.pid}/status`, 'utf8'))?.[1])
      )
    }
    expect(descriptors.at(-1)).toBeLessThanOrEqual(Math.max(...descriptors.slice(0, 3)))
    // The process grows for some hundred cycles, by code and rooms of the heap; then a leaked slab of 64 KiB for each would be seen.
    expect(memory.at(-1)! - memory.at(-1 - STEADY_CYCLES)!).toBeLessThan(64 * STEADY_CYCLES)
    expect(program.stderr).not.toMatch(/client \d left|lost/)
  }, 90_000)

  it('a share that starts before its device is there waits for it', async () => {
    const folder = temporaryFolder()
    const plug = new Pluggable(folder, () => undefined)
    atTestEnd(() => plug.dispose())
    const { program, urls } = await shared([plug.path, '--wait', ...LISTEN])
    const client = new Client(portOf(urls[0]!))
    await program.printed(/tty is not there/, 'stderr')
    const startMs = performance.now()
    plug.plug()
    await program.printed(/port open/, 'stderr')
    expect(performance.now() - startMs).toBeLessThan(REPLUGGED_MS)
    plug.write(Buffer.from('here I am'))
    await vi.waitFor(() => expect(client.got.toString()).toBe('here I am'))
  })
})

/** How often it is pulled out, and the last of them, which may leave nothing in memory. */
const CYCLES = 160
const STEADY_CYCLES = 40

/** What is garbage goes at once, so that what stays is seen. */
const SOON_COLLECTED = { NODE_OPTIONS: '--max-semi-space-size=1' }

describe.skipIf(lacks('socat', 'cc'))('a device that takes nothing', () => {
  const TCXONC = 0x540a
  const STOP = 0
  const GO = 1

  it('because CTS is off: reading goes on, the writer waits, and all of it arrives afterwards', async () => {
    const cable = await shimmedPair()
    const far = new Device(cable.b.path)
    const { program, urls } = await shared([cable.a.path, '-f', 'rtscts', ...LISTEN])
    const writer = new Client(portOf(urls[0]!))
    await program.printed(/port open/, 'stderr')
    // As the kernel does it for a UART when its CTS drops.
    cable.a.state.setModem({ cts: false })
    ioctl(cable.a.fd, TCXONC, STOP)
    const sent = payload(8_000_000)
    writer.socket.write(sent)
    let said = 0
    for (let n = 0; n < 50; n++) {
      far.write(`word ${++said}\n`)
      await vi.waitFor(() => expect(writer.got.toString()).toContain(`word ${said}\n`), { interval: 1 })
    }
    // What waits is bounded: most of it is still with its sender.
    expect(writer.socket.writableLength).toBeGreaterThan(sent.length / 4)
    expect(far.size).toBe(0)
    cable.a.state.setModem({ cts: true })
    ioctl(cable.a.fd, TCXONC, GO)
    await vi.waitFor(() => expect(far.size).toBe(sent.length), 20_000)
    expect(far.got.equals(sent)).toBe(true)
    expect(program.stderr).not.toMatch(/lost|left/)
  })

  it('at SIGTERM in the middle of a transfer: ends with 0 in time, and every byte arrived or is in the count', async () => {
    const { plug, got } = device()
    const { program, urls } = await shared([plug.path, ...LISTEN])
    const client = new Client(portOf(urls[0]!))
    const sent = payload(8_000_000)
    await once(client.socket, 'connect')
    client.socket.write(sent)
    await vi.waitFor(() => expect(got().length).toBeGreaterThan(1000), { interval: 1 })
    plug.hold()
    await fullUp(client)
    const startMs = performance.now()
    program.process.kill('SIGTERM')
    const ended = await program.ended
    expect(ended.code).toBe(0)
    expect(performance.now() - startMs).toBeLessThan(TERMINATED_MS)
    const lost = Number(/(\d+) bytes could not be delivered/.exec(ended.stderr)?.[1])
    expect(lost).toBe(lostBytes(ended.stderr, 'to'))
    plug.release()
    // What was read from the client and not delivered is counted; what was not read is still the client's, who sees the end.
    expect(client.socket.destroyed).toBe(true)
    const taken = got().length + lost
    expect(lost).toBeGreaterThan(0)
    expect(taken).toBeLessThan(sent.length)
    expect(got().equals(sent.subarray(0, got().length))).toBe(true)
  })
})

describe.skipIf(lacks.linux('pseudo-terminals and /proc'))('a device that two want', () => {
  it('is refused to the second share, which says who has it and tries again; its other device is served', async () => {
    const { plug, got } = device()
    const first = await shared([plug.path, ...LISTEN])
    const holder = new Client(portOf(first.urls[0]!))
    holder.socket.write('mine')
    await vi.waitFor(() => expect(got().toString()).toBe('mine'))
    const second = await shared([plug.path, ...LISTEN, 'sim:echo', ...LISTEN], 2)
    const waiting = new Client(portOf(second.urls[0]!))
    await second.program.printed(new RegExp(`in use by .*process ${first.program.process.pid}`), 'stderr')
    const other = new Client(portOf(second.urls[1]!))
    other.socket.write('hello')
    await vi.waitFor(() => expect(other.got.toString()).toBe('hello'))
    holder.socket.write(' still')
    await vi.waitFor(() => expect(got().toString()).toBe('mine still'))
    holder.socket.end()
    await first.program.printed(/port closed/, 'stderr')
    await second.program.printed(/port open[\s\S]*port open/, 'stderr')
    waiting.socket.write(' now')
    await vi.waitFor(() => expect(got().toString()).toBe('mine still now'))
    // In one line, however often it was tried.
    expect(second.program.stderr.match(/in use by/g)).toHaveLength(1)
  })

  it('a port that another program listens on: one line with the next step, exit 5, and nothing is left open', async () => {
    const first = await shared(['sim:echo', ...LISTEN])
    const ended = await farport('share', 'sim:echo', ...LISTEN, 'sim:gps', '--listen', first.urls[0]!).ended
    expect(ended).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/already in use.*another port/) as string
    })
  })
})

describe.skipIf(lacks.linux('pseudo-terminals and /proc'))('after kill -9', () => {
  it('the next start cleans its own stale links, and replaces nothing else', async () => {
    const folder = temporaryFolder()
    const env = { XDG_RUNTIME_DIR: `${folder}/run` }
    mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 })
    const connect = (link: string): Program =>
      new Program(process.execPath, ['dist/main/farport.js', 'connect', 'sim:echo', '--pty', link], { env })
    const [first, second] = [connect(`${folder}/one`), connect(`${folder}/two`)]
    await Promise.all([first.printed(/^ready/m), second.printed(/^ready/m)])
    await Promise.all([first.stop('SIGKILL'), second.stop('SIGKILL')])
    // One of the names has become somebody else's.
    rmSync(`${folder}/two`)
    symlinkSync('/dev/null', `${folder}/two`)
    writeFileSync(`${folder}/three`, 'precious')
    expect(readdirSync(folder).sort()).toEqual(['one', 'run', 'three', 'two'])

    const next = connect(`${folder}/other`)
    await next.printed(/^ready/m)
    expect(readdirSync(folder).sort()).toEqual(['other', 'run', 'three', 'two'])
    for (const taken of ['two', 'three']) {
      const ended = await connect(`${folder}/${taken}`).ended
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(taken) as string })
    }
    expect(readFileSync(`${folder}/three`, 'utf8')).toBe('precious')
    const again = connect(`${folder}/one`)
    await again.printed(/^ready/m)
  })
})
