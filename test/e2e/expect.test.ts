import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Device } from '../peers/device.ts'
import { lineCalls } from '../peers/line-calls.ts'
import { lacks } from '../peers/need.ts'
import { shimmedPair } from '../peers/shimmed.ts'
import { FARPORT, Program, farport, portOf, shared, temporaryFolder } from './cli.ts'

function scriptFile(text: string): string {
  const path = `${temporaryFolder()}/test.script`
  writeFileSync(path, text)
  return path
}

/** `farport expect` with these variables in its environment. */
function play(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  return new Program(process.execPath, [FARPORT, 'expect', ...args], { env })
}

/** A console that asks for a name and a password, one byte at a time, and echoes what is typed. */
function loginConsole(device: Device, password: string): void {
  let line = ''
  let asking = 'login: '
  const say = (text: string): void => {
    for (const each of text) device.write(each)
  }
  device.onData((chunk) => {
    for (const character of chunk.toString()) {
      if (character !== '\r') {
        line += character
        say(character)
        continue
      }
      if (asking === 'login: ' && line !== '') asking = 'Password: '
      else if (asking === 'Password: ') asking = line === password ? '\x1b[1mboard\x1b[0m:~# ' : 'login: '
      line = ''
      say(`\r\n${asking}`)
    }
  })
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  )
}

const LOGIN = `
# Wakes the console and logs in.
timeout 5
send "\\r"
expect "login: "
send "root\\r"
expect /pass(word|phrase): /i
send $PASSWORD "\\r"
expect /# $/
log "logged in"
`

describe.skipIf(lacks('socat', 'cc'))('farport expect at a console', () => {
  it('logs in; the device’s words go to standard output, ours between them', async () => {
    const cable = await shimmedPair()
    loginConsole(new Device(cable.b.path), 'hunter2')
    const ended = await play([cable.a.path, scriptFile(LOGIN)], { PASSWORD: 'hunter2' }).ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toMatch(/login: root\r\nPassword: .*# \nlogged in\n$/s)
  })

  it('does the same on a port of another computer, quietly', async () => {
    const cable = await shimmedPair()
    loginConsole(new Device(cable.b.path), 'hunter2')
    const { urls } = await shared([cable.a.path, '--listen', 'rfc2217://127.0.0.1:0'])
    const ended = await play([urls[0]!, scriptFile(LOGIN), '-q'], { PASSWORD: 'hunter2' }).ended
    expect(ended).toMatchObject({ code: 0, stderr: '', stdout: 'logged in\n' })
  })

  it('does not tell the secret when it fails', async () => {
    const cable = await shimmedPair()
    loginConsole(new Device(cable.b.path), 'another')
    const script = scriptFile(LOGIN.replace('timeout 5', 'timeout 1'))
    const ended = await play([cable.a.path, script, '--quiet'], { PASSWORD: 'hunter2' }).ended
    expect(ended.code).toBe(3)
    expect(ended.stderr).toMatch(
      /^farport: \S+test\.script, line 9: \/# \$\/ did not come within 1 s\. The last that came: ".*Password: \$PASSWORD\\r\\nlogin: "\.\n$/
    )
    expect(ended.stdout + ended.stderr).not.toContain('hunter2')
  })

  it('tells programs every event', async () => {
    const cable = await shimmedPair()
    loginConsole(new Device(cable.b.path), 'hunter2')
    const steps = ['-e', 'send $PASSWORD "\\r"', '-e', 'expect "word: "', '-e', 'log "ü"']
    const ended = await play([cable.a.path, '--json', ...steps], { PASSWORD: 'hunter2' }).ended
    const events = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(Buffer.from(line, 'latin1').toString()) as { event: string; text?: string })
    const received = events.filter(({ event }) => event === 'received').map(({ text }) => text)
    expect(received.join('')).toBe('hunter2\r\nPassword: ')
    expect(events.filter(({ event }) => event !== 'received')).toEqual([
      { event: 'sent', where: '-e 1', shown: '$PASSWORD "\\r"' },
      { event: 'matched', where: '-e 2', shown: '"word: "', text: 'word: ', hex: '776f72643a20' },
      { event: 'log', where: '-e 3', text: 'ü' }
    ])
  })

  it('drives lines, breaks and settings', async () => {
    const cable = await shimmedPair()
    const steps = ['set 19200 7E1', 'dtr off', 'break 20', 'reset rts', 'dtr on'].flatMap((each) => [
      '-e',
      each
    ])
    expect(await play([cable.a.path, ...steps]).ended).toMatchObject({ code: 0, stderr: '' })
    expect(lineCalls(cable)).toEqual(['dtr off', 'break on', 'break off', 'rts off', 'rts on', 'dtr on'])
    expect(cable.a.settings.baudRate).toBe(19_200)
    expect(cable.a.state).toMatchObject({ dataBits: 7, parity: 'even' })
  })
})

