import { once } from 'node:events'
import { statSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import type { BridgeState } from '../../src-main/contract/state.ts'
import type { Listing } from '../../src-main/hosts/cli/attached/listing.ts'
import { lacks, OWN_MOUNTS, lacksOwnMounts, PYTHON } from '../peers/need.ts'
import { Client, Program, portOf, type Ended } from './cli.ts'
import { InstanceHome, instance, type GivenSettings } from './instance.ts'
import { readableCopy } from './readable-copy.ts'

const RAW = 'raw://127.0.0.1:0'
type GivenShare = NonNullable<GivenSettings['shares']>[number]

const echo = (id: string, more: Partial<GivenShare> = {}): GivenShare => ({
  id,
  name: id,
  port: { target: 'sim:echo' },
  listen: [RAW],
  ...more
})

/** Programs here answer byte by byte. */
function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString()
}

async function listing(home: InstanceHome): Promise<Listing> {
  const { stdout } = await home.farport('list', '--json').ended
  return JSON.parse(utf8(stdout)) as Listing
}

async function bridge(home: InstanceHome, name: string): Promise<BridgeState> {
  const { stdout } = await home.farport('list', name, '--json').ended
  return JSON.parse(stdout) as BridgeState
}

async function connected(url: string | undefined): Promise<Client> {
  const client = new Client(portOf(url ?? ''))
  await once(client.socket, 'connect')
  return client
}

describe('farport list with a running Farport', () => {
  it('has one shape for scripts, whether one runs or not', async () => {
    const { home, program } = await instance({
      shares: [echo('desk')],
      links: [{ id: 'cable', name: 'cable', port: { target: 'sim:gps' }, to: 'pty:', hold: true }],
      rotators: [{ id: 'pool', name: 'pool', listen: [RAW], shares: ['desk'] }]
    })
    const running = await listing(home)
    expect(running.bridges.map(({ kind, name, enabled }) => ({ kind, name, enabled }))).toEqual([
      { kind: 'share', name: 'desk', enabled: true },
      { kind: 'link', name: 'cable', enabled: true }
    ])
    expect(running.rotators).toMatchObject([{ kind: 'rotator', name: 'pool', shares: ['desk'] }])
    expect(running.self).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      pid: program.process.pid,
      kind: 'user',
      settingsPath: home.settings
    })
    await program.stop()
    const none = await listing(home)
    expect(Object.keys(none)).toEqual(Object.keys(running))
    expect(none).toEqual({
      ports: running.ports,
      bridges: [],
      rotators: [],
      self: null,
      peers: [],
      pairings: [],
      paused: null
    })
  })

  it.skipIf(lacks('pyserial', 'nc'))(
    'shows who is connected, since when, who writes, bytes, settings and lines (needs pyserial and nc)',
    async () => {
      const { home } = await instance({
        shares: [
          echo('desk', {
            port: { target: 'sim:echo?baud=9600&line=7E1' },
            listen: [RAW, 'rfc2217://127.0.0.1:0']
          })
        ]
      })
      const { addresses } = await bridge(home, 'desk')
      const writer = new Program(PYTHON, [
        '-c',
        `import serial, sys
port = serial.serial_for_url(sys.argv[1], baudrate=9600, parity="E", bytesize=7, timeout=5)
port.write(b"hello"); print(port.read(5).decode(), flush=True); sys.stdin.read()`,
        addresses[1]!
      ])
      await writer.printed(/hello/)
      const watcher = new Program('nc', ['127.0.0.1', String(portOf(addresses[0]!))])
      await vi.waitFor(async () => expect((await bridge(home, 'desk')).sessions).toHaveLength(2), 10_000)
      watcher.process.stdin?.write('lost')
      await vi.waitFor(async () => {
        const { sessions } = await bridge(home, 'desk')
        expect(sessions[1]).toMatchObject({ writer: false, lostToDevice: 4 })
      }, 10_000)
      const desk = await bridge(home, 'desk')
      expect(desk.sessions[0]).toMatchObject({ writer: true, bytesToDevice: 5, bytesFromDevice: 5 })
      const { stdout: table } = await home.farport('list').ended
      expect(table).toMatch(/^SHARE +PORT +STATE/m)
      expect(table).toMatch(
        /^desk +sim:echo\S+ +open 9600 7E1 +DTR RTS CTS DSR DCD +2 +5 +5 +4 +raw:\/\/127/m
      )
      expect(table).toMatch(/^ +rfc2217:\/\/127\.0\.0\.1:\d+$/m)
      expect(table).toMatch(
        /^desk +1 +127\.0\.0\.1:\d+ +\d\d:\d\d:\d\d +writes since \d\d:\d\d:\d\d +5 +5 +0$/m
      )
      expect(table).toMatch(/^desk +2 +127\.0\.0\.1:\d+ +\d\d:\d\d:\d\d +watches +0 +0 +4$/m)
      const { stdout: detail } = await home.farport('list', 'desk').ended
      expect(detail).toMatch(/^lines +DTR on, RTS on, CTS on, DSR on, DCD on, RI off$/m)
      expect(detail).toMatch(/^to the device +5 bytes, 4 lost$/m)
    }
  )

  it('says in words what is off, what waits and why, and which address is not there yet', async () => {
    const { home } = await instance({
      shares: [
        echo('off', { enabled: false }),
        echo('idle'),
        echo('gone', { port: { target: '/dev/ttyNowhere7' }, openAtStart: true }),
        echo('later', { listen: ['raw://192.0.2.77:7000'], allow: ['anyone'] })
      ]
    })
    // It opens again and again: between two attempts it waits.
    const { stdout } = await vi.waitFor(async () => {
      const list = await home.farport('list').ended
      expect(list.stdout).toMatch(/^gone +\/dev\/ttyNowhere7 +waiting: \/dev\/ttyNowhere7 is not there/m)
      return list
    }, 10_000)
    expect(stdout).toMatch(/^off +sim:echo +off +- +0/m)
    expect(stdout).toMatch(/^idle +sim:echo +idle +- +0/m)
    expect(stdout).toMatch(/^later .* raw:\/\/192\.0\.2\.77:7000 \(not there yet\)$/m)
  })

  it('shows nothing of a hostile name but its letters', async () => {
    // What a file cannot say, a device and a far computer can.
    const { home } = await instance({
      shares: [echo('desk', { name: 'de\u202esk', port: { target: 'exec:printf "\\033[2J\\u0007"' } })]
    })
    const stdout = utf8((await home.farport('list').ended).stdout)
    expect(stdout).toMatch(/^de sk +exec:printf/m)

    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
    // For programs it is as it is.
    expect((await listing(home)).bridges[0]?.name).toBe('de\u202esk')
  })

  it('lists 64 shares, each on its line', async () => {
    const shares = Array.from({ length: 64 }, (_, index) => echo(`s${index}`))
    const { home } = await instance({ shares })
    const { stdout, stderr, code } = await home.farport('list').ended
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect(stdout.match(/^s\d+ +sim:echo +idle/gm)).toHaveLength(64)
    expect((await listing(home)).bridges).toHaveLength(64)
  })

  it('says what there is where a name is wrong, and asks where it stands for several', async () => {
    const { home } = await instance({
      shares: [echo('e1', { name: 'desk' }), echo('e2', { name: 'lab' })],
      links: [{ id: 'l1', name: 'desk', port: { target: 'sim:gps' }, to: 'pty:' }]
    })
    const wrong = await home.farport('list', 'dsek').ended
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toMatch(/no share, link or rotator "dsek" here\. There are: desk, lab, desk\./)
    const several = await home.farport('disable', 'desk').ended
    expect(several.code).toBe(2)
    expect(several.stderr).toMatch(/Several are called "desk": a share \(e1\), a link \(l1\)\. Give the id/)
    expect(await home.farport('disable', 'l1').ended).toMatchObject({ code: 0, stdout: 'disabled desk\n' })
  })

  it('names what hinders the running Farport itself', async () => {
    const { home } = await instance({ shares: [echo('desk')] })
    home.write({ shares: 'none' as never })
    await vi.waitFor(async () => {
      const { stderr } = await home.farport('list').ended
      expect(stderr).toContain(home.settings)
    }, 10_000)
  })
})

