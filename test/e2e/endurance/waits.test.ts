/** What takes half a minute or a whole one, all at the same time. */
import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { alone, atTestEnd } from '../at-test-end.ts'
import { Client, Program, portOf, shared, temporaryFolder } from '../cli.ts'
import { lacks } from '../../peers/need.ts'
import { payload } from '../../peers/payload.ts'
import { Pluggable } from './pluggable.ts'
import { Network, lacksNetworks } from './network.ts'

/** A peer that vanished without a word frees its place within this time … */
const VANISHED_MS = 30_000
/** … and for a newcomer from its own address within this one. */
const SAME_ADDRESS_MS = 4000
/** A client that takes nothing is closed after this time. */
const STALLED_MS = 25_000
/** How long a program is stopped. */
const STOPPED_MS = 60_000
/** An address that appeared is listened on within this time: it is tried each second. */
const ADDRESS_MS = 2000
/** For what comes around the waiting: starting programs on a machine that does all of this at once. */
const MARGIN_MS = 25_000
/** A timer that looks once a second, and the message's own way. */
const LOOK_MS = 1500

/** For all that goes one after the other, on a busy machine. */
const ALL_MS = 180_000

const CONNECTS_PER_SECOND = 100
const CONNECT_SECONDS = 20

/** For what is to be seen as soon as it begins. */
const EAGER = { interval: 1, timeout: 15_000 }

const PORT = 4000

/** A share in a network of its own: room for three, one of whom is somebody near who must not notice anything. */
async function shareInNetwork(network: Network): Promise<{ share: Program; near: Talker }> {
  const share = network.farport(
    ...['share', 'sim:echo', '--writers', 'all', '--max-clients', '2'],
    ...['--listen', `raw://0.0.0.0:${PORT}`, '--allow', 'anyone']
  )
  await share.printed(/listening/)
  const near = new Talker(network.here('nc', '127.0.0.1', String(PORT)))
  await near.talk()
  return { share, near }
}

/** Says a line and waits for its echo. */
class Talker {
  readonly program: Program
  #said = 0

  constructor(program: Program) {
    this.program = program
  }

  async talk(): Promise<void> {
    const line = `line ${++this.#said} of ${this.program.process.pid}`
    this.program.process.stdin!.write(`${line}\n`)
    await this.program.printed(new RegExp(`${line}\n`))
  }

