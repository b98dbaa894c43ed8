import { describe, expect, it } from 'vitest'
import type { NearbyState } from '../../src-main/contract/state.ts'
import { eventually } from '../eventually.ts'
import { Avahi, lacksAvahi, type Browsed } from '../peers/avahi.ts'
import { GtlsshHome } from '../peers/gtlssh-home.ts'
import { PYTHON, lacks } from '../peers/need.ts'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FARPORT, temporaryFolder, type Program } from './cli.ts'
import { Network, lacksNetworks } from './endurance/network.ts'
import type { GivenSettings } from './instance.ts'
import { Computer } from './two-computers.ts'

/** Those that a test waits for come within one; three times that is the end of patience. */
const PROMISED_MS = 10_000
const CEILING_MS = 3 * PROMISED_MS

const OPEN = ['--allow', '10.77.0.0/24']

interface Two {
  readonly network: Network
  readonly alice: Computer
  readonly bob: Computer
}

/** As twoComputers, and they find each other. */
function two(bob: GivenSettings = {}): Two {
  const network = new Network()
  const found = { preferences: { discovery: {} } }
  return {
    network,
    alice: new Computer(network.server, (...all) => network.here(...all), { name: 'alice', ...found }),
    bob: new Computer(network.peer, (...all) => network.there(...all), { name: 'bob', ...found, ...bob })
  }
}

interface Found {
  readonly nearby: readonly NearbyState[]
}

async function peersOf(computer: Computer, ...args: string[]): Promise<readonly NearbyState[]> {
  const { stdout, stderr, code } = await computer.farport('peers', '--json', ...args).ended
  if (code !== 0) throw new Error(stderr)
  return (JSON.parse(stdout) as Found).nearby
}

/** Asks again and again until one is there that `fits`. */
function hears(computer: Computer, fits: (each: NearbyState) => boolean): Promise<NearbyState> {
  return eventually(async () => {
    const all = await peersOf(computer)
    const found = all.find(fits)
    if (!found) throw new Error(`heard ${JSON.stringify(all)}`)
    return found
  }, CEILING_MS)
}

async function done(program: Program): Promise<string> {
  const { stdout, stderr, code } = await program.ended
  if (code !== 0) throw new Error(stderr)
  return stdout
}

/** Alice asks for the computer of that name; both have accepted. */
async function pairByName(alice: Computer, bob: Computer, name: string): Promise<void> {
  const asks = alice.farport('pair', name)
  const digits = (await asks.printed(/digits: (\d{3} \d{3})/))[1]!
  const accepts = bob.farport('pair', 'accept', 'alice', ...digits.split(' '), '--permit', 'control')
  asks.process.stdin?.write(`${digits}\n`)
  await Promise.all([done(asks), done(accepts)])
}