describe('enable, disable, remove, disconnect', () => {
  it('switches a share off and on at the same address, and forgets it', async () => {
    const { home } = await instance({ shares: [echo('desk')] })
    const [url] = (await bridge(home, 'desk')).addresses
    const client = await connected(url)
    const left = once(client.socket, 'close')
    expect(await home.farport('disable', 'desk').ended).toMatchObject({ code: 0, stdout: 'disabled desk\n' })
    await left
    expect(await bridge(home, 'desk')).toMatchObject({ enabled: false, addresses: [] })
    expect(home.read().shares[0]).toMatchObject({ enabled: false })
    const enabled = await home.farport('enable', 'desk', '--json').ended
    expect(JSON.parse(enabled.stdout)).toEqual({ enabled: 'desk', kind: 'share', id: 'desk' })
    expect((await bridge(home, 'desk')).addresses).toEqual([url])
    await connected(url)
    const removed = await home.farport('remove', 'desk', '--json').ended
    expect(JSON.parse(removed.stdout)).toEqual({ removed: 'desk', kind: 'share', id: 'desk', lost: 0 })
    expect((await listing(home)).bridges).toEqual([])
    expect(home.read().shares).toEqual([])
  })

  it('pauses all sharing, shows that, and shares again what it did', async () => {
    const { home } = await instance({ shares: [echo('desk'), echo('lab'), echo('off', { enabled: false })] })
    expect(await home.farport('pause').ended).toMatchObject({ code: 0, stdout: 'paused desk, lab\n' })
    const { bridges, paused } = await listing(home)
    expect(bridges.map(({ enabled }) => enabled)).toEqual([false, false, false])
    expect(paused?.shares).toEqual(bridges.slice(0, 2).map(({ id }) => id))
    expect((await home.farport('list').ended).stdout).toMatch(
      /^Sharing is paused since \d\d:\d\d:\d\d; farport resume brings back: desk, lab$/m
    )
    const resumed = await home.farport('resume', '--json').ended
    expect(JSON.parse(resumed.stdout)).toMatchObject({ resumed: [{ name: 'desk' }, { name: 'lab' }] })
    expect((await listing(home)).bridges.map(({ enabled }) => enabled)).toEqual([true, true, false])
    expect(await home.farport('resume').ended).toMatchObject({ code: 0, stdout: 'nothing was paused\n' })
  })

  it('tells what cannot be on, and goes on trying', async () => {
    const { home } = await instance({ shares: [echo('first')] })
    const [url] = (await bridge(home, 'first')).addresses
    home.write({
      shares: [echo('first', { listen: [url!] }), echo('second', { listen: [url!], enabled: false })]
    })
    await vi.waitFor(async () => expect((await listing(home)).bridges).toHaveLength(2), 10_000)
    const ended = await home.farport('enable', 'second').ended
    expect(ended).toMatchObject({ code: 5, stdout: 'enabled second\n' })
    expect(ended.stderr).toMatch(/second cannot run yet: .* is the address of the share "first" already/)
    await home.farport('disable', 'first').ended
    await vi.waitFor(async () => expect((await bridge(home, 'second')).addresses).toEqual([url]), 10_000)
  })

  it('ends the client with a number, or all of them', async () => {
    const { home } = await instance({ shares: [echo('desk')] })
    const [url] = (await bridge(home, 'desk')).addresses
    const clients = [await connected(url), await connected(url), await connected(url)]
    await vi.waitFor(async () => expect((await bridge(home, 'desk')).sessions).toHaveLength(3), 10_000)
    const ends = clients.map(({ socket }) => once(socket, 'close'))
    const one = await home.farport('disconnect', 'desk', '2').ended
    expect(one).toMatchObject({ code: 0, stdout: 'disconnected desk (1 client)\n' })
    await ends[1]
    expect((await bridge(home, 'desk')).sessions.map(({ id }) => id)).toEqual([1, 3])
    const all = await home.farport('disconnect', 'desk', '--json').ended
    expect(JSON.parse(all.stdout)).toEqual({ disconnected: 'desk', kind: 'share', id: 'desk', count: 2 })
    await Promise.all(ends)
    expect(await home.farport('disconnect', 'desk', '2').ended).toMatchObject({ code: 2, stdout: '' })
  })

  it('switches a link and a rotator the same way, and protects the shares of one', async () => {
    const { home } = await instance({
      shares: [echo('desk')],
      links: [{ id: 'cable', name: 'cable', port: { target: 'sim:echo' }, to: 'pty:' }],
      rotators: [{ id: 'pool', name: 'pool', listen: [RAW], shares: ['desk'] }]
    })
    const [path] = (await bridge(home, 'cable')).addresses
    expect(statSync(path!).isCharacterDevice()).toBe(true)
    await home.farport('disable', 'cable').ended
    expect(() => statSync(path!)).toThrow('ENOENT')
    await home.farport('enable', 'cable').ended
    expect(statSync(path!).isCharacterDevice()).toBe(true)
    const kept = await home.farport('remove', 'desk').ended
    expect(kept.code).toBe(2)
    expect(kept.stderr).toMatch(/rotator pool/)
    expect((await home.farport('disconnect', 'pool').ended).stderr).toMatch(/pool is a rotator/)
    for (const name of ['pool', 'desk', 'cable'])
      expect(await home.farport('remove', name).ended).toMatchObject({ code: 0, stdout: `removed ${name}\n` })
    expect(await listing(home)).toMatchObject({ bridges: [], rotators: [] })
  })
})

