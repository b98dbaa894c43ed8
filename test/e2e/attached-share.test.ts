import { once } from 'node:events'
import { chmodSync, existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { Listing } from '../../src-main/hosts/cli/attached/listing.ts'
import { atTestEnd } from './at-test-end.ts'
import { Client, portOf, type Ended } from './cli.ts'
import { instance, InstanceHome } from './instance.ts'

const RAW = 'raw://127.0.0.1:0'

/** An address that another program has. */
async function takenAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  atTestEnd(() => void server.close())
  return `raw://127.0.0.1:${(server.address() as { port: number }).port}`
}

async function listing(home: InstanceHome): Promise<Listing> {
  return JSON.parse((await home.farport('list', '--json').ended).stdout) as Listing
}

async function echoes(url: string | undefined): Promise<void> {
  const client = new Client(portOf(url ?? ''))
  await once(client.socket, 'connect')
  client.socket.write('hello')
  await vi.waitFor(() => expect(client.got.toString()).toBe('hello'), 10_000)
}

const urls = ({ stdout }: Ended): string[] => [...stdout.matchAll(/listening (\S+)/g)].map(([, url]) => url!)

describe('farport share with a running Farport', () => {
  it('has it share the device, says so, and is remembered', async () => {
    const { home, program } = await instance()
    const ended = await home.farport(
      'share',
      'sim:echo?baud=9600',
      '--name',
      'desk',
      '--listen',
      RAW,
      '-b',
      '9600'
    ).ended
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^listening raw:\S+\n$/) as string })
    expect(ended.stderr).toBe(
      `farport: Shared by the running Farport (process ${program.process.pid}), which remembers it. To end it: farport remove desk\n`
    )
    await echoes(urls(ended)[0])
    // What says nothing of its own does not stand in the file as if it did.
    expect(home.read().shares).toMatchObject([{ name: 'desk', port: { settings: { baudRate: 9600 } } }])
    expect(JSON.stringify(home.read().shares)).not.toContain('false')
    await program.stop()
    await home.serve()
    expect((await listing(home)).bridges).toMatchObject([{ name: 'desk', enabled: true }])
  })

  it('takes several devices and a rotator, in one line, with one line each', async () => {
    const { home } = await instance()
    const line = ['sim:echo', '--listen', RAW, 'sim:gps', '--listen', RAW, '--rotator', RAW, '--json']
    const ended = await home.farport('share', ...line).ended
    expect(
      ended.stdout
        .trim()
        .split('\n')
        .map((each) => JSON.parse(each) as unknown)
    ).toEqual([
      { listening: expect.stringMatching(/^raw:/) as string, share: 'echo' },
      { listening: expect.stringMatching(/^raw:/) as string, share: 'gps' },
      { listening: expect.stringMatching(/^raw:/) as string, rotator: 2 }
    ])
    expect(ended.stderr).toMatch(/farport remove NAME, for each of rotator, echo, gps\n$/)
    // Again, and each has a name of its own.
    expect((await home.farport('share', ...line).ended).stderr).toMatch(
      /rotator \(2\).*echo \(2\).*gps \(2\)/
    )
    const { rotators, bridges } = await listing(home)
    expect(rotators.map(({ shares }) => shares)).toEqual([
      bridges.slice(0, 2).map(({ id }) => id),
      bridges.slice(2).map(({ id }) => id)
    ])
  })

  it('needs no listener for paired computers; alone it does, and says what to do', async () => {
    const { home } = await instance()
    const shared = await home.farport('share', 'sim:gps', '--name', 'desk').ended
    expect(shared).toMatchObject({ code: 0, stdout: 'shared desk\n' })
    expect((await listing(home)).bridges).toMatchObject([{ name: 'desk', addresses: [], enabled: true }])
    const off = await home.farport('share', 'sim:gps', '--disabled', '--json').ended
    expect(off).toMatchObject({ code: 0, stdout: '{"disabled":"gps"}\n' })
    for (const alone of [
      home.farport('share', 'sim:gps', '--standalone'),
      new InstanceHome().farport('share', 'sim:gps')
    ]) {
      const { code, stderr } = await alone.ended
      expect(code).toBe(2)
      expect(stderr).toMatch(/Where shall sim:gps be reached\? Add a listener, .*farport serve/)
    }
  })

  it('adds nothing where one of them cannot be, with the fault and exit code of a command alone', async () => {
    const { home } = await instance()
    const taken = await takenAddress()
    const first = ['sim:echo', '--listen', RAW]
    const cases = [
      [...first, 'sim:gps', '--listen', taken],
      [...first, 'sim:gps', '--listen', RAW, '--rotator', taken],
      [...first, 'sim:toaster', '--listen', RAW],
      [...first, '/dev/ttyNowhere7', '--listen', RAW],
      [...first, '/etc/hostname', '--listen', RAW],
      [...first, 'sim:gps', '--listen', 'gopher://x:1'],
      [...first, 'sim:gps', '--listen', 'raw://0.0.0.0:0'],
      [...first, 'sim:gps', '--listen', RAW, '--hang-up', '--never-reset']
    ]
    for (const line of cases) {
      const [there, alone] = await Promise.all([
        home.farport('share', ...line).ended,
        home.farport('share', ...line, '--standalone').ended
      ])
      expect(there.stdout).toBe('')
      // What was never shared is not said to have been: the one alone had told its first listener already.
      expect([there.code, there.stderr], line.join(' ')).toEqual([
        alone.code,
        alone.stderr
          .split('\n')
          .filter((each) => !/: (ready|client|port)/.test(each))
          .join('\n')
      ])
    }
    const nowhere = await home.farport(
      'share',
      'sim:gps',
      '--listen',
      'raw://192.0.2.77:7000',
      '--allow',
      'anyone'
    ).ended
    expect(nowhere).toMatchObject({ code: 5, stdout: '' })
    expect(nowhere.stderr).toMatch(/no such address as in raw:\/\/192\.0\.2\.77:7000.*--wait/)
    expect(await listing(home)).toMatchObject({ bridges: [], rotators: [] })
    expect(home.read()).toMatchObject({ shares: [], rotators: [] })
  }, 60_000)

  it('waits with --wait, for devices and for addresses', async () => {
    const { home } = await instance()
    const later = [
      'share',
      '/dev/ttyNowhere7',
      '--wait',
      '--allow',
      'anyone',
      '--listen',
      'raw://192.0.2.77:7000'
    ]
    const ended = await home.farport(...later).ended
    expect(ended).toMatchObject({ code: 0, stdout: '' })
    expect(ended.stderr).toMatch(/ttyNowhere7: waits for its address raw:\/\/192\.0\.2\.77:7000\n/)
    expect((await listing(home)).bridges).toMatchObject([{ name: 'ttyNowhere7' }])
  })

  it('knows the share that has the address, or the name', async () => {
    const { home } = await instance()
    const [url = ''] = urls(
      await home.farport('share', 'sim:echo', '--name', 'my desk', '--listen', RAW).ended
    )
    const address = await home.farport('share', 'sim:gps', '--listen', url).ended
    expect(address).toMatchObject({ code: 5, stdout: '' })
    expect(address.stderr).toMatch(/is the address of the share "my desk" .*farport remove "my desk"\n$/)
    const name = await home.farport('share', 'sim:gps', '--name', 'my desk').ended
    expect(name).toMatchObject({ code: 2, stdout: '' })
    expect(name.stderr).toMatch(/has a share 'my desk' already/)
    expect((await listing(home)).bridges).toHaveLength(1)
  })

  it('means paths as they were typed, and no environment but its own', async () => {
    const { home } = await instance()
    const folder = join(home.folder, String.raw`a \d b`)
    mkdirSync(folder)
    writeFileSync(join(folder, 'say'), '#!/bin/sh\necho "$SECRET"; cat\n')
    chmodSync(join(folder, 'say'), 0o755)
    writeFileSync(join(folder, 'secret'), 'xyzzy\n', { mode: 0o600 })
    const line = [
      'share',
      'exec:./say it',
      '--env',
      'SECRET=@secret',
      '--trace-both',
      'trace.log',
      '--listen',
      RAW
    ]
    const [url] = urls(await home.in(folder, ...line).ended)
    const client = new Client(portOf(url!))
    await vi.waitFor(() => expect(client.got.toString()).toContain('xyzzy'), 10_000)
    await vi.waitFor(() => expect(existsSync(join(folder, 'trace.log'))).toBe(true), 10_000)
    const refused = await home.farport('share', 'exec:cat', '--env', 'HOME', '--listen', RAW).ended
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/--env HOME=@FILE, or add --standalone/)
  })

  it('shares by itself with --standalone, and where none runs, as ever', async () => {
    const { home, program } = await instance()
    const alone = home.farport('share', 'sim:echo', '--standalone', '--listen', RAW)
    await echoes((await alone.printed(/listening (\S+)/))[1])
    expect((await listing(home)).bridges).toEqual([])
    await alone.stop()
    // Its socket stays behind.
    await program.stop('SIGKILL')
    expect(existsSync(home.socket)).toBe(true)
    const without = home.farport('share', 'sim:echo', '--listen', RAW)
    await echoes((await without.printed(/listening (\S+)/))[1])
    await without.stop()
    expect((await without.ended).code).toBe(0)
    expect(home.read()).not.toHaveProperty('shares')
  })
})