describe.skipIf(lacksNetworks)('two computers with Farport', { timeout: 90_000 }, () => {
  const shares = [{ id: 'echo', name: 'echo', port: { target: 'sim:echo' } }]

  it('find each other, pair and connect by name, also when one has another address', async () => {
    const { network, alice, bob } = two({ shares })
    await Promise.all([alice.serve(), bob.serve()])
    await hears(alice, ({ name, present }) => name === 'bob' && present)
    await pairByName(alice, bob, 'bob')
    expect(await done(alice.farport('connect', 'farport://bob'))).toMatch(/echo/)
    const table = await done(alice.farport('peers'))
    expect(table).toMatch(/^bob +Farport [0-9a-f]{16} at \S+ +paired +farport:\/\/bob$/m)
    await done(network.there('ip', 'addr', 'del', `${bob.address}/24`, 'dev', 'far'))
    await done(network.there('ip', 'addr', 'add', '10.77.0.9/24', 'dev', 'far'))
    await hears(alice, ({ name, addresses }) => name === 'bob' && addresses.includes('10.77.0.9'))
    const says = alice.farport('send', 'farport://bob/echo', 'hello', '--wait', 'hello', '--timeout', '10')
    expect((await says.ended).stderr).toBe('')
    // The same of a command that nobody helps.
    const alone = alice.run(
      ...['env', 'FARPORT_SOCKET=/nowhere', process.execPath, FARPORT],
      ...['send', 'farport://bob/echo', 'hello', '--wait', 'hello', '--timeout', '10']
    )
    expect(await alone.ended).toMatchObject({ code: 0 })
  })

  it('know each other, and do so again within 10 s after a cable was pulled and plugged in', async () => {
    const { network, alice, bob } = two({ shares })
    await Promise.all([alice.serve(), bob.serve()])
    const before = await hears(alice, ({ name, present }) => name === 'bob' && present)
    await hears(bob, ({ name, present }) => name === 'alice' && present)
    network.cut()
    const gone = await hears(alice, ({ name, present }) => name === 'bob' && !present)
    expect(gone).toMatchObject({ id: before.id, since: before.since })
    network.restore()
    const start = Date.now()
    const again = (called: string) => (each: NearbyState) => each.name === called && each.present
    const [there] = await Promise.all([hears(alice, again('bob')), hears(bob, again('alice'))])
    console.log(`heard again ${Date.now() - start} ms after the cable was plugged in`)
    expect(there).toMatchObject({ id: before.id, since: before.since })
    expect(there.seen).toBeGreaterThanOrEqual(start)
  })

  it('listen on the chosen interfaces alone, also where no Farport runs', async () => {
    const { alice, bob } = two()
    await bob.serve()
    alice.home.write({ preferences: { discovery: { interfaces: ['near'] } } })
    await hears(alice, ({ name, present }) => name === 'bob' && present)
    alice.home.write({ preferences: { discovery: { interfaces: ['lo'] } } })
    expect(await peersOf(alice, '--timeout', '2')).toEqual([])
  })

  it('hear of an end at once, and of each other within 10 s after the cable is plugged in again', async () => {
    const { network, alice, bob } = two({ shares })
    network.cut()
    const service = await bob.serve()
    await alice.serve()
    expect(await peersOf(alice)).toEqual([])
    const start = Date.now()
    await done(network.there('ip', 'link', 'set', 'far', 'up'))
    await hears(alice, ({ name, present }) => name === 'bob' && present)
    console.log(`heard ${Date.now() - start} ms after the cable was plugged in`)
    service.process.kill('SIGTERM')
    await hears(alice, ({ name, present }) => name === 'bob' && !present)
  })
})