describe('farport expect', () => {
  it('reads its script from standard input', async () => {
    const program = play(['sim:echo', '-'])
    program.process.stdin!.end('send "ping\\n"\nexpect "ping\\n"\nlog "pong"\n')
    expect(await program.ended).toMatchObject({ code: 0, stdout: 'ping\npong\n', stderr: '' })
  })

  it.each<[string, string[], number, RegExp]>([
    ['no target', [], 2, /Which port\?/],
    ['no script', ['sim:echo'], 2, /What shall be done\?/],
    ['two scripts', ['sim:echo', 'a.script', '-e', 'wait 1'], 2, /not both/],
    [
      'no such script',
      ['sim:echo', '/nowhere.script'],
      2,
      /\/nowhere\.script cannot be read \(no such file or directory\)/
    ],
    ['an empty script', ['sim:echo', '-e', '# nothing'], 2, /The script does nothing/],
    [
      'what only clients may not do',
      ['sim:echo', '--never-reset', '-e', 'reset dtr'],
      2,
      /Unknown option --never/
    ],
    [
      'a mistake',
      ['/dev/ttyNowhere7', '-e', 'wait 1', '-e', 'sned "x"'],
      2,
      /^farport: -e 2: "sned" is no st/
    ],
    ['an unset variable', ['sim:echo', '-e', 'send $NOT_SET_HERE'], 2, /-e 1: \$NOT_SET_HERE is not set/],
    ['a missing device', ['/dev/ttyNowhere7', '-e', 'wait 1'], 3, /\/dev\/ttyNowhere7/],
    ['an unknown host', ['raw://no-such-host.invalid:1', '-e', 'wait 1'], 4, /no-such-host\.invalid/],
    ['lines that are not there', ['raw://127.0.0.1:9', '-e', 'reset dtr'], 4, /127\.0\.0\.1:9/]
  ])('refuses %s', async (_what, args, code, message) => {
    const ended = await play(args).ended
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr.trim().split('\n')).toHaveLength(1)
    expect(ended).toMatchObject({ code, stdout: '' })
  })

  it('ends with 4 when the far computer hangs up', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end('login'))
    onTestFinished(() => void server.close())
    const ended = await play([`raw://127.0.0.1:${await listening(server)}`, '-e', 'expect "login: "']).ended
    expect(ended).toMatchObject({ code: 4, stdout: 'login' })
    expect(ended.stderr).toMatch(/^farport: -e 1: raw:\S+ ended: /)
  })

  it('waits for a reader of its output, and so does the far computer', async () => {
    let taken = 0
    const server = createServer((socket) => {
      const flood = (): void => {
        while (socket.write(Buffer.alloc(64 * 1024), () => (taken += 64 * 1024)));
      }
      socket.on('error', () => undefined).on('drain', flood)
      flood()
    })
    onTestFinished(() => void server.close())
    const program = play([`raw://127.0.0.1:${await listening(server)}`, '-e', 'expect "x"', '--timeout', '2'])
    program.process.stdout?.pause()
    await program.printed(/"x" did not come within 2 s/, 'stderr')
    // Sockets and pipes hold some MiB; a program that takes all it gets would have had hundreds.
    expect(taken).toBeLessThan(32 * 1024 * 1024)
    program.process.stdout?.resume()
    expect(await program.ended).toMatchObject({ code: 3 })
  })

  it('that is stopped is not done', async () => {
    const program = play(['sim:echo', '-e', 'send "x"', '-e', 'expect "y"'])
    await program.printed(/x/)
    program.process.kill('SIGINT')
    expect(await program.ended).toMatchObject({ code: 130, stdout: 'x' })
  })
})

describe('farport send --wait', () => {
  it('prints the answer as it came', async () => {
    const ended = await farport('send', 'sim:echo', 'AT', '--end', 'cr', '--wait', 'T\r').ended
    expect(ended).toMatchObject({ code: 0, stdout: 'AT\r', stderr: '' })
  })

  it('waits for bytes over RFC 2217, and tells programs', async () => {
    const { urls } = await shared(['sim:echo', '--listen', 'rfc2217://127.0.0.1:0'])
    const args = ['--hex', '01 ff 03', '--wait-hex', 'ff03', '--timeout', '5', '--json']
    const ended = await farport('send', urls[0]!, ...args).ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(ended.stdout)).toMatchObject({ sent: 3, hex: '01ff03' })
  })

  it('ends with 3 when it does not come, and shows what did', async () => {
    const ended = await farport('send', 'sim:echo', 'ER\x1bROR\n', '--wait', 'OK', '--timeout', '0.3').ended
    expect(ended).toMatchObject({ code: 3, stdout: 'ER\x1bROR\n' })
    expect(ended.stderr).toBe(
      'farport: "OK" did not come within 0.3 s. The last that came: "ER\\x1bROR\\n".\n'
    )
  })

  it.each<[string, string[], RegExp]>([
    ['two things to wait for', ['--wait', 'a', '--wait-hex', '61'], /not both/],
    ['a timeout alone', ['--timeout', '1'], /Wait for what\?/],
    ['what may be an option', ['--wait', '--More--'], /--wait needs a value .*: --wait=--More--$/m],
    ['a break that shall not be sent', ['--break', '--no-break'], /Unknown option --no-break/],
    ['bad bytes', ['--wait-hex', '6'], /--wait-hex "6" is no row of bytes/],
    ['nothing', ['--wait', ''], /--wait is empty/]
  ])('refuses %s', async (_what, args, message) => {
    const ended = await farport('send', 'sim:echo', 'x', ...args).ended
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) as string })
  })

  it('gives its port back', async () => {
    const { urls } = await shared(['sim:echo', '--listen', 'raw://127.0.0.1:0', '--max-clients', '1'])
    for (const text of ['one', 'two'])
      await vi.waitFor(async () => {
        const ended = await farport('send', `raw://127.0.0.1:${portOf(urls[0]!)}`, text, '--wait', text).ended
        expect(ended).toMatchObject({ code: 0, stdout: text })
      }, 10_000)
  })
})