describe('farport connect with a running Farport', () => {
  it('has it connect, and prints the link when programs may open it', async () => {
    const { home, program } = await instance()
    const ended = await home.in(home.folder, 'connect', 'sim:echo', '--pty', 'ttyFar', '--name', 'far').ended
    const link = join(home.folder, 'ttyFar')
    expect(ended).toMatchObject({ code: 0, stdout: `ready ${link}\n` })
    expect(ended.stderr).toMatch(/^farport: Connected by the running Farport .* farport remove far\n$/)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    const sent = await home.farport('send', link, 'hi', '--wait', 'hi').ended
    expect(sent).toMatchObject({ code: 0, stdout: 'hi' })
    await program.stop()
    expect(() => lstatSync(link)).toThrow('ENOENT')
    await home.serve()
    await vi.waitFor(() => expect(lstatSync(link).isSymbolicLink()).toBe(true), 10_000)
    await home.farport('remove', 'far').ended
    expect(() => lstatSync(link)).toThrow('ENOENT')
  })

  it('leaves nothing behind where it cannot be, with the exit code of a command alone', async () => {
    const { home } = await instance()
    const taken = join(home.folder, 'taken')
    writeFileSync(taken, '')
    const refused = (await takenAddress()).replace(/\d+$/, '1')
    const cases: (readonly [string[], number])[] = [
      [['sim:echo', '--pty', taken], 2],
      [['/dev/ttyNowhere7', '--pty', join(home.folder, 'x')], 3],
      [['sim:echo', '/dev/ttyNowhere7'], 3],
      [[refused, '--hold', '--pty', join(home.folder, 'y')], 4]
    ]
    for (const [line, code] of cases) {
      const there = await home.farport('connect', ...line).ended
      const alone = await home.farport('connect', ...line, '--standalone').ended
      expect([there.code, there.stderr], line.join(' ')).toEqual([code, alone.stderr])
    }
    expect((await listing(home)).bridges).toEqual([])
    expect(home.read().links).toEqual([])
  })

  it('joins two ports, and leaves standard input and output to this process', async () => {
    const { home } = await instance()
    const cable = await home.farport('connect', 'sim:gps', 'sim:echo', '--json').ended
    expect(JSON.parse(cable.stdout)).toEqual({ ready: 'sim:gps sim:echo', link: 'gps' })
    const pipe = home.farport('connect', 'sim:echo', '--stdio')
    pipe.process.stdin?.write('hello')
    await pipe.printed(/hello/)
    pipe.process.stdin?.end()
    expect((await pipe.ended).code).toBe(0)
    expect((await listing(home)).bridges.map(({ name }) => name)).toEqual(['gps'])
  })
})
