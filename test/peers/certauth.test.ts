/** gensio's encrypted stack: gtlssh and gensiot at our shares, we at a ser2net that is set up as its README says. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, portOf, temporaryFolder } from '../e2e/cli.ts'
import { InstanceHome } from '../e2e/instance.ts'
import { Device } from './device.ts'
import { accepting, freePort } from './free-port.ts'
import { GtlsshHome, keygen, trustedPeer } from './gtlssh-home.ts'
import { PYTHON, lacks, programPath } from './need.ts'
import { payload } from './payload.ts'
import { breaksOf, shimmedPair } from './shimmed.ts'

const MIB = 1024 * 1024
const missing = lacks('gtlssh', 'gtlssh-keygen', 'gensiot', 'ser2net', 'openssl', 'socat', 'cc')

interface Shared {
  readonly home: InstanceHome
  readonly cable: Awaited<ReturnType<typeof shimmedPair>>
  readonly device: Device
  readonly program: Program
  readonly port: number
  /** Our certificate's file. */
  readonly certificate: string
}

/** A share for gtlssh with a key of its own, which is trusted where `trusted` says so. */
async function sharedWith(client: GtlsshHome, protocol: string, trusted = true): Promise<Shared> {
  const home = new InstanceHome()
  if (trusted) {
    const imported = home.farport(
      'pair',
      'import',
      client.certificate,
      '--name',
      'alice',
      '--permit',
      'control'
    )
    expect(await imported.ended).toMatchObject({ code: 0 })
  } else home.write({})
  const cable = await shimmedPair()
  const program = home.farport('share', cable.a.path, '--listen', `${protocol}+certauth://127.0.0.1:0`)
  const [, url] = await program.printed(/listening (\S+)/)
  return {
    ...{ home, cable, program, port: portOf(url!), device: new Device(cable.b.path) },
    certificate: join(home.config, 'farport/certificate.pem')
  }
}

const roundTrip = async (program: Program, device: Device): Promise<void> => {
  device.echo()
  const sent = payload(MIB)
  program.process.stdin!.write(sent)
  await eventually(() => expect(program.stdout.length).toBe(MIB), 40_000)
  expect(Buffer.from(program.stdout, 'latin1').equals(sent)).toBe(true)
  expect(device.got.equals(sent)).toBe(true)
}

describe.skipIf(missing)('gtlssh and our share', () => {
  it.each([
    ['rfc2217', ['--telnet']],
    ['raw', []]
  ] as const)(
    'asks its user about our certificate once, and is a terminal of the port, as %s',
    async (protocol, options) => {
      const client = new GtlsshHome()
      const { port, device, program } = await sharedWith(client, protocol)
      /** What the device says is there once gtlssh has its terminal in hand: before, Ctrl-\\ would kill it. */
      const greeted = async (gtlssh: Program, count: number): Promise<void> => {
        await program.printed(new RegExp(`(port open[^]*){${count}}`), 'stderr')
        device.write('welcome')
        await gtlssh.printed(/welcome/)
      }
      const first = client.inTerminal(...options, '-p', String(port), '127.0.0.1')
      await first.printed(/Add this certificate\? \(y\/n\)/)
      first.process.stdin!.write('y\n')
      await program.printed(/alice/, 'stderr')
      await greeted(first, 1)
      first.process.stdin!.write('one\r')
      await eventually(() => expect(device.got.toString()).toBe('one\r'))
      // Its escape, and its command to end.
      first.process.stdin!.write('\x1cq')
      expect(await first.ended).toMatchObject({ code: 0 })
      const second = client.inTerminal(...options, '-p', String(port), '127.0.0.1')
      await greeted(second, 2)
      second.process.stdin!.write('two\r')
      await eventually(() => expect(device.got.toString()).toBe('one\rtwo\r'))
      expect(second.stdout).not.toContain('certificate')
      await program.stop()
      await second.ended
    }
  )

  it.each(['ed25519', 'ec', 'rsa'] as const)(
    'carries 1 MiB both ways, its key being %s',
    async (algorithm) => {
      const client = new GtlsshHome(algorithm)
      const { port, device, certificate } = await sharedWith(client, 'raw')
      client.knows(readFileSync(certificate, 'utf8'), port)
      const gtlssh = client.piped('-p', String(port), '127.0.0.1', 'what', 'ser2net', 'ignores')
      await roundTrip(gtlssh, device)
      gtlssh.process.stdin!.end()
      expect(await gtlssh.ended).toMatchObject({ code: 0 })
    }
  )

  it('is refused with a key that is not trusted, and we say what would let it in', async () => {
    const client = new GtlsshHome()
    const { port, program, certificate, device } = await sharedWith(client, 'raw', false)
    client.knows(readFileSync(certificate, 'utf8'), port)
    const gtlssh = client.piped('-p', String(port), '127.0.0.1')
    const { code, stderr } = await gtlssh.ended
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/Could not open .*: /)
    const { id } = trustedPeer(client.certificate, '')
    await program.printed(
      new RegExp(`client refused: .*not trusted here: farport pair import ${id}`),
      'stderr'
    )
    expect(device.size).toBe(0)
  })

  it('ends when its key is trusted no more', async () => {
    const client = new GtlsshHome()
    const { port, program, certificate, device, home } = await sharedWith(client, 'raw')
    client.knows(readFileSync(certificate, 'utf8'), port)
    const gtlssh = client.piped('-p', String(port), '127.0.0.1')
    gtlssh.process.stdin!.write('here')
    await eventually(() => expect(device.got.toString()).toBe('here'))
    home.write({})
    await gtlssh.ended
    await program.printed(/trusted no more/, 'stderr')
  })

  it('does not get the ports that it wants forwarded, and lives on', async () => {
    const client = new GtlsshHome()
    const { port, device, certificate } = await sharedWith(client, 'raw')
    client.knows(readFileSync(certificate, 'utf8'), port)
    const forwarded = await freePort()
    const gtlssh = client.piped('-p', String(port), '-L', `${forwarded}:localhost:9`, '127.0.0.1')
    gtlssh.process.stdin!.write('one')
    await eventually(() => expect(device.got.toString()).toBe('one'))
    const refused = new Program('socat', ['-', `TCP:127.0.0.1:${forwarded}`])
    await refused.ended
    gtlssh.process.stdin!.write('two')
    await eventually(() => expect(device.got.toString()).toBe('onetwo'))
  })
})

