import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, readdirSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { lacks } from '../peers/need.ts'
import { FARPORT, Program, farport, shared, temporaryFolder } from './cli.ts'

async function client(path: string): Promise<{ socket: Socket; got: () => string }> {
  const socket = connect({ path })
  onTestFinished(() => void socket.destroy())
  let got = ''
  socket.on('data', (bytes) => (got += bytes.toString('latin1')))
  await once(socket, 'connect')
  return { socket, got: () => got }
}

/** Until it has its next owner: killed programs leave their sockets behind. */
async function killedShare(path: string): Promise<void> {
  const { program } = await shared(['sim:echo', '--listen', `raw+unix://${path}`])
  await program.stop('SIGKILL')
}

describe.skipIf(lacks.unix('Unix sockets'))('Unix sockets', () => {
  it.skipIf(lacks('strace'))(
    'of a dead program are taken by one of two that come at the same time',
    async () => {
      const path = join(temporaryFolder(), 'x.sock')
      await killedShare(path)
      const share = ['share', 'sim:echo', '--listen', `raw+unix://${path}`]
      // The first one finds it dead and falls asleep: before it removes it, for as long as the second one needs.
      const asleep = [
        '-f',
        '-e',
        'trace=connect,/^(unlink|rename)',
        '-e',
        'inject=/^(unlink|rename):delay_enter=3s:when=1'
      ]
      const first = new Program('strace', [...asleep, process.execPath, FARPORT, ...share])
      await first.printed(/connect\(.*x\.sock.*ECONNREFUSED/, 'stderr')
      const second = farport(...share)
      await second.printed(/listening/)
      const { code, stderr } = await first.ended
      expect([code, stderr]).toEqual([5, expect.stringContaining('already in use by another program')])
      const { socket, got } = await client(path)
      socket.write('hello')
      await vi.waitFor(() => expect(got()).toBe('hello'))
      expect(readdirSync(dirname(path))).toEqual(['x.sock'])
    }
  )

  it('share a port by a file of ours alone, which is gone after SIGTERM', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    const { program, urls } = await shared(['sim:echo', '--listen', `raw+unix://${path}`])
    expect(urls).toEqual([`raw+unix://${path}`])
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
    const { socket, got } = await client(path)
    socket.write('hello')
    await vi.waitFor(() => expect(got()).toBe('hello'))
    await program.stop()
    expect((await program.ended).code).toBe(0)
    expect(existsSync(path)).toBe(false)
  })

  it('stand beside TCP on one share, with rights of their own, and no allow list in the way', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    const group = process.getgid!()
    const { urls } = await shared(
      [
        'sim:echo',
        '--listen',
        'rfc2217://127.0.0.1:0',
        '--listen',
        `rfc2217+unix://${path}?mode=660&group=${group}`,
        '--allow',
        '192.0.2.0/24'
      ],
      2
    )
    expect(urls[1]).toBe(`rfc2217+unix://${path}?mode=660&group=${group}`)
    expect(lstatSync(path)).toMatchObject({ gid: group })
    expect(lstatSync(path).mode & 0o777).toBe(0o660)
    // The URL as it was printed is the one to dial.
    const sent = farport('send', urls[1]!, 'AT', '-b', '9600')
    expect(await sent.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('take the place of a killed listener, and of no other', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    await killedShare(path)
    expect(existsSync(path)).toBe(true)
    const { program } = await shared(['sim:echo', '--listen', `raw+unix://${path}`])
    const second = await farport('share', 'sim:echo', '--listen', `raw+unix://${path}`).ended
    expect(second).toMatchObject({ code: 5, stdout: '' })
    expect(second.stderr).toContain(`${path} is already in use`)
    const { socket, got } = await client(path)
    socket.write('still')
    await vi.waitFor(() => expect(got()).toBe('still'))
    // The second one's question was no connection.
    expect(program.stderr).not.toContain('refused')
  })

  it('never take the place of a file, and say so', async () => {
    const path = join(temporaryFolder(), 'precious')
    writeFileSync(path, 'text')
    const ended = await farport('share', 'sim:echo', '--listen', `raw+unix://${path}`).ended
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('is no socket')
    expect(execFileSync('cat', [path], { encoding: 'utf8' })).toBe('text')
  })

  it('carry telnet alone as well', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    const { urls } = await shared(['sim:echo', '--listen', `telnet+unix://${path}`])
    const end = farport('connect', urls[0]!, '--stdio')
    end.process.stdin!.write(Buffer.from([0x41, 0xff, 0x42]))
    await end.printed(/A\xffB/)
  })

  it('say what is wrong where nobody listens', async () => {
    const path = join(temporaryFolder(), 'x.sock')
    const ended = await farport('send', `raw+unix://${path}`, 'x').ended
    expect(ended).toMatchObject({ code: 4, stdout: '' })
    expect(ended.stderr).toMatch(/There is no socket .*x\.sock: check the path/)
  })
})
