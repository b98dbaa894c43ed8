/** Programs as ports by the built command: shared consoles, what is shown of a command line, and what is left behind. */
import { once } from 'node:events'
import { chmodSync, copyFileSync, readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { lacks, programPath } from '../peers/need.ts'
import { Client, FARPORT, Program, farport, portOf, shared, temporaryFolder } from './cli.ts'
import { readableCopy } from './readable-copy.ts'

const soon = { interval: 10, timeout: 10_000 }

const ended = (pid: number): boolean => {
  try {
    // A zombie has ended; in a container nobody may be there to bury it.
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

/** A share whose program writes its pid to a file first. */
async function sharedPid(prefix: string, command: string): Promise<{ farport: Program; pid: number }> {
  const path = join(temporaryFolder(), 'pid')
  const { program, urls } = await shared([
    `${prefix}sh -c 'echo $$ >${path}; ${command}'`,
    ...['--listen', 'raw://127.0.0.1:0']
  ])
  new Client(portOf(urls[0]!))
  await vi.waitFor(() => expect(readFileSync(path, 'latin1')).toMatch(/\d\n/), soon)
  // The program runs a moment before Farport goes on.
  await program.printed(/port open/, 'stderr')
  return { farport: program, pid: Number(readFileSync(path, 'latin1')) }
}

describe.skipIf(lacks.linux('/proc and pseudo-terminals'))('farport share exec:', () => {
  it.each(['exec:', 'exec+pty:'])('%s is one console for several clients', async (prefix) => {
    const { urls } = await shared([`${prefix}cat`, '--writers', 'all', '--listen', 'raw://127.0.0.1:0'])
    const clients = [1, 2].map(() => new Client(portOf(urls[0]!)))
    await Promise.all(clients.map(({ socket }) => once(socket, 'connect')))
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value))
    clients[0]!.socket.write(all)
    for (const client of clients) await vi.waitFor(() => expect(client.got.equals(all)).toBe(true), soon)
  })

  it.skipIf(lacks('socat'))('carries a mebibyte both ways through socat', async () => {
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const { urls } = await shared([`exec:socat - TCP:127.0.0.1:${port}`, '--listen', 'raw://127.0.0.1:0'])
    const client = new Client(portOf(urls[0]!))
    const sent = Buffer.from(Array.from({ length: 1 << 20 }, (_, at) => (at * 31 + (at >> 8)) & 0xff))
    client.socket.write(sent)
    await vi.waitFor(() => expect(client.got.length).toBe(sent.length), soon)
    expect(client.got.equals(sent)).toBe(true)
  })

  it('starts a program again that ended, and says why it did', async () => {
    const { program, urls } = await shared([
      `exec:sh -c 'echo started; read line; echo "got $line" >&2; exit 7'`,
      ...['--listen', 'raw://127.0.0.1:0']
    ])
    const client = new Client(portOf(urls[0]!))
    await vi.waitFor(() => expect(String(client.got)).toBe('started\n'), soon)
    client.socket.write('x\n')
    await program.printed(/sh ended with 7: got x; it is opened again/, 'stderr')
    await vi.waitFor(() => expect(String(client.got)).toBe('started\nstarted\n'), soon)
  })

  it('shows no secret of a command line, and says that it should not be there', async () => {
    const plain = await shared(['exec:env MY_PASSWORD=sesame cat', '--listen', 'raw://127.0.0.1:0'])
    await plain.program.printed(/can be read by every user/, 'stderr')
    expect(plain.program.stdout + plain.program.stderr).not.toContain('sesame')
  })

  it.each([
    [['share', 'T', '--listen', 'raw://127.0.0.1:0', '--never-reset', '--hang-up']],
    [['share', 'T', '--listen', 'raw://127.0.0.1:0', '--reset-on-open', 'arduino']],
    [['share', 'T']],
    [['share', 'T', 'T', '--listen', 'raw://127.0.0.1:0']],
    [['share', 'raw://user:sesame@127.0.0.1:1', '--listen', 'raw://127.0.0.1:0', '--env', 'HOME']],
    [['doctor', 'T']],
    [['doctor', 'T', '--json']],
    [['connect', 'T', 'T', 'T']],
    [['connect', 'sim:echo', 'T', '--pty', '/tmp/never']],
    [['send', 'T', 'hello', '--wait', 'never', '--timeout', '0.2']],
    [['send', 'T', 'hello', '--wait', 'never', '--timeout', '0.2', '--json']],
    [['expect', 'T', '-e', 'expect "never"', '--timeout', '0.2']],
    [['reset', 'T', '--profile', 'arduino', '--json']]
  ])('shows no secret where it fails: %j', async (args) => {
    const target = 'exec:env MY_PASSWORD=sesame cat'
    const { code, stdout, stderr } = await farport(...args.map((each) => (each === 'T' ? target : each)))
      .ended
    expect([code, stdout + stderr]).toEqual([expect.any(Number), expect.not.stringContaining('sesame')])
    expect(code).toBeGreaterThan(0)
  })

  it.each([
    ['exec:no-such-program', 3, /in PATH/],
    [`exec:cat 'open`, 2, /without its end/],
    ['exec:cat | tee log', 2, /sh -c/]
  ])('refuses %s with what to do', async (target, code, words) => {
    const { code: was, stderr } = await farport('share', target, '--listen', 'raw://127.0.0.1:0').ended
    expect(stderr).toMatch(words)
    expect(was).toBe(code)
  })

  it.each([
    ['--env', 'X=sesame', /=@FILE/],
    ['--env', 'NOT_SET_ANYWHERE', /not set/]
  ])('refuses %s %s without repeating it', async (option, text, words) => {
    const { code, stderr } = await farport('share', 'exec:cat', option, text, '--listen', 'raw://127.0.0.1:0')
      .ended
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)])
    expect(stderr).not.toContain('sesame')
  })
})