/** As ser2net's README says for gtlssh's users, but for what it is told of folders. */
function stack(client: GtlsshHome, folder: string): string {
  return `mux,certauth(cert=${client.certificate},key=${client.key},username=gensio),ssl(CA=${folder}/ours.pem),tcp`
}

describe.skipIf(missing || lacks('python3-gensio'))('gensio and our share', () => {
  it('gets and sets everything that gensio can', async () => {
    const client = new GtlsshHome()
    const { port, cable, certificate } = await sharedWith(client, 'rfc2217')
    const folder = temporaryFolder()
    copyFileSync(certificate, join(folder, 'ours.pem'))
    const script = join(import.meta.dirname, 'gensio-settings.py')
    const to = `telnet(rfc2217),${stack(client, folder)},127.0.0.1,${port}`
    const gensio = new Program(PYTHON, [script, to])
    const { code, stdout, stderr } = await gensio.ended
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      baud: [300, 9600, 250_000, 921_600, 921_600],
      datasize: [5, 6, 7, 8, 8],
      stopbits: [2, 1, 1]
    })
    expect(breaksOf(cable)).toBe(1)
  })

  it('carries 1 MiB both ways through gensiot', async () => {
    const client = new GtlsshHome()
    const { port, device, certificate } = await sharedWith(client, 'rfc2217')
    const folder = temporaryFolder()
    copyFileSync(certificate, join(folder, 'ours.pem'))
    const gensiot = new Program('gensiot', [
      '-i',
      'stdio(self)',
      `telnet(rfc2217),${stack(client, folder)},127.0.0.1,${port}`
    ])
    await roundTrip(gensiot, device)
  })
})

/** By its README's "complete encrypted example", in folders of the test's own. */
async function ser2net(
  home: InstanceHome,
  trusts: boolean
): Promise<{ url: string; device: Device; cable: Shared['cable'] }> {
  const folder = temporaryFolder()
  keygen(folder, '--keydir', folder, 'serverkey', 'ser2net')
  const allowed = join(folder, 'auth', user(), 'allowed_certs')
  mkdirSync(allowed, { recursive: true })
  home.write({ peers: [trustedPeer(join(folder, 'ser2net.crt'), 'ser2net')] })
  const client = join(allowed, 'client.crt')
  if (trusts) expect(await home.farport('pair', 'export', client).ended).toMatchObject({ code: 0 })
  else copyFileSync(new GtlsshHome().certificate, client)
  keygen(folder, 'rehash', allowed)
  const [cable, port] = [await shimmedPair(), await freePort()]
  const ssl = `ssl(key=${folder}/ser2net.key,cert=${folder}/ser2net.crt)`
  writeFileSync(
    join(folder, 'ser2net.yaml'),
    `%YAML 1.1
---
default:
  name: local
  value: true
  class: serialdev
connection: &my-console
  accepter: telnet(rfc2217),mux,certauth(),${ssl},tcp,127.0.0.1,${port}
  connector: serialdev,${cable.a.path},115200N81
  options:
    authdir: ${folder}/auth
`
  )
  new Program(programPath('ser2net'), ['-n', '-c', join(folder, 'ser2net.yaml')])
  await accepting(port)
  return { url: `rfc2217+certauth://127.0.0.1:${port}`, device: new Device(cable.b.path), cable }
}

const user = (): string => userInfo().username

describe.skipIf(missing)("our client and ser2net by its README's encrypted example", () => {
  it('carries 1 MiB both ways, and ends in good order', async () => {
    const home = new InstanceHome()
    const { url, device } = await ser2net(home, true)
    const ours = home.farport('connect', url, '--stdio')
    await roundTrip(ours, device)
    await ours.stop()
    expect(await ours.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('makes its settings, lines and breaks reach the device', async () => {
    const home = new InstanceHome()
    const { url, cable } = await ser2net(home, true)
    const ours = home.farport('connect', url, '--stdio', '-b', '57600', '--line', '7E2', '--dtr', 'off')
    await eventually(() => {
      expect(cable.a.state).toMatchObject({ dataBits: 7, parity: 'even', dtr: false })
      expect(cable.a.settings).toMatchObject({ baudRate: 57_600, stopBits: 2 })
    }, 10_000)
    await ours.stop()
    const sent = await home.farport('send', url, '--break', '100').ended
    expect(sent).toMatchObject({ code: 0 })
    expect(breaksOf(cable)).toBe(1)
  })

  it('says what to do there where our certificate is not known', async () => {
    const home = new InstanceHome()
    const { url } = await ser2net(home, false)
    const { code, stderr } = await home.farport('send', url, 'x').ended
    expect(code).toBe(4)
    expect(stderr).toMatch(
      /does not let this computer in .*farport pair export .*allowed_certs.*gtlssh-keygen rehash/
    )
  })

  it('says what to do here where its certificate is not trusted', async () => {
    const home = new InstanceHome()
    const { url } = await ser2net(home, true)
    home.write({})
    const { code, stderr } = await home.farport('send', url, 'x').ended
    expect(code).not.toBe(0)
    expect(stderr).toContain('farport pair import 127.0.0.1:')
  })
})
