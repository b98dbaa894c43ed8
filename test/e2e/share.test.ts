import { once } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { Client, Program, farport, portOf, shared, temporaryFolder } from './cli.ts'

const RAW = 'raw://127.0.0.1:0'

async function connected(url: string): Promise<Client> {
  const client = new Client(portOf(url))
  await once(client.socket, 'connect')
  return client
}

async function got(client: Client, text: string): Promise<void> {
  await vi.waitFor(() => expect(client.got.toString('latin1')).toContain(text), 10_000)
}

describe('farport share', () => {
  it('shares several devices in one process, one line each, in order', async () => {
    const { urls } = await shared(
      [
        'sim:gps',
        '--name',
        'gps',
        '--listen',
        RAW,
        '--listen',
        'rfc2217://127.0.0.1:0',
        'sim:echo',
        '--listen',
        RAW
      ],
      3
    )
    expect(urls.map((url) => url.split(':')[0])).toEqual(['raw', 'rfc2217', 'raw'])
    const gps = await connected(urls[0]!)
    const echo = await connected(urls[2]!)
    echo.socket.write('hello')
    await got(echo, 'hello')
    await got(gps, '$GPRMC')
  })

  it('listens on IPv6', async () => {
    const { urls } = await shared(['sim:echo', '--listen', 'raw://[::1]:0'])
    expect(urls[0]).toMatch(/^raw:\/\/\[::1\]:\d+$/)
  })

  it('starts nothing where the last of several addresses is wrong', async () => {
    const ended = await farport('share', 'sim:gps', '--listen', RAW, 'sim:echo', '--listen', 'raw://nowhere')
      .ended
    expect(ended).toMatchObject({ code: 2, stdout: '' })
  })

  it('answers programs with --json', async () => {
    const program = farport('share', 'sim:echo', '--name', 'bench', '--listen', RAW, '--json')
    const [line] = await program.printed(/^\{.*\}$/m)
    expect(JSON.parse(line)).toMatchObject({
      listening: expect.stringMatching(/^raw:/) as string,
      share: 'bench'
    })
  })

  it('lets one client write; others watch, and what they send is counted', async () => {
    const { urls, program } = await shared(['sim:echo', '--listen', RAW])
    const writer = await connected(urls[0]!)
    writer.socket.write('first ')
    await got(writer, 'first ')
    const watcher = await connected(urls[0]!)
    watcher.socket.write('ignored')
    await program.printed(/lost 7 bytes of client 2 to the device/, 'stderr')
    writer.socket.write('second')
    await got(watcher, 'second')
    expect(watcher.got.toString()).not.toContain('ignored')
    // The oldest of those who stay takes over.
    writer.socket.end()
    await program.printed(/client 1 left/, 'stderr')
    watcher.socket.write('mine now')
    await got(watcher, 'mine now')
  })

  it('takes the next writer at once when the last one has sent everything and waits for the answer', async () => {
    const { urls, program } = await shared(['sim:echo', '--listen', RAW, '--listen', RAW], 2)
    const asker = await connected(urls[0]!)
    asker.socket.end('one ')
    await got(asker, 'one ')
    const next = await connected(urls[1]!)
    next.socket.write('two')
    await got(next, 'two')
    expect(program.stderr).not.toMatch(/lost/)
  })

  it('lets everybody write with --writers all', async () => {
    const { urls } = await shared(['sim:echo', '--listen', RAW, '--writers', 'all'])
    const [first, second] = [await connected(urls[0]!), await connected(urls[0]!)]
    first.socket.write('one')
    await got(second, 'one')
    second.socket.write('two')
    await got(first, 'two')
  })

  it('refuses more clients than it may have, and takes one when another left', async () => {
    const { urls, program } = await shared(['sim:echo', '--listen', RAW, '--max-clients', '1'])
    const first = await connected(urls[0]!)
    first.socket.write('x')
    await got(first, 'x')
    const second = await connected(urls[0]!)
    await once(second.socket, 'close')
    await program.printed(/refused/, 'stderr')
    first.socket.end()
    await program.printed(/client 1 left/, 'stderr')
    const third = await connected(urls[0]!)
    third.socket.write('y')
    await got(third, 'y')
  })

  it('drops a web page that posts to it', async () => {
    const { urls, program } = await shared(['sim:echo', '--listen', RAW])
    const page = await connected(urls[0]!)
    page.socket.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nrm -rf')
    await new Promise((resolve) => page.socket.once('close', resolve))
    await program.printed(/HTTP/, 'stderr')
    expect(page.got).toHaveLength(0)
  })

  it('waits for a missing device with --wait', async () => {
    const { urls } = await shared(['/dev/ttyNowhere7', '--wait', '--listen', RAW])
    await connected(urls[0]!)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 at %s, clients connected or not', async (signal) => {
    const { urls, program } = await shared(['sim:echo', '--listen', RAW])
    const client = await connected(urls[0]!)
    client.socket.write('x')
    await got(client, 'x')
    program.process.kill(signal)
    expect(await program.ended).toMatchObject({ code: 0 })
  })
})

