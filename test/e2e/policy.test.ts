/** Who may come, what they may do, and how long: the options of `farport share` with real clients. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { describeWithShim, makeShimmedPair } from '../shim/shim.ts'
import { Client, farport, portOf, shared } from './cli.ts'

const RAW = 'raw://127.0.0.1:0'

async function connected(url: string): Promise<Client> {
  const client = new Client(portOf(url))
  await once(client.socket, 'connect')
  return client
}

async function got(client: Client, text: string): Promise<void> {
  await vi.waitFor(() => expect(client.got.toString('latin1')).toContain(text), 10_000)
}

/** Resolves when the far end has closed. */
async function gone({ socket }: Client): Promise<void> {
  if (!socket.readableEnded && !socket.destroyed) await once(socket, 'close')
}

describe('a device with several listeners', () => {
  it('is reached as raw and as telnet at once', async () => {
    const { urls } = await shared(
      ['sim:echo', '--writers', 'all', '--listen', RAW, '--listen', 'telnet://127.0.0.1:0'],
      2
    )
    const raw = await connected(urls[0]!)
    const telnet = await connected(urls[1]!)
    telnet.socket.write(Buffer.from([0x41, 0xff, 0xff, 0x42]))
    await vi.waitFor(() => expect(raw.got).toEqual(Buffer.from([0x41, 0xff, 0x42])))
    raw.socket.write(Buffer.from([0xff, 0x43]))
    await vi.waitFor(() => expect(telnet.got.subarray(-3)).toEqual(Buffer.from([0xff, 0xff, 0x43])))
  })

  it('has clients with other settings take turns', async () => {
    const { urls, program } = await shared(
      ['sim:gps', '--listen', 'telnet://127.0.0.1:0?baud=4800', '--listen', 'telnet://127.0.0.1:0?baud=9600'],
      2
    )
    const first = await connected(urls[0]!)
    await got(first, '$GPRMC')
    const second = await connected(urls[1]!)
    await got(second, 'in use with other settings')
    await gone(second)
    first.socket.destroy()
    await program.printed(/client 1 left/, 'stderr')
    // The simulated receiver talks at 4800 alone: at 9600 that is garbage.
    const third = await connected(urls[1]!)
    await vi.waitFor(() => expect(third.got.length).toBeGreaterThan(100), 10_000)
    expect(third.got.toString('latin1')).not.toContain('$GP')
  })

  it('lets the clients of one of them watch only', async () => {
    const { urls, program } = await shared(['sim:echo', '--listen', `${RAW}?observe`, '--listen', RAW], 2)
    const watcher = await connected(urls[0]!)
    watcher.socket.write('ignored')
    await program.printed(/lost 7 bytes of client 1 to the device: it only watches/, 'stderr')
    const writer = await connected(urls[1]!)
    writer.socket.write('heard')
    await got(watcher, 'heard')
  })
})

describe('a newcomer', () => {
  it('takes the place of the one before it, as with ser2net’s kickolduser', async () => {
    const { urls } = await shared(
      ['sim:echo', '--max-clients', '1', '--newcomer', 'kick-old', '--listen', 'telnet://127.0.0.1:0'],
      1
    )
    const old = await connected(urls[0]!)
    await vi.waitFor(() => expect(old.got.length).toBeGreaterThan(0))
    const newcomer = await connected(urls[0]!)
    await gone(old)
    newcomer.socket.write('mine')
    await got(newcomer, 'mine')
  })

  it('takes over, and the one before it watches', async () => {
    const { urls, program } = await shared(['sim:echo', '--newcomer', 'take-over', '--listen', RAW])
    const old = await connected(urls[0]!)
    old.socket.write('1')
    await got(old, '1')
    const newcomer = await connected(urls[0]!)
    newcomer.socket.write('2')
    await got(old, '12')
    old.socket.write('3')
    await program.printed(/lost 1 bytes of client 1 to the device: another one writes/, 'stderr')
  })
})

describe('time', () => {
  it('ends a client through which nothing passes', async () => {
    const { urls, program } = await shared(['sim:echo', '--inactivity-timeout', '1', '--listen', RAW])
    const client = await connected(urls[0]!)
    await gone(client)
    await program.printed(/client 1 left: .*nothing was sent or received for too long/, 'stderr')
  })

  it('keeps the device open for a while after the last client', async () => {
    const { urls, program } = await shared(['sim:echo', '--keep-open', '0.3', '--listen', RAW])
    const client = await connected(urls[0]!)
    await program.printed(/port open/, 'stderr')
    client.socket.destroy()
    await program.printed(/client 1 left[^]*port closed/, 'stderr')
  })
})

describe('a pool', () => {
  it('spreads a range of ports over its devices, and a rotator gives the next free one', async () => {
    const low = 20_000 + Math.floor(Math.random() * 8000)
    const { urls } = await shared(
      ['sim:echo', 'sim:echo', 'sim:echo', '--listen', `raw://127.0.0.1:${low}-${low + 9}`, '--rotator', RAW],
      4
    )
    expect(urls.slice(0, 3).map(portOf)).toEqual([low, low + 1, low + 2])
    const direct = await connected(urls[0]!)
    direct.socket.write('a')
    await got(direct, 'a')
    const pooled = [await connected(urls[3]!), await connected(urls[3]!)]
    for (const client of pooled) {
      client.socket.write('b')
      await got(client, 'b')
    }
    const late = await connected(urls[3]!)
    await gone(late)
    expect(direct.got.toString()).toBe('a')
  })
})