describe.skipIf(lacks.linux('/proc and pseudo-terminals'))('when farport ends', () => {
  it.each([
    ['exec:', 'exec cat'],
    ['exec+pty:', 'exec sleep 1000'],
    ['exec:', 'trap "" HUP TERM; while :; do sleep 1; done'],
    ['exec:', 'trap "" HUP TERM; exec <&-; exec >&-; while :; do sleep 1; done'],
    ['exec+pty:', 'trap "" HUP TERM; while :; do sleep 1; done']
  ])('by SIGTERM, its program does within 2 s: %s %s', async (prefix, command) => {
    const { farport: program, pid } = await sharedPid(prefix, command)
    const sinceMs = performance.now()
    await program.stop('SIGTERM')
    // Ended with 0, and by itself: it still had to notice, and to end Node.
    expect([program.process.exitCode, ended(pid)]).toEqual([0, true])
    expect(performance.now() - sinceMs).toBeLessThan(2500)
  })

  it.skipIf(process.getuid?.() !== 0 || lacks('setpriv'))(
    'by SIGTERM, it waits for no program that it may not signal, as sudo starts them',
    async () => {
      const { folder, farport: copy } = readableCopy()
      const sudo = join(folder, 'sudo')
      copyFileSync(programPath('setpriv'), sudo)
      chmodSync(sudo, 0o4755)
      const asNobody = ['--reuid', '65534', '--clear-groups', process.execPath, copy]
      const target = `exec:${sudo} --reuid 0 --clear-groups sh -c 'echo $$ >${folder}/pid; exec sleep 1000'`
      const program = new Program(
        'setpriv',
        [...asNobody, ...['share', target, '--listen', 'raw://127.0.0.1:0', '--open-at-start']],
        // The shim may lie where only its owner may read.
        { env: { LD_PRELOAD: '' } }
      )
      await program.printed(/port open/, 'stderr')
      await vi.waitFor(() => expect(readFileSync(join(folder, 'pid'), 'latin1')).toMatch(/\d\n/), soon)
      const pid = Number(readFileSync(join(folder, 'pid'), 'latin1'))
      onTestFinished(() => void process.kill(pid, 'SIGKILL'))
      const sinceMs = performance.now()
      await program.stop('SIGTERM')
      expect([program.process.exitCode, ended(pid)]).toEqual([0, false])
      expect(performance.now() - sinceMs).toBeLessThan(2500)
    }
  )

  it.each([
    ['exec:', 'exec cat'],
    ['exec+pty:', 'exec sleep 1000'],
    ['exec:', 'exec sleep 1000'],
    ['exec:', 'trap "" HUP TERM; while :; do sleep 1; done']
  ])('by SIGKILL, its program does: %s %s', async (prefix, command) => {
    const { farport: program, pid } = await sharedPid(prefix, command)
    await program.stop('SIGKILL')
    await vi.waitFor(() => expect(ended(pid)).toBe(true), soon)
  })
})

describe('farport terminal and connect', () => {
  it('take a program as any other target', async () => {
    const program = farport('connect', 'exec:cat', '--stdio')
    program.process.stdin!.write('hello')
    await program.printed(/hello/)
    program.process.stdin!.end()
    expect((await program.ended).code).toBe(0)
  })

  it('join a program and an address, with its environment for the program alone', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const connected = once(server, 'connection')
    const program = new Program(
      process.execPath,
      [
        FARPORT,
        ...[
          'connect',
          `exec:sh -c 'printf "$MY_WORD"; exec cat'`,
          `raw://127.0.0.1:${port}`,
          '--env',
          'MY_WORD'
        ]
      ],
      { env: { MY_WORD: 'sesame' } }
    )
    const [socket] = (await connected) as [Socket]
    onTestFinished(() => void socket.destroy())
    let got = ''
    socket.on('data', (bytes) => (got += String(bytes)))
    await vi.waitFor(() => expect(got).toBe('sesame'), soon)
    await program.stop()
  })
})