describe('farport connect A B', () => {
  it('joins two simulated devices', async () => {
    const program = farport('connect', 'sim:gps', 'sim:echo?baud=4800')
    await program.printed(/^ready sim:gps sim:echo/m)
  })

  it('joins a device here with a remote one, as one long cable', async () => {
    const { urls } = await shared(['sim:echo', '--listen', 'rfc2217://127.0.0.1:0'])
    const pair = await ptyPair()
    const cable = farport('connect', pair.a, urls[0]!, '-b', '115200')
    await cable.printed(/^ready/m)
    const terminal = farport('connect', pair.b, '--stdio', '-b', '115200')
    terminal.process.stdin!.write('through the cable')
    await terminal.printed(/through the cable/)
  })

  it('joins two virtual ports', async () => {
    const folder = temporaryFolder()
    // A slash at the end names no other place, and would make a name that nobody can open.
    const program = farport('connect', `pty:${folder}/a/`, `pty:${folder}/b`)
    expect((await program.printed(/^ready (.*)$/m))[1]).toBe(`${folder}/a ${folder}/b`)
    const cat = new Program('cat', [`${folder}/b`])
    const echo = new Program('sh', [
      '-c',
      'while ! grep -q . "$1"; do echo over > "$0"; done',
      `${folder}/a`,
      '/dev/null'
    ])
    await cat.printed(/over/)
    await echo.stop()
  })

  it('watches a program on this computer: a device and a virtual port', async () => {
    const link = `${temporaryFolder()}/watched`
    const program = farport('connect', 'sim:echo', `pty:${link}`)
    await program.printed(/^ready .*watched/m)
    const terminal = farport('connect', link, '--stdio')
    terminal.process.stdin!.write('hello there')
    await terminal.printed(/hello there/)
  })
})

describe('farport terminal, send and list', () => {
  it('talks to a port until Ctrl+], with a log', async () => {
    const log = `${temporaryFolder()}/log`
    const terminal = farport('terminal', 'sim:echo', '--log', log)
    await terminal.printed(/Connected to sim:echo at 115200 8N1/, 'stderr')
    terminal.process.stdin!.write('typed')
    await terminal.printed(/typed/)
    terminal.process.stdin!.write('\x1d')
    expect(await terminal.ended).toMatchObject({ code: 0 })
    expect((await new Program('cat', [log]).ended).stdout).toBe('typed')
  })

  it('sends a text, bytes and a break, and says how much with --json', async () => {
    const pair = await ptyPair()
    const reader = new Program('cat', [pair.b])
    expect(await farport('send', pair.a, 'text', '--end', 'crlf').ended).toMatchObject({
      code: 0,
      stderr: ''
    })
    await reader.printed(/text\r\n/)
    const ended = await farport('send', pair.a, '--hex', '01 02 0x41', '--json').ended
    expect(JSON.parse(ended.stdout)).toEqual({ sent: 3 })
    await reader.printed(/\x01\x02A/)
    await farport('send', pair.a, '--hex', '58', '--end', 'lf').ended
    await farport('send', pair.a, '--end', 'cr').ended
    await reader.printed(/X\n\r/)
    expect(await farport('send', 'sim:echo', '--break').ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('sends nothing where the break before it would have no effect', async () => {
    const { urls } = await shared(['sim:echo', '--listen', 'raw://127.0.0.1:0'])
    const watcher = await connected(urls[0]!)
    const ended = await farport('send', urls[0]!, 'h', '--break').ended
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toMatch(
      /^farport: raw:\S+ carries no break\. Use .*telnet:\/\/ or rfc2217:\/\/.*\.\n$/
    )
    expect(watcher.got).toHaveLength(0)
  })

  it('says who has a port open', async () => {
    const pair = await ptyPair()
    const holder = farport('terminal', pair.a)
    await holder.printed(/Connected/, 'stderr')
    const ended = await farport('send', pair.a, 'x').ended
    expect(ended.code).toBe(3)
    expect(ended.stderr).toContain(`process ${holder.process.pid} (farport)`)
  })

  it('lists ports for people and for programs', async () => {
    expect(await farport('list').ended).toMatchObject({ code: 0, stderr: '' })
    const { stdout } = await farport('list', '--json').ended
    expect(JSON.parse(stdout)).toEqual({
      ports: expect.any(Array) as unknown,
      bridges: [],
      rotators: [],
      self: null,
      peers: [],
      pairings: [],
      paused: null
    })
  })

  it('examines this computer', async () => {
    const { stdout, code } = await farport('doctor', '--json').ended
    const findings = JSON.parse(stdout) as { level: string }[]
    expect(findings.length).toBeGreaterThan(0)
    expect(code).toBe(findings.some(({ level }) => level === 'problem') ? 3 : 0)
  })
})

/** Two ends of a null modem. */
async function ptyPair(): Promise<{ a: string; b: string }> {
  const folder = temporaryFolder()
  const [a, b] = [`${folder}/a`, `${folder}/b`]
  const cable = farport('connect', `pty:${a}`, `pty:${b}`)
  await cable.printed(/^ready/m)
  return { a, b }
}
