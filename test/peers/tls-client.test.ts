/** Our client, and servers with TLS as people run them. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, temporaryFolder } from '../e2e/cli.ts'
import { Certificates } from '../net/certificates.ts'
import { Device } from './device.ts'
import { accepting, freePort } from './free-port.ts'
import { lacks, programPath } from './need.ts'
import { payload } from './payload.ts'
import { shimmedPair } from './shimmed.ts'
import { TlsHome } from './tls-rig.ts'

describe.skipIf(lacks('openssl'))('our client with TLS', () => {
  const made = new Certificates()
  const server = made.make('server', { kind: 'rsa', names: 'IP:127.0.0.1' })
  const ca = made.make('authority', { authority: true })
  const signed = made.make('signed', { by: ca, names: 'DNS:box.example' })

  /** Sends, and hears the echo. */
  async function echoed(home: TlsHome, url: string, bytes = payload(1 << 20)): Promise<void> {
    const ours = home.farport('connect', url, '--stdio', '--standalone')
    ours.process.stdin?.write(bytes)
    try {
      await eventually(() => expect(ours.stdout.length).toBe(bytes.length), 20_000)
    } catch (error) {
      throw new Error(`${ours.stdout.length} bytes came back; ${ours.stderr}`, { cause: error })
    }
    expect(Buffer.from(ours.stdout, 'latin1').equals(bytes)).toBe(true)
    await ours.stop()
  }

  describe.skipIf(lacks('socat'))('and socat openssl-listen', () => {
    it.each(['TLS1.2', 'TLS1.3'])('%s, each side knows the other: 1 MiB both ways', async (version) => {
      const home = await (await new TlsHome().exported()).trust(server)
      const port = await freePort()
      const at = `openssl-listen:${port},bind=127.0.0.1,fork,reuseaddr,cert=${server.both},cafile=${home.own}`
      new Program('socat', [`${at},min-version=${version},max-version=${version}`, 'EXEC:cat'])
      await accepting(port)
      await echoed(home, `raw+tls://127.0.0.1:${port}`)
    })

    it('goes to no stranger, and says how to trust it; it says when it is not trusted itself', async () => {
      const home = await new TlsHome().exported()
      const port = await freePort()
      new Program('socat', [
        `openssl-listen:${port},bind=127.0.0.1,fork,reuseaddr,cert=${server.both},cafile=${server.cert}`,
        'EXEC:cat'
      ])
      await accepting(port)
      const send = (): Program =>
        home.farport('send', `raw+tls://127.0.0.1:${port}`, 'hello', '--wait', 'hello', '--timeout', '5')
      const refused = await send().ended
      expect(refused.code).toBe(4)
      expect(refused.stderr).toContain(`farport pair import 127.0.0.1:${port}`)
      expect(refused.stderr.replaceAll(' ', '')).toContain(server.id)
      await home.trust(server)
      const untrusted = await send().ended
      expect(untrusted.code).toBe(4)
      expect(untrusted.stderr).toMatch(/does not take this computer's certificate: .*farport pair export/)
    })

    it('goes where an authority vouches for the name', async () => {
      const home = await new TlsHome().exported()
      const port = await freePort()
      new Program('socat', [
        `openssl-listen:${port},bind=127.0.0.1,fork,reuseaddr,cert=${signed.both},verify=0`,
        'EXEC:cat'
      ])
      await accepting(port)
      await echoed(home, `raw+tls://127.0.0.1:${port}?ca=${ca.cert}&name=box.example`, Buffer.from('hello'))
      const other = await home.farport('send', `raw+tls://127.0.0.1:${port}?ca=${ca.cert}`, 'x').ended
      expect(other).toMatchObject({ code: 4, stderr: expect.stringMatching(/for another name/) as string })
    })
  })

  describe.skipIf(lacks('ser2net', 'socat', 'cc'))('and ser2net ssl,tcp', () => {
    it.each([
      ['without clientauth', ''],
      ['with clientauth', 'clientauth=true']
    ])('%s: settings and bytes', async (_, options) => {
      const home = await (await new TlsHome().exported()).trust(server)
      const cable = await shimmedPair()
      const device = new Device(cable.b.path)
      device.echo()
      const port = await freePort()
      const file = `${temporaryFolder()}/ser2net.yaml`
      const ssl = [`key=${server.key}`, `cert=${server.cert}`, ...(options === '' ? [] : [options])]
      // ser2net.yaml(5): users are the common names of certificates, and each has a folder of those that it may have.
      const allowed = `${temporaryFolder()}/Farport/allowed_certs`
      mkdirSync(allowed, { recursive: true })
      const hash = execFileSync('openssl', ['x509', '-noout', '-hash', '-in', home.own]).toString().trim()
      copyFileSync(home.own, `${allowed}/${hash}.0`)
      writeFileSync(
        file,
        `connection: &one
  accepter: telnet(rfc2217),ssl(${ssl.join(',')}),tcp,127.0.0.1,${port}
  connector: serialdev,${cable.a.path},9600n81,local
  options: { authdir: ${dirname(dirname(allowed))} }
`
      )
      new Program(programPath('ser2net'), ['-n', '-c', file])
      await accepting(port)
      const answer = await home.farport(
        ...[
          'send',
          `rfc2217+tls://127.0.0.1:${port}`,
          '-b',
          '57600',
          '--line',
          '7E1',
          'hello',
          '--wait',
          'hello',
          '--timeout',
          '5'
        ]
      ).ended
      expect(answer).toMatchObject({ code: 0, stderr: '' })
      expect(device.got.toString()).toContain('hello')
    })
  })

  it.skipIf(lacks('gensiot'))('and gensiot ssl(clientauth),tcp', async () => {
    const home = await (await new TlsHome().exported()).trust(server)
    const port = await freePort()
    const ssl = `ssl(key=${server.key},cert=${server.cert},clientauth,CA=${home.own}),tcp,127.0.0.1,${port}`
    const far = new Program('gensiot', ['-a', '-i', 'stdio(self)', ssl])
    const ours = home.farport('connect', `raw+tls://127.0.0.1:${port}`, '--stdio', '--standalone')
    ours.process.stdin?.write('from here')
    await far.printed(/from here/)
    far.process.stdin?.write('from there')
    await ours.printed(/from there/)
  })

  it.skipIf(lacks('ser2net'))(
    'and ser2net that does not know our certificate, and does not say so',
    async () => {
      const home = await (await new TlsHome().exported()).trust(server)
      const [port, folder] = [await freePort(), temporaryFolder()]
      writeFileSync(
        `${folder}/ser2net.yaml`,
        `connection: &one
  accepter: ssl(key=${server.key},cert=${server.cert},clientauth),tcp,127.0.0.1,${port}
  connector: stdio,cat
  options: { authdir: ${folder} }
`
      )
      new Program(programPath('ser2net'), ['-n', '-c', `${folder}/ser2net.yaml`])
      await accepting(port)
      const words = ['x', '--wait', 'x', '--timeout', '5']
      expect(await home.farport('send', `raw+tls://127.0.0.1:${port}`, ...words).ended).toMatchObject({
        code: 4,
        stderr: expect.stringMatching(/not take this computer's certificate: .*farport pair export/) as string
      })
    }
  )

  it('and openssl s_server, whether it sends session tickets or not', async () => {
    const home = await (await new TlsHome().exported()).trust(server)
    for (const tickets of ['0', '2']) {
      const port = await freePort()
      const own = ['-cert', server.cert, '-key', server.key, '-rev', '-num_tickets', tickets]
      const far = new Program('openssl', ['s_server', '-quiet', '-accept', `127.0.0.1:${port}`, ...own])
      await accepting(port)
      const words = ['hello', '--end', 'lf', '--wait', 'olleh', '--timeout', '5']
      expect((await home.farport('send', `raw+tls://127.0.0.1:${port}`, ...words).ended).code).toBe(0)
      await far.stop()
    }
  })

  it('and openssl s_server that demands a certificate', async () => {
    const home = await (await new TlsHome().exported()).trust(server)
    for (const version of ['-tls1_2', '-tls1_3']) {
      const port = await freePort()
      const own = [
        '-cert',
        server.cert,
        '-key',
        server.key,
        '-CAfile',
        home.own,
        '-Verify',
        '1',
        '-verify_return_error'
      ]
      const far = new Program('openssl', [
        's_server',
        '-quiet',
        version,
        '-accept',
        `127.0.0.1:${port}`,
        ...own
      ])
      await eventually(async () => {
        const send = await home.farport('send', `raw+tls://127.0.0.1:${port}`, 'hello').ended
        expect(send.code).toBe(0)
      })
      await far.printed(/hello/)
      await far.stop()
    }
  })
})
