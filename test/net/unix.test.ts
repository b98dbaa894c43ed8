import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { once as event } from 'node:events'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { AllowList } from '../../src-main/net/allow-list.ts'
import type { DialOptions, ListenOptions } from '../../src-main/net/carrier.ts'
import type { Listener } from '../../src-main/net/connection.ts'
import { dial, listen } from '../../src-main/net/dial.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { HALF_CLOSE_MS } from '../../src-main/net/stream-carrier.ts'
import { unixDialFault, unixListenFault } from '../../src-main/net/unix-faults.ts'
import { FakeClock } from '../fake-clock.ts'
import type { Pair } from '../suites/connection.ts'
import { connectionSuite, ended, ends, fill, turns } from '../suites/connection.ts'
import { lacks } from '../peers/need.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'farport-unix-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const newPath = (): string => join(folder(), 'x.sock')
const urlOf = (path: string): string => `raw+unix://${path}`

async function listening(url: string, options?: ListenOptions): Promise<Listener> {
  const listener = await listen(parseEndpoint(url, 'listen'), options)
  onTestFinished(() => listener.close(DONE))
  return listener
}

async function unixPair(
  url = urlOf(newPath()),
  options?: ListenOptions,
  dialling?: DialOptions
): Promise<Pair> {
  const listener = await listening(url, options)
  return joined(listener, dialling)
}

async function joined(listener: Listener, dialling?: DialOptions): Promise<Pair> {
  const accepted = once(listener.onConnection)
  const near = await dial(parseEndpoint(listener.url), dialling)
  const far = await accepted
  onTestFinished(() => {
    near.abort(DONE)
    far.abort(DONE)
  })
  return { near, far }
}