describe('what is left out', () => {
  it('is said, and is no reason to end', async () => {
    const { program } = await shared(
      ['sim:gps', '--disabled', '--listen', RAW, 'sim:echo', '--listen', RAW],
      1
    )
    expect(program.stdout).toContain('disabled gps\n')
    const nothing = await farport('share', 'sim:echo', '--listen', RAW, '--disabled').ended
    expect(nothing).toMatchObject({ code: 2, stdout: '' })
    expect(nothing.stderr).toContain('Nothing would be shared')
  })
})

describe('a share that connects by itself', () => {
  /** What connects, in order. */
  async function listening(): Promise<{ server: Server; url: string; calls: Socket[] }> {
    const calls: Socket[] = []
    const server = createServer((socket) => calls.push(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      for (const call of calls) call.destroy()
      server.close()
    })
    return { server, url: `raw://127.0.0.1:${(server.address() as { port: number }).port}`, calls }
  }

  it('stays connected, also when the far end goes and comes', async () => {
    const { url, calls } = await listening()
    const program = farport('share', 'sim:echo', '--dial', url)
    await program.printed(/^dialling raw:/m)
    for (const call of [0, 1]) {
      await vi.waitFor(() => expect(calls).toHaveLength(call + 1), 5000)
      calls[call]!.write('echo me')
      const [answer] = (await once(calls[call]!, 'data')) as [Buffer]
      expect(answer.toString()).toBe('echo me')
      calls[call]!.destroy()
    }
  })

  it('calls when its device speaks, and tells from the first byte on', async () => {
    const { url, calls } = await listening()
    farport('share', 'sim:gps', '--dial-back', url)
    await vi.waitFor(() => expect(calls).toHaveLength(1), 10_000)
    const [first] = (await once(calls[0]!, 'data')) as [Buffer]
    expect(first.toString('latin1', 0, 3)).toBe('$GP')
  })

  it('hangs up on a far end that takes nothing, as on any client', async () => {
    const { url, calls, server } = await listening()
    server.on('connection', (socket) => socket.pause())
    const program = farport('share', 'sim:noise:max?baud=1000000000', '--dial', url, '--stall-timeout', '1')
    await program.printed(/client 1 left: \S+ \(the far side took nothing for 1 s\)/, 'stderr')
    await program.printed(/client 2 connected/, 'stderr')
    expect(calls.length).toBe(2)
  })

  it('makes one cable of two ports on two computers', async () => {
    const { urls, program } = await shared(['sim:echo', '--listen', RAW])
    farport('share', 'sim:gps', '--dial', urls[0]!)
    await program.printed(/client 1 connected/, 'stderr')
    const watcher = await connected(urls[0]!)
    await got(watcher, '$GPRMC')
  })
})

describeWithShim('on a serial device', () => {
  it('opens it at the start where that is asked for', async () => {
    const pair = await makeShimmedPair()
    onTestFinished(() => pair.dispose())
    const { program } = await shared([pair.a.device, '--open-at-start', '--listen', RAW], 1, pair.env)
    await program.printed(/: port open/, 'stderr')
  })

  it('prints one way: what the printer says reaches nobody', async () => {
    const pair = await makeShimmedPair()
    onTestFinished(() => pair.dispose())
    const { urls } = await shared([pair.a.device, '--one-way', 'to-device', '--listen', RAW], 1, pair.env)
    const client = await connected(urls[0]!)
    const printed = await printer(pair.b.path)
    writeFileSync(pair.b.path, 'paper jam')
    client.socket.write('a page\f')
    await vi.waitFor(() => expect(printed()).toBe('a page\f'))
    expect(client.got.length).toBe(0)
  })

  it('keeps breaks of clients away from a device that must not have them', async () => {
    const pair = await makeShimmedPair()
    const { urls } = await shared(
      [pair.a.device, '--no-break', '--listen', 'telnet://127.0.0.1:0'],
      1,
      pair.env
    )
    onTestFinished(() => pair.dispose())
    const received = await printer(pair.b.path)
    const client = await connected(urls[0]!)
    const breakOfTelnet = Buffer.from([0xff, 0xf3])
    client.socket.write(Buffer.concat([Buffer.from('x'), breakOfTelnet, Buffer.from('y')]))
    await vi.waitFor(() => expect(received()).toBe('xy'))
    const calls = pair.log().map(({ call }) => call)
    expect(calls).toContain('TCSETS2')
    expect(calls).not.toContain('TIOCSBRK')
  })
})

/** Reads a terminal from now on; answers what it read. */
async function printer(path: string): Promise<() => string> {
  const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void reader.kill())
  let received = ''
  reader.stdout.on('data', (bytes: Buffer) => (received += bytes.toString()))
  await once(reader, 'spawn')
  return () => received
}
