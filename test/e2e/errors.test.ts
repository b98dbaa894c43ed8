import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { lacks } from '../peers/need.ts'
import { makeShimmedPair } from '../shim/shim.ts'
import { Client, Program, FARPORT, farport, portOf, shared, temporaryFolder } from './cli.ts'

const LISTEN = ['--listen', 'raw://127.0.0.1:0']

/** Every mistake: one line on standard error with cause and next step, nothing on standard output, the right code. */
describe('errors of the command line', () => {
  it.each<[string, string[], number, RegExp]>([
    ['unknown command', ['sahre'], 2, /no command "sahre".*share/],
    ['unknown option', ['share', 'sim:echo', '--lisen', 'raw://127.0.0.1:0'], 2, /--lisen.*--help/],
    ['no device', ['share', ...LISTEN], 2, /Which device/],
    ['no listener', ['share', 'sim:echo'], 2, /--listen/],
    ['baud 0', ['share', 'sim:echo', '-b', '0', ...LISTEN], 2, /--baud 0.*1 to 4294967295/],
    ['negative baud', ['share', 'sim:echo', '--baud', '-9600', ...LISTEN], 2, /--baud -9600/],
    ['baud in words', ['share', 'sim:echo', '--baud', 'fast', ...LISTEN], 2, /--baud fast/],
    ['baud over 2^32-1', ['share', 'sim:echo', '--baud', '4294967296', ...LISTEN], 2, /4294967296/],
    ['a bad line', ['share', 'sim:echo', '--line', '9N1', ...LISTEN], 2, /--line 9N1.*8N1/],
    ['an option for a value', ['share', 'sim:echo', '--listen', '--allow', 'anyone'], 2, /--listen needs/],
    ['an empty name', ['share', 'sim:echo', '--name', '', ...LISTEN], 2, /^farport: --name is empty/],
    ['no clients', ['share', 'sim:echo', '--max-clients', '0', ...LISTEN], 2, /--max-clients 0.*1 to 1000/],
    ['too many clients', ['share', 'sim:echo', '--max-clients', '1001', ...LISTEN], 2, /1001.*1 to 1000/],
    ['an endless stall', ['share', 'sim:echo', '--stall-timeout', '9999999', ...LISTEN], 2, /0 to 86400/],
    ['help for no command', ['help', 'sahre'], 2, /no command "sahre"/],
    ['a word of every object', ['constructor'], 2, /no command "constructor"/],
    ['a word too many', ['terminal', 'sim:echo', '9600'], 2, /"9600" is one too many/],
    ['a listing of two things', ['list', 'desk', '/dev/ttyUSB0'], 2, /ttyUSB0.*too many/],
    ['a listing of what nothing runs', ['list', 'desk'], 2, /No Farport runs here.*farport serve/],
    ['events of nothing', ['list', '--follow'], 2, /No Farport runs here.*farport serve/],
    ['a switch of nothing', ['enable', 'desk'], 2, /No Farport runs here.*farport serve/],
    ['no name to remove', ['remove'], 2, /farport remove NAME/],
    ['a client that is no number', ['disconnect', 'desk', 'all'], 2, /"all" is no client's number/],
    [
      'two places for one port',
      ['connect', 'sim:echo', '--usb', 'a', '--as', 'auto'],
      2,
      /--usb a and --as auto/
    ],
    ['rights of no file', ['connect', 'sim:echo', '--usb', 'a', '--mode', '660'], 2, /--mode.*--pty/],
    ['a COM port by what', ['connect', 'sim:echo', '--com', 'LPT1'], 2, /"LPT1" is no COM port.*COM1/],
    [
      'an unknown driver',
      ['connect', 'sim:echo', '--com', 'COM7', '--via', 'magic'],
      2,
      /--via magic.*com0com/
    ],
    ['a list that connects', ['connect', 'sim:echo', '--ways'], 2, /--ways.*"sim:echo"/],
    ['two kinds as one cable', ['connect', 'pty:/tmp/never', 'usb:a'], 2, /both are pty:/],
    ['an empty link', ['connect', 'sim:echo', '--pty', ''], 2, /--pty is empty/],
    ['a bad flow control', ['share', 'sim:echo', '-f', 'some', ...LISTEN], 2, /--flow some.*rtscts/],
    ['a bad URL', ['share', 'sim:echo', '--listen', 'rfc2217:/127.0.0.1'], 2, /rfc2217:\/127\.0\.0\.1/],
    ['an unknown protocol', ['share', 'sim:echo', '--listen', 'gopher://127.0.0.1:0'], 2, /gopher/],
    ['a bad port', ['share', 'sim:echo', '--listen', 'raw://127.0.0.1:70000'], 2, /70000/],
    ['a bad network', ['share', 'sim:echo', ...LISTEN, '--allow', '10.0.0.0/99'], 2, /10\.0\.0\.0\/99/],
    [
      'a listener for everyone by accident',
      ['share', 'sim:echo', '--listen', 'raw://0.0.0.0:0'],
      5,
      /--allow/
    ],
    ['an unknown simulated device', ['share', 'sim:toaster', ...LISTEN], 3, /sim:toaster.*sim:gps/],
    ['a missing device', ['share', '/dev/ttyNowhere7', ...LISTEN], 3, /\/dev\/ttyNowhere7.*farport list/],
    ['no serial port', ['share', '/etc/hostname', ...LISTEN], 3, /\/etc\/hostname/],
    ['a missing device, sending', ['send', '/dev/ttyNowhere7', 'x'], 3, /\/dev\/ttyNowhere7/],
    ['nothing to send', ['send', 'sim:echo'], 2, /--hex/],
    ['bad hex', ['send', 'sim:echo', '--hex', '01 2'], 2, /01 2/],
    ['an address without a protocol', ['send', 'far.example:7000', 'x'], 2, /rfc2217:\/\/far\.example:7000/],
    ['no end', ['connect'], 2, /Connect what/],
    ['a third end', ['connect', 'sim:echo', 'sim:gps', 'sim:echo'], 2, /third/],
    ['an unknown host', ['connect', 'raw://no-such-host.invalid:1', '--stdio'], 4, /no-such-host\.invalid/]
  ])('%s', async (_what, args, code, message) => {
    const ended = await farport(...args).ended
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr.trim().split('\n')).toHaveLength(1)
    expect(ended.stderr).not.toMatch(/\bat .*:\d+:\d+/)
    expect(ended.stdout).toBe('')
    expect(ended.code).toBe(code)
  })

  it.skipIf(lacks('socat', 'cc'))('a pipe whose last bytes were not taken has failed', async () => {
    const cable = await makeShimmedPair()
    onTestFinished(() => cable.dispose())
    cable.freeze()
    const program = farport('connect', cable.a.path, '--stdio')
    // No more than we hold for it: more would wait for the device, as with cat.
    program.process.stdin!.end(Buffer.alloc(50_000))
    const ended = await program.ended
    expect(ended.stderr).toMatch(/^farport: The last \d+ bytes did not get to .*flow control/m)
    expect(ended.code).toBe(3)
  })

  it('a pipe whose far end closes says so, and that it is over', async () => {
    const server = createServer((socket) => socket.end('bye'))
    onTestFinished(() => void server.close())
    const program = farport('connect', `raw://127.0.0.1:${await listening(server)}`, '--stdio')
    expect(await program.ended).toMatchObject({
      code: 4,
      stdout: 'bye',
      stderr: expect.stringMatching(/^farport: raw:.*; start again to go on\n$/) as string
    })
  })

  it('a send that is stopped before it was done is not done', async () => {
    const server = createServer((socket) => void socket.on('error', () => undefined))
    onTestFinished(() => void server.close())
    const connected = new Promise((resolve) => server.once('connection', resolve))
    // It waits for a server that says nothing.
    const program = farport('send', `rfc2217://127.0.0.1:${await listening(server)}`, 'x')
    await connected
    program.process.kill('SIGINT')
    expect(await program.ended).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/^farport: Stopped before/) as string
    })
  })

  it('gives the fault to programs with --json', async () => {
    const ended = await farport('send', '/dev/ttyNowhere7', 'x', '--json').ended
    expect(JSON.parse(ended.stderr)).toMatchObject({ fault: { code: 'device-missing', kind: 'device' } })
    expect(ended.code).toBe(3)
  })

  it('a listen address in use', async () => {
    const { urls } = await shared(['sim:echo', ...LISTEN])
    const ended = await farport('share', 'sim:gps', '--listen', urls[0]!).ended
    expect(ended.stderr).toContain(String(portOf(urls[0]!)))
    expect(ended.code).toBe(5)
  })

  it.each([['connect', '--stdio'], ['terminal'], ['send', 'x'], ['connect', '--hold', '--pty']])(
    'a peer that refuses: %s %s',
    async (command, ...rest) => {
      const url = `raw://127.0.0.1:${await closedPort()}`
      const link = rest.includes('--pty') ? [`${temporaryFolder()}/tty`] : []
      const ended = await farport(command, url, ...rest, ...link).ended
      expect(ended.stderr).toMatch(/refuse/i)
      expect(ended.code).toBe(4)
    }
  )

  it('a failed dial of a PTY link is one line for each change, and is tried again', async () => {
    const port = await closedPort()
    const link = `${temporaryFolder()}/tty`
    const program = farport('connect', `raw://127.0.0.1:${port}`, '--pty', link)
    await program.printed(/^ready /m)
    new Program('sh', ['-c', 'cat "$0"', link])
    await program.printed(/refuse/i, 'stderr')
    // The server comes up: the same link gets through on a later try.
    const server = createServer((socket) => socket.end('hello'))
    onTestFinished(() => void server.close())
    const dialled = new Promise((resolve) => server.once('connection', resolve))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    await dialled
    expect(program.stderr.match(/refuse/gi)).toHaveLength(1)
  })

  it.each<[string, string[], RegExp]>([
    [
      '--mode without a virtual port',
      ['sim:echo', 'sim:gps', '--mode', '660'],
      /--mode is for a virtual port/
    ],
    ['--wait with --stdio', ['sim:echo', '--stdio', '--wait'], /--wait has no meaning with --stdio/]
  ])('options of connect that would do nothing: %s', async (_what, args, message) => {
    const ended = await farport('connect', ...args).ended
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) as string })
  })

  it('a peer that is no RFC 2217 server is used as plain telnet, and that is said', async () => {
    const server = createServer((socket) => void socket.write('plain\r\n'))
    onTestFinished(() => void server.close())
    const port = await listening(server)
    const program = new Program(process.execPath, [
      FARPORT,
      'connect',
      `rfc2217://127.0.0.1:${port}`,
      '--stdio'
    ])
    await program.printed(/RFC 2217/, 'stderr')
    await program.printed(/plain/)
  })

  it('is not done with a script whose reader went away', async () => {
    const step = 'expect "what never comes"'
    const pipe = '"$0" "$1" expect "$2" -e "$3" | head -c 1; exit ${PIPESTATUS[0]}'
    const args = [process.execPath, FARPORT, 'sim:noise:max', step]
    const ended = await new Program('bash', ['-c', pipe, ...args]).ended
    expect(ended).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/^farport: Stopped before/) as string
    })
  })

  it.skipIf(lacks.part(existsSync('/dev/full'), '/dev/full'))(
    'says that its output cannot be written',
    async () => {
      const ended = await new Program('sh', ['-c', '"$0" "$1" --help >/dev/full', process.execPath, FARPORT])
        .ended
      expect(ended).toMatchObject({ code: 1 })
      expect(ended.stderr).toMatch(/^farport: Standard output takes nothing more \(ENOSPC.*\n$/)
    }
  )

  it('goes on sharing when nobody reads its messages any more', async () => {
    const { program, urls } = await shared(['sim:echo', ...LISTEN])
    program.process.stderr!.destroy()
    for (const text of ['one', 'two']) {
      const client = new Client(portOf(urls[0]!))
      client.socket.write(text)
      await vi.waitFor(() => expect(client.got.toString()).toBe(text), 10_000)
      client.socket.destroy()
    }
  })

  it('leaves no stack trace and ends well when nobody reads its output', async () => {
    const ended = await new Program('sh', ['-c', '"$0" "$1" --help | true', process.execPath, FARPORT]).ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
  })
})

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

/** A port that was free a moment ago: nobody listens there. */
async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