/** What a program leaves that was killed while it listened. */
function deadSocket(path: string): void {
  const script = `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(path)})`
  const { status, stderr } = spawnSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

const modeOf = (path: string): number => lstatSync(path).mode & 0o777

describe.skipIf(lacks.unix('Unix sockets'))('Unix sockets', () => {
  connectionSuite('a Unix socket', () => unixPair(), { tellsAborts: false })

  describe('listening', () => {
    it('makes a file that is ours alone, whatever the umask, and removes it at the end', async () => {
      const path = newPath()
      const umask = process.umask(0)
      onTestFinished(() => void process.umask(umask))
      const listener = await listening(urlOf(path))
      expect(lstatSync(path).isSocket()).toBe(true)
      expect(modeOf(path)).toBe(0o600)
      expect(process.umask(0)).toBe(0)
      await listener.close(DONE)
      expect(existsSync(path)).toBe(false)
    })

    it('gives it the mode and the group that were asked for', async () => {
      const path = newPath()
      const umask = process.umask(0o077)
      onTestFinished(() => void process.umask(umask))
      const group = process.getgid?.() ?? 0
      const listener = await listening(`${urlOf(path)}?mode=660&group=${group}`)
      expect(modeOf(path)).toBe(0o660)
      expect(lstatSync(path).gid).toBe(group)
      // Whoever switches a share off and on gives the listener's own URL again.
      expect(listener.url).toBe(`${urlOf(path)}?mode=660&group=${group}`)
      const { near } = await joined(listener)
      expect(near.remote).toBe(`unix:${path}`)
    })

    it('leaves nothing behind where the group does not exist', async () => {
      const path = newPath()
      await expect(listening(`${urlOf(path)}?group=no-such-group`)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('no-such-group') as string
      })
      expect(existsSync(path)).toBe(false)
    })

    it('takes the place of a dead listener', async () => {
      const path = newPath()
      deadSocket(path)
      const listener = await listening(urlOf(path))
      expect(modeOf(path)).toBe(0o600)
      const { near, far } = await joined(listener)
      const first = once(far.onData)
      far.resume()
      near.write(Buffer.from('alive'))
      expect(Buffer.from(await first).toString()).toBe('alive')
    })

    it('leaves a living one alone, which does not even see a connection', async () => {
      const path = newPath()
      let connections = 0
      const other = createServer(() => connections++).listen(path)
      onTestFinished(() => void other.close())
      await expect(listening(urlOf(path))).rejects.toMatchObject({
        code: 'address-in-use',
        message: expect.stringContaining(path) as string
      })
      await turns()
      expect(connections).toBe(0)
      expect(lstatSync(path).isSocket()).toBe(true)
    })

    it('can listen again at once', async () => {
      const path = newPath()
      for (let round = 0; round < 20; round++) await (await listening(urlOf(path))).close(DONE)
      const first = await joined(await listening(urlOf(path)))
      expect(ends(first.far)).toEqual([])
    })

    it('touches nothing that is no socket', async () => {
      const path = newPath()
      const taken = { code: 'path-taken', message: expect.stringContaining(path) as string }
      writeFileSync(path, 'precious')
      await expect(listening(urlOf(path))).rejects.toMatchObject(taken)
      expect(lstatSync(path).size).toBe(8)
      rmSync(path)
      symlinkSync('/nowhere', path)
      await expect(listening(urlOf(path))).rejects.toMatchObject(taken)
      expect(lstatSync(path).isSymbolicLink()).toBe(true)
    })

    it('leaves the file of a listener alone that took the place meanwhile', async () => {
      const path = newPath()
      const first = await listening(urlOf(path))
      renameSync(path, `${path}.old`)
      const second = await listening(urlOf(path))
      const { ino } = lstatSync(path)
      await first.close(DONE)
      expect(lstatSync(path).ino).toBe(ino)
      await joined(second)
    })

    it.each([
      ['nowhere/x.sock', 'There is no directory'],
      ['file/x.sock', 'is no directory']
    ])('says what is wrong with %s', async (name, message) => {
      const place = folder()
      writeFileSync(join(place, 'file'), '')
      await expect(listening(urlOf(join(place, name)))).rejects.toMatchObject({
        code: 'address-not-permitted',
        message: expect.stringContaining(message) as string
      })
    })

    it('asks no allow list: the rights of the file decide', async () => {
      const { far } = await unixPair(undefined, { allowList: new AllowList(['192.0.2.1']) })
      expect(far.remoteAddress).toBeUndefined()
    })

    it('has no HTTP guard: no web page reaches it', async () => {
      const { near, far } = await unixPair()
      const first = once(far.onData)
      far.resume()
      near.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
      expect(Buffer.from(await first).toString()).toContain('GET /')
    })

    it.skipIf(lacks.linux('who comes by a socket'))('names the program that came', async () => {
      const path = newPath()
      const { far } = await unixPair(urlOf(path))
      expect(far.remote).toMatch(new RegExp(`^unix:${path} \\(.+, process ${process.pid}\\)$`))
    })
  })

  describe('dialling', () => {
    it('says that there is no socket', async () => {
      await expect(dial(parseEndpoint(urlOf(newPath())))).rejects.toMatchObject({
        code: 'peer-refused',
        message: expect.stringContaining('There is no socket') as string
      })
    })

    it('says that nobody listens', async () => {
      const path = newPath()
      deadSocket(path)
      await expect(dial(parseEndpoint(urlOf(path)))).rejects.toMatchObject({
        code: 'peer-refused',
        message: expect.stringContaining('Nobody listens') as string
      })
    })

    it('stops when it is told to', async () => {
      const why = new Error('changed my mind')
      const signal = AbortSignal.abort(why)
      await expect(dial(parseEndpoint(urlOf(newPath())), { signal })).rejects.toBe(why)
    })
  })

  it.each([
    ['EACCES', 'address-not-permitted', /choose a directory of yours/],
    ['EROFS', 'address-not-permitted', /read-only/],
    ['EADDRINUSE', 'address-in-use', /already in use/],
    ['ENOSPC', 'address-not-permitted', /failed \(ENOSPC\)/]
  ])('a listener that fails with %s says so and what to do', (code, faultCode, message) => {
    const fault = unixListenFault(Object.assign(new Error(code), { code }), '/run/x.sock')
    expect(fault).toMatchObject({ code: faultCode, message: expect.stringMatching(message) as string })
  })

  it.each([
    ['EACCES', 'peer-refused', /You may not connect.*mode=660/],
    ['EAGAIN', 'peer-refused', /too many waiting/],
    ['EPROTOTYPE', 'peer-refused', /datagrams/],
    ['EIO', 'peer-unreachable', /failed \(EIO\)/]
  ])('a dial that fails with %s says so and what to do', (code, faultCode, message) => {
    const fault = unixDialFault(Object.assign(new Error(code), { code }), '/run/x.sock')
    expect(fault).toMatchObject({ code: faultCode, message: expect.stringMatching(message) as string })
  })

  describe('the end', () => {
    it('of the sending alone leaves half a second for the answer', async () => {
      const clock = new FakeClock()
      const listener = await listening(urlOf(newPath()), { clock })
      const accepted = once(listener.onConnection)
      const client = connect({ path: parseEndpoint(listener.url).path!, allowHalfOpen: true })
      onTestFinished(() => void client.destroy())
      client.end('AT')
      const far = await accepted
      const farEnds = ends(far)
      const inputEnd = once(far.onInputEnd!)
      far.resume()
      await inputEnd
      far.write(Buffer.from('OK'))
      await clock.advance(HALF_CLOSE_MS - 10)
      expect(farEnds).toEqual([])
      await clock.advance(HALF_CLOSE_MS)
      const [answer] = (await event(client, 'data')) as [Buffer]
      expect(answer.toString()).toBe('OK')
    })

    it('of the program is seen at once, and is no half of an end', async () => {
      const { near, far } = await unixPair(undefined, { clock: new FakeClock() })
      far.resume()
      near.abort(DONE)
      expect(await ended(far)).toEqual(DONE)
    })

    it('of one that takes nothing comes after 25 s, with the loss counted', async () => {
      const clock = new FakeClock()
      const { far } = await unixPair(undefined, { clock })
      const farEnds = ends(far)
      fill(far)
      const { queued } = far
      await clock.advance(27_000)
      expect(farEnds).toMatchObject([{ code: 'stalled' }])
      expect(await far.close(DONE, 0)).toBe(queued)
    })

    it('comes once for a paused connection whose peer is gone, and a probe harms nobody', async () => {
      const clock = new FakeClock()
      const { near, far } = await unixPair(undefined, { clock })
      const farEnds = ends(far)
      far.probe()
      await clock.advance(4000)
      expect(farEnds).toEqual([])
      near.abort(DONE)
      await turns()
      await clock.advance(1000)
      await turns()
      expect(farEnds).toHaveLength(1)
    })
  })
})

// Of that system alone: elsewhere nothing is there to be skipped.
if (process.platform === 'win32')
  it('a pipe of Windows is a name without a file, mode or leftovers', async () => {
    const endpoint = parseEndpoint(urlOf(newPath()), 'listen')
    const pipe = { ...endpoint, path: String.raw`\\.\pipe\farport-test-${process.pid}` }
    for (let round = 0; round < 2; round++) {
      const listener = await listen(pipe)
      const connection = await dial(pipe)
      connection.abort(DONE)
      await listener.close(DONE)
    }
  })