describe.skipIf(process.geteuid?.() !== 0 || lacksOwnMounts() || lacks('nc'))(
  "the system's service, and no right to it (needs root and nc)",
  () => {
    /** As `nobody`, beside a socket where the service's is, that root alone may open. */
    async function asNobody(...args: string[]): Promise<Ended> {
      const { farport } = readableCopy()
      const script = `mount -t tmpfs none /run && mkdir /run/farport && nc -lU /run/farport/farport.sock & nc=$!
until test -S /run/farport/farport.sock; do sleep 0.05; done; chmod 600 /run/farport/farport.sock
setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; code=$?; kill $nc; exit $code`
      const [unshare, ...options] = OWN_MOUNTS
      return new Program(
        unshare,
        [...options, 'sh', '-c', script, 'sh', process.execPath, farport, ...args],
        {
          env: { FARPORT_SOCKET: undefined, XDG_RUNTIME_DIR: '/nowhere', LD_PRELOAD: '' }
        }
      ).ended
    }

    it('works alone where it can, and says so', async () => {
      const { code, stdout, stderr } = await asNobody('list', '--json')
      expect({ code, stderr }).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/usermod -aG farport .*works by itself\.\n$/) as string
      })
      expect((JSON.parse(stdout) as Listing).self).toBeNull()
    })

    it('refuses what is nothing without it', async () => {
      const ended = await asNobody('disable', 'desk')
      expect(ended).toMatchObject({ code: 2, stdout: '' })
      expect(ended.stderr).toMatch(/^farport: .*usermod -aG farport/)
    })
  }
)