  /** Goes on saying lines until `over`; answers how many came back. */
  async talkUntil(over: Promise<unknown>): Promise<number> {
    const ended = new AbortController()
    void over.finally(() => ended.abort())
    let lines = 0
    for (; !ended.signal.aborted; lines++) {
      await this.talk()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return lines
  }
}

let row: Promise<unknown> = Promise.resolve()

/** The busy ones: one after the other, beside those that wait. Their time limit is that of all of them. */
function inTurn(body: () => Promise<void>): () => Promise<void> {
  return () => {
    const turn = row.then(body)
    row = turn.catch(() => undefined)
    return turn
  }
}

const since = (startMs: number): number => performance.now() - startMs

describe.concurrent('what takes its time', () => {
  it.skipIf(lacksNetworks)(
    'a peer that vanishes without FIN, idle: its place is free within 30 s, and nobody else notices',
    alone(async () => {
      const network = new Network()
      const { share, near } = await shareInNetwork(network)
      const far = new Talker(network.there('nc', network.server, String(PORT)))
      await far.talk()
      network.cut()
      const startMs = performance.now()
      await share.printed(/client 2 left.*vanished/, 'stderr', VANISHED_MS + LOOK_MS)
      expect(since(startMs)).toBeLessThan(VANISHED_MS)
      await near.talk()
      await new Talker(network.here('nc', '127.0.0.1', String(PORT))).talk()
    }),
    VANISHED_MS + MARGIN_MS
  )

  it.skipIf(lacksNetworks)(
    'a peer that vanishes without FIN, while data flows: its place is free within 30 s, its loss is told, and nobody else notices',
    alone(async () => {
      const network = new Network()
      const { share, near } = await shareInNetwork(network)
      const far = new Talker(network.there('nc', network.server, String(PORT)))
      await far.talk()
      network.flush()
      const startMs = performance.now()
      const left = share.printed(/client 2 left/, 'stderr', VANISHED_MS + LOOK_MS)
      const lines = await near.talkUntil(left)
      await left
      expect(since(startMs)).toBeLessThan(VANISHED_MS)
      expect(lines).toBeGreaterThan(100)
      await share.printed(/lost \d+ bytes of client 2 from the device/, 'stderr')
      expect(share.stderr).not.toMatch(/client 1 (left|:)/)
      await new Talker(network.here('nc', '127.0.0.1', String(PORT))).talk()
    }),
    VANISHED_MS + MARGIN_MS
  )

  it.skipIf(lacksNetworks)(
    'a peer that vanishes and comes back from the same address: refused at once, and let in within 4 s',
    alone(
      inTurn(async () => {
        const network = new Network()
        const { share } = await shareInNetwork(network)
        const far = new Talker(network.there('nc', network.server, String(PORT)))
        await far.talk()
        const [, farPort] = await share.printed(/client 2 connected: [\d.]+:(\d+)/, 'stderr')
        network.replacePeer(Number(farPort))
        network.there('nc', network.server, String(PORT))
        await share.printed(/client refused/, 'stderr')
        const startMs = performance.now()
        expect(share.stderr).not.toMatch(/client 2 left/)
        await share.printed(/client 2 left.*vanished/, 'stderr')
        expect(since(startMs)).toBeLessThan(SAME_ADDRESS_MS + LOOK_MS)
        await new Talker(network.there('nc', network.server, String(PORT))).talk()
      })
    ),
    ALL_MS
  )

  it.skipIf(lacksNetworks)(
    'a share that starts before the network is there: it waits for its address, and others are served meanwhile',
    alone(
      inTurn(async () => {
        const network = new Network()
        network.setServerAddress(false)
        const far = `raw://${network.server}:${PORT}`
        const share = network.farport(
          ...['share', '--wait', '--allow', 'anyone', '--writers', 'all', 'sim:echo', '--listen', far],
          ...['--listen', `raw://127.0.0.1:${PORT}`, 'sim:echo', '--listen', `raw://127.0.0.1:${PORT + 1}`]
        )
        await share.printed(new RegExp(`listening raw://127.0.0.1:${PORT + 1}`))
        await share.printed(new RegExp(`waits for its address: .*${network.server}`), 'stderr')
        for (const port of [PORT, PORT + 1])
          await new Talker(network.here('nc', '127.0.0.1', String(port))).talk()
        expect(share.stdout).not.toContain(far)
        network.setServerAddress(true)
        const startMs = performance.now()
        await share.printed(new RegExp(`listening ${far}`))
        expect(since(startMs)).toBeLessThan(ADDRESS_MS)
        await new Talker(network.there('nc', network.server, String(PORT))).talk()
        expect(share.stderr.match(/waits for its address/g)).toHaveLength(1)
      })
    ),
    ALL_MS
  )

  it(
    '100 connects a second for 20 s, each with some bytes: not one byte is lost',
    alone(
      inTurn(async () => {
        const { program, urls } = await shared([
          'sim:echo',
          '--writers',
          'all',
          '--max-clients',
          '1000',
          '--listen',
          'raw://127.0.0.1:0'
        ])
        const port = portOf(urls[0]!)
        const watcher = new Client(port)
        await program.printed(/client 1 connected/, 'stderr')
        const sent: string[] = []
        const startMs = performance.now()
        await new Promise<void>((resolve) => {
          const visit = (): void => {
            const due = Math.min(
              ((performance.now() - startMs) / 1000) * CONNECTS_PER_SECOND,
              CONNECTS_PER_SECOND * CONNECT_SECONDS
            )
            while (sent.length < due) {
              // One chunk each, so that those of others never stand within it.
              const line = `${sent.length}:${'x'.repeat((sent.length * 7919) % 1000)}\n`
              sent.push(line)
              const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined)
              socket.resume()
              socket.end(line, 'latin1')
            }
            if (sent.length < CONNECTS_PER_SECOND * CONNECT_SECONDS) return
            clearInterval(timer)
            resolve()
          }
          const timer = setInterval(visit, 10)
        })
        const expected = sent.join('').length
        await vi.waitFor(() => expect(watcher.got.length).toBe(expected), 10_000)
        expect(watcher.got.toString('latin1').split('\n').sort()).toEqual(sent.join('').split('\n').sort())
        expect(program.stderr).not.toMatch(/lost|refused/)
      })
    ),
    ALL_MS
  )

  it(
    'a slow line (115200 8N1), 64 kB and then the end, at once: all of it is sent, and the echo of all of it comes back',
    alone(
      inTurn(async () => {
        const { program, urls } = await shared([
          'sim:echo?paced=1',
          '--writers',
          'all',
          '--listen',
          'raw://127.0.0.1:0'
        ])
        const watcher = new Client(portOf(urls[0]!))
        await program.printed(/client 1 connected/, 'stderr')
        const sent = payload(65_536)
        const writer = new Client(portOf(urls[0]!))
        writer.socket.end(sent)
        await vi.waitFor(() => expect(watcher.got.length).toBe(sent.length), 15_000)
        expect(watcher.got.equals(sent)).toBe(true)
        expect(program.stderr).not.toMatch(/lost/)
      })
    ),
    ALL_MS
  )

  it.skipIf(lacks.linux('pseudo-terminals and /proc'))(
    'random faults for a while (npm run soak): no byte is unexplained',
    alone(
      inTurn(async () => {
        const run = new Program(
          process.execPath,
          ['test/soak/run.mjs', '--minutes', '0.3', '--ports', '8', '--seed', '2217'],
          { env: { LD_PRELOAD: '' } }
        )
        const { code, stdout, stderr } = await run.ended
        expect(stdout).toMatch(/unexplained +0\n/)
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      })
    ),
    ALL_MS
  )

  it.skipIf(lacks('nc'))(
    'SIGSTOP for a minute, Farport itself: nobody is dropped and no byte is lost',
    alone(async () => {
      const { program, urls } = await shared(['sim:echo', '--listen', 'raw://127.0.0.1:0'])
      const writer = new Client(portOf(urls[0]!))
      const watcher = new Client(portOf(urls[0]!))
      writer.socket.write('before')
      await vi.waitFor(() => expect(watcher.got.toString()).toBe('before'), MARGIN_MS)
      const waking = stopped(program)
      const sent = payload(300_000)
      writer.socket.write(sent)
      await waking
      await vi.waitFor(() => expect(watcher.got.length).toBe(sent.length + 6), MARGIN_MS)
      expect(watcher.got.subarray(6).equals(sent)).toBe(true)
      await vi.waitFor(() => expect(writer.got.equals(watcher.got)).toBe(true), MARGIN_MS)
      expect(program.stderr).not.toMatch(/left|lost|vanished/)
    }),
    STOPPED_MS + MARGIN_MS
  )

  it.skipIf(lacks('nc'))(
    'SIGSTOP for a minute, a client that has nothing to do: it is still there afterwards',
    alone(async () => {
      const { program, urls } = await shared([
        'sim:echo',
        '--writers',
        'all',
        '--listen',
        'raw://127.0.0.1:0'
      ])
      const idle = new Talker(new Program('nc', ['127.0.0.1', String(portOf(urls[0]!))]))
      const other = new Talker(new Program('nc', ['127.0.0.1', String(portOf(urls[0]!))]))
      await idle.talk()
      const waking = stopped(idle.program)
      const lines = await other.talkUntil(waking)
      expect(lines).toBeGreaterThan(STOPPED_MS / 100)
      await idle.talk()
      expect(program.stderr).not.toMatch(/left|lost/)
    }),
    STOPPED_MS + MARGIN_MS
  )

  it.skipIf(lacks('nc'))(
    'SIGSTOP for a minute, the only client, in the middle of a transfer, where stalls are allowed: the device waits, and no byte is lost',
    alone(async () => {
      const { plug, program, port } = await talkative('--stall-timeout', '0')
      const sent = payload(12_000_000)
      const client = new Program('nc', ['127.0.0.1', port])
      plug.write(sent)
      await vi.waitFor(() => expect(client.stdout.length).toBeGreaterThan(0), EAGER)
      await stopped(client)
      await vi.waitFor(() => expect(client.stdout.length).toBe(sent.length), MARGIN_MS)
      expect(Buffer.from(client.stdout, 'latin1').equals(sent)).toBe(true)
      expect(program.stderr).not.toMatch(/left|lost/)
    }),
    STOPPED_MS + 2 * MARGIN_MS
  )

  it.skipIf(lacks('nc'))(
    'SIGSTOP for a minute, a client in the middle of a transfer: it is closed after 25 s with its loss told, and the port is free',
    alone(async () => {
      const { plug, program, port } = await talkative('--max-clients', '1')
      const client = new Program('nc', ['127.0.0.1', port])
      plug.write(payload(12_000_000))
      await vi.waitFor(() => expect(client.stdout.length).toBeGreaterThan(0), EAGER)
      const startMs = performance.now()
      const waking = stopped(client)
      await program.printed(/client 1 left.*took nothing for 25 s/, 'stderr', STALLED_MS + 5000)
      expect(since(startMs)).toBeLessThan(STALLED_MS + LOOK_MS + 2000)
      await program.printed(/lost \d+ bytes of client 1 from the device/, 'stderr')
      const next = new Program('nc', ['127.0.0.1', port])
      await vi.waitFor(() => expect(next.stdout.length).toBeGreaterThan(0), EAGER)
      await waking
    }),
    STOPPED_MS + MARGIN_MS
  )
})

/** A share whose device says a lot when it is told to. */
async function talkative(...options: string[]): Promise<{ plug: Pluggable; program: Program; port: string }> {
  const plug = new Pluggable(temporaryFolder(), () => undefined)
  atTestEnd(() => plug.dispose())
  plug.plug()
  const { program, urls } = await shared([plug.path, ...options, '--listen', 'raw://127.0.0.1:0'])
  return { plug, program, port: String(portOf(urls[0]!)) }
}

/** Stops it for a minute. */
async function stopped({ process }: Program): Promise<void> {
  process.kill('SIGSTOP')
  // It must run again, or it could not be ended.
  atTestEnd(() => void process.kill('SIGCONT'))
  await new Promise((resolve) => setTimeout(resolve, STOPPED_MS))
  process.kill('SIGCONT')
}