describe.skipIf(lacksNetworks || lacksAvahi)('others who announce ports', { timeout: 90_000 }, () => {
  it.skipIf(lacks('ser2net'))('ser2net is found, and reached by its name', async () => {
    const { network, alice } = two()
    const avahi = await Avahi.start((...all) => network.there(...all), { hostname: 'box' })
    const config = join(temporaryFolder(), 'ser2net.yaml')
    writeFileSync(
      config,
      [
        'connection: &con1',
        '  accepter: telnet(rfc2217),tcp,7000',
        '  connector: echo',
        '  options:',
        '    mdns: true',
        '    mdns-name: Bench meter',
        ''
      ].join('\n')
    )
    avahi.run('ser2net', '-n', '-d', '-c', config)
    await alice.serve()
    const found = await hears(alice, ({ name, present }) => name === 'Bench meter' && present)
    expect(found).toMatchObject({
      kind: 'port',
      provider: 'ser2net',
      stack: 'telnet(rfc2217),tcp',
      url: 'rfc2217://10.77.0.2:7000',
      host: 'box.local'
    })
    const says = alice.farport('send', 'mdns://Bench%20meter', 'hello', '--wait', 'hello', '--timeout', '10')
    expect(await says.ended).toMatchObject({ code: 0 })
  })

  it.skipIf(lacks('gensiot'))('gensiot reaches a share by its name', async () => {
    const { network } = two()
    const shared = network.farport(
      'share',
      'sim:echo',
      '--name',
      'gps',
      '--listen',
      'rfc2217://0.0.0.0:7000',
      ...OPEN
    )
    await shared.printed(/listening/)
    const avahi = await Avahi.start((...all) => network.there(...all), { hostname: 'box' })
    const all = await avahi.finds('_iostream._tcp', (each) =>
      each.some(({ family, address }) => family === 'IPv4' && address !== undefined)
    )
    const found = all.find(({ family, address }) => family === 'IPv4' && address !== undefined)
    expect(found).toMatchObject({ name: 'gps', port: 7000, address: network.server })
    expect([...found!.txt!].sort()).toEqual(['gensiostack=telnet(rfc2217),tcp', 'provider=farport'])
    const gensiot = avahi.run('gensiot', '-i', 'stdio(self)', 'mdns,gps')
    gensiot.process.stdin?.write('hello')
    await gensiot.printed(/hello/)
    gensiot.process.kill('SIGTERM')
    await gensiot.ended
    if (!lacks('python3-gensio')) {
      // gensio's mdns passes on no line settings ("Error casting from gensio to sergensio"): what it connects to, by hand.
      const script = new URL('../peers/gensio-settings.py', import.meta.url).pathname
      const [stack = ''] = found!.txt!.flatMap((each) => /^gensiostack=(.+)$/.exec(each)?.[1] ?? [])
      const gensio = avahi.run(PYTHON, script, `${stack},${found!.address ?? ''},${found!.port ?? 0}`)
      const { stdout, stderr } = await gensio.ended
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toMatchObject({ baud: [300, 9600, 250_000, 921_600, 921_600] })
    }
    shared.process.kill('SIGTERM')
    await shared.ended
    await avahi.finds('_iostream._tcp', (all) => all.length === 0)
  })

  it.skipIf(lacks('gtlssh', 'gtlssh-keygen', 'gensiot', 'socat'))(
    'gtlssh -m and gensiot reach an encrypted share by its name, and know its certificate again',
    async () => {
      const client = new GtlsshHome()
      const { network, alice } = two({})
      const imported = ['pair', 'import', client.certificate, '--name', 'bob', '--permit', 'control']
      await done(alice.farport(...imported))
      const shares = [
        { id: 'gps', name: 'gps', port: { target: 'sim:echo' }, listen: ['rfc2217+certauth://0.0.0.0:7000'] },
        { id: 'log', name: 'log', port: { target: 'sim:echo' }, listen: ['raw+certauth://0.0.0.0:7001'] }
      ]
      alice.home.write({ ...alice.home.read(), shares })
      const service = await alice.serve()
      const avahi = await Avahi.start((...all) => network.there(...all), { hostname: 'box' })
      const whole = (each: Browsed): boolean => each.family === 'IPv4' && each.address !== undefined
      const all = await avahi.finds('_iostream._tcp', (found) => found.filter(whole).length === 2)
      const stacks = all
        .filter(whole)
        .flatMap(({ txt = [] }) => txt.filter((text) => text.startsWith('gensio')))
      expect(stacks.sort()).toEqual(
        ['mux,certauth,ssl,tcp', 'telnet(rfc2217),mux,certauth,ssl,tcp'].map((each) => `gensiostack=${each}`)
      )
      const env = Object.entries(client.env).map(([name, value]) => `${name}=${value ?? ''}`)
      const inTerminal = (...args: string[]): Program =>
        avahi.run('env', ...env, 'socat', '-', `EXEC:${['gtlssh', ...args].join(' ')},pty,setsid,ctty,stderr`)
      for (const [name, isKnown] of [
        ['gps', false],
        ['gps', true],
        ['log', false]
      ] as const) {
        const gtlssh = inTerminal('-4', '-m', name)
        if (!isKnown) {
          await gtlssh.printed(/Add this certificate\? \(y\/n\)/)
          gtlssh.process.stdin?.write('y\n')
        }
        await service.printed(new RegExp(`${name}.*bob`), 'stderr')
        // The first ones may come before it has its terminal in hand, and are then echoed by that.
        await eventually(() => {
          gtlssh.process.stdin?.write('x')
          expect(gtlssh.stdout).toMatch(/x{8}/)
        })
        // Not its exit code: once in five it falls with its memory at its very end (gensio 2.6.2, after a look-up by mDNS).
        gtlssh.process.stdin?.write('\x1cq')
        await service.printed(new RegExp(`${name}: client \\d+ left(?:[^](?!connected))*$`), 'stderr')
        await gtlssh.ended
        expect(gtlssh.stdout.includes('Add this certificate')).toBe(!isKnown)
      }
      // gensiot has no options for the layers of an announced stack: they are named, and mDNS is what carries them.
      const ours = join(temporaryFolder(), 'ours.pem')
      copyFileSync(join(alice.home.config, 'farport/certificate.pem'), ours)
      const certauth = `certauth(cert=${client.certificate},key=${client.key},username=gensio)`
      const stack = `telnet(rfc2217),mux,${certauth},ssl(CA=${ours}),mdns(nostack),gps`
      const gensiot = avahi.run('gensiot', '-i', 'stdio(self)', stack)
      gensiot.process.stdin?.write('hello')
      await gensiot.printed(/hello/)
    }
  )

  it.skipIf(lacks('ser2net', 'mknod'))('an adapter is described as ser2net describes it', async () => {
    const { network } = two()
    const avahi = await Avahi.start((...all) => network.there(...all), { hostname: 'box' })
    const folder = temporaryFolder()
    const config = join(folder, 'ser2net.yaml')
    const lines = ['mdns: true', 'mdns-name: theirs', 'mdns-sysattrs: true'].map((each) => `    ${each}`)
    const connection = [
      'accepter: telnet(rfc2217),tcp,7000',
      'connector: serialdev,/dev/ttyUSB0,local',
      'options:'
    ]
    const text = ['connection: &con1', ...connection.map((each) => `  ${each}`), ...lines, '']
    writeFileSync(config, text.join('\n'))
    const adapter = withAdapter(folder)
    avahi.run(...adapter, 'ser2net', '-n', '-d', '-c', config)
    const options = ['--name', 'ours', '--listen', 'rfc2217://0.0.0.0:7000', ...OPEN, '--wait']
    const [command = '', ...args] = [
      ...adapter,
      process.execPath,
      FARPORT,
      'share',
      '/dev/ttyUSB0',
      ...options
    ]
    await network.here(command, ...args).printed(/listening/)
    const txtOf = (all: readonly Browsed[], called: string): string[] | undefined => {
      const found = all.find(({ name, txt }) => name === called && txt !== undefined)
      return found && [...found.txt!].sort()
    }
    const all = await avahi.finds(
      '_iostream._tcp',
      (each) => txtOf(each, 'ours') !== undefined && txtOf(each, 'theirs') !== undefined
    )
    const ours = txtOf(all, 'ours')!.map((each) => each.replace('provider=farport', 'provider=ser2net'))
    expect(ours).toEqual(txtOf(all, 'theirs'))
    expect(ours).toContain('interface=Port A')
    expect(ours).toHaveLength(10)
  })
})

/** Runs what follows where /dev and /sys have one USB adapter, /dev/ttyUSB0, and nothing else. */
function withAdapter(folder: string): string[] {
  const device = '/sys/devices/pci0/usb1/1-1'
  const attributes = {
    ...{
      idVendor: '0403',
      idProduct: '6010',
      serial: 'FT4ABCDE',
      manufacturer: 'FTDI',
      product: 'Dual RS232-HS'
    },
    ...{ '1-1:1.0/bInterfaceNumber': '00', '1-1:1.0/interface': 'Port A' }
  }
  const script = join(folder, 'adapter.sh')
  writeFileSync(
    script,
    [
      'set -e',
      'mount -t tmpfs none /sys && mount -t tmpfs none /dev',
      ...['null 1 3', 'zero 1 5', 'random 1 8', 'urandom 1 9', 'ttyUSB0 188 0'].map((each) => {
        const [name = '', major = '', minor = ''] = each.split(' ')
        return `mknod -m 666 /dev/${name} c ${major} ${minor}`
      }),
      `tty=${device}/1-1:1.0/ttyUSB0/tty/ttyUSB0`,
      'mkdir -p /sys/class/tty $tty',
      'ln -s ../../../ttyUSB0 $tty/device',
      'ln -s ../..${tty#/sys} /sys/class/tty/ttyUSB0',
      ...Object.entries(attributes).map(([name, value]) => `echo '${value}' > ${device}/${name}`),
      'exec "$@"',
      ''
    ].join('\n')
  )
  return ['unshare', '--mount', 'sh', script]
}
