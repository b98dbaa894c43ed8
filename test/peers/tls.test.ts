/** Listeners with TLS, and the programs that people have for it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../eventually.ts'
import { Program, temporaryFolder } from '../e2e/cli.ts'
import { Certificates, type Certificate } from '../net/certificates.ts'
import { accepting, freePort } from './free-port.ts'
import { PYTHON, lacks } from './need.ts'
import { payload } from './payload.ts'
import { TlsHome } from './tls-rig.ts'

const SIZE = 1 << 20
const script = (name: string): string => join(import.meta.dirname, name)

describe.skipIf(lacks('openssl'))('our listener with TLS', () => {
  const made = new Certificates()
  const rsa = made.make('bench', { kind: 'rsa' })
  const p256 = made.make('p256')
  const ed25519 = made.make('ed25519', { kind: 'ed25519' })
  const ca = made.make('authority', { authority: true })
  const server = made.make('server', { by: ca, names: 'DNS:localhost,IP:127.0.0.1', kind: 'rsa' })
  const signed = made.make('signed', { by: ca })
  const late = made.make('late', { by: ca, expired: true })

  const trusting = async (...all: Certificate[]): Promise<TlsHome> => {
    const home = await new TlsHome().exported()
    for (const each of all) await home.trust(each, '--permit', 'control')
    return home
  }
  const sent = (): { file: string; bytes: Buffer } => {
    const bytes = payload(SIZE)
    const file = `${temporaryFolder()}/sent`
    writeFileSync(file, bytes)
    return { file, bytes }
  }
  /** A shell's redirection and the program's own output, compared. */
  const through = async (file: string, ...command: string[]): Promise<Buffer> => {
    const got = `${temporaryFolder()}/got`
    const run = new Program('sh', ['-c', `exec "$@" < '${file}' > '${got}'`, 'sh', ...command])
    expect(await run.ended).toMatchObject({ code: 0 })
    return readFileSync(got)
  }

  describe.skipIf(lacks('socat'))('and socat', () => {
    it.each([
      ['RSA over TLS 1.2', rsa, ',max-version=TLS1.2'],
      ['P-256 over TLS 1.3', p256, ',min-version=TLS1.3'],
      ['Ed25519 over TLS 1.3', ed25519, '']
    ])('%s: 1 MiB both ways, and the answer to what ends at once', async (_, own, more) => {
      const home = await trusting(own)
      const { port, program } = await home.shared('sim:echo', '--listen', 'raw+tls://127.0.0.1:0')
      const to = `openssl-connect:127.0.0.1:${port},cert=${own.both},cafile=${home.own},commonname=Farport${more}`
      const { file, bytes } = sent()
      expect((await through(file, 'socat', '-t', '5', '-', to)).equals(bytes)).toBe(true)
      const short = new Program('socat', ['-', to])
      short.process.stdin?.end('hello')
      expect(await short.ended).toMatchObject({ code: 0, stdout: 'hello' })
      expect(program.stderr).toMatch(
        new RegExp(`client \\d connected: ${own === rsa ? 'bench' : own === p256 ? 'p256' : 'ed25519'}`)
      )
    })

    it('refuses strangers with the command that lets them in, and that does', async () => {
      const home = await trusting()
      const { port, program } = await home.shared('sim:echo', '--listen', 'telnet+tls://127.0.0.1:0')
      const to = `openssl-connect:127.0.0.1:${port},cert=${rsa.both},cafile=${home.own},commonname=Farport`
      const stranger = new Program('socat', ['-', to])
      expect((await stranger.ended).stdout).toContain(`does not know your certificate (id ${rsa.id})`)
      const [, command = ''] = await program.printed(
        /client refused: .*: farport (pair import .*)\)/,
        'stderr'
      )
      await home.done(...command.replace('NAME', 'bench').split(' '))
      await eventually(async () => {
        const again = new Program('socat', ['-t', '2', '-', to])
        again.process.stdin?.end('hello')
        expect((await again.ended).stdout).toContain('hello')
      })
    })

    it('lets in whom the authority vouches for, and nobody else: not the expired, not those of others', async () => {
      const home = await trusting()
      const { port, program } = await home.shared(
        'sim:echo',
        '--listen',
        `raw+tls://127.0.0.1:0?ca=${ca.cert}&cert=${server.cert}&key=${server.key}`
      )
      const as = (own: Certificate): Program => {
        const socat = new Program('socat', [
          '-',
          `openssl-connect:localhost:${port},cert=${own.both},cafile=${ca.cert}`
        ])
        socat.process.stdin?.end('hello')
        return socat
      }
      expect((await as(signed).ended).stdout).toBe('hello')
      expect((await as(late).ended).stdout).toBe('')
      expect((await as(rsa).ended).stdout).toBe('')
      await program.printed(/client refused: \S+ \(its certificate has expired/, 'stderr')
      await program.printed(/client refused: \S+ \(none of those in the file ca= vouches/, 'stderr')
      expect(program.stderr).toMatch(/connected: signed \(127\.0\.0\.1:/)
    })

    it('ends who is blocked though an authority vouches for him, at once and from then on', async () => {
      const home = await trusting()
      const query = `ca=${ca.cert}&cert=${server.cert}&key=${server.key}`
      const { port, program } = await home.shared('sim:echo', '--listen', `raw+tls://127.0.0.1:0?${query}`)
      const to = `openssl-connect:localhost:${port},cert=${signed.both},cafile=${ca.cert}`
      const socat = new Program('socat', ['-', to])
      socat.process.stdin?.write('hello')
      await socat.printed(/hello/)
      await home.done('pair', 'block', signed.id)
      await socat.ended
      const again = new Program('socat', ['-', to])
      again.process.stdin?.end('hello')
      expect((await again.ended).stdout).toBe('')
      await program.printed(/client refused: .* is blocked here/, 'stderr')
    })

    it('anyone: encrypted, without a certificate; and then not open to other computers by chance', async () => {
      const home = await trusting()
      const { port } = await home.shared('sim:echo', '--listen', 'raw+tls://127.0.0.1:0?anyone')
      const socat = new Program('socat', [
        '-',
        `openssl-connect:127.0.0.1:${port},cafile=${home.own},commonname=Farport`
      ])
      socat.process.stdin?.end('hello')
      expect((await socat.ended).stdout).toBe('hello')
      const open = await home.farport(
        'share',
        'sim:echo',
        '--listen',
        'raw+tls://0.0.0.0:0?anyone',
        '--standalone'
      ).ended
      expect(open).toMatchObject({ code: 5, stderr: expect.stringMatching(/--allow/) as string })
    })

    it('a certificate that is forgotten, or may do less, counts at once for who is connected', async () => {
      const home = await trusting(rsa)
      home.write({
        ...home.read(),
        shares: [{ id: 's1', name: 'desk', port: { target: 'sim:echo' }, listen: ['raw+tls://127.0.0.1:0'] }]
      })
      const serving = await home.serve()
      const [, port = ''] = await eventually(async () => {
        const found = /raw\+tls:\/\/127\.0\.0\.1:([1-9]\d*)/.exec(await home.done('list', '--json'))
        expect(found).not.toBeNull()
        return found!
      })
      const socat = new Program('socat', [
        '-',
        `openssl-connect:127.0.0.1:${port},cert=${rsa.both},cafile=${home.own},commonname=Farport`
      ])
      socat.process.stdin?.write('one')
      await socat.printed(/one/)
      for (const name of [[], ['desk']])
        expect(await home.done('list', ...name)).toMatch(/raw\+tls:\/\/127\.0\.0\.1:\d+ \(encrypted\)$/m)
      await home.done('permit', 'bench', 'desk', 'observe')
      expect(await home.done('list', '--json')).toMatch(/"observes":true/)
      await home.done('permit', 'bench', 'desk', 'control')
      socat.process.stdin?.write('two')
      await socat.printed(/two/)
      await home.done('permit', 'bench', 'desk', 'none')
      await socat.ended
      await home.done('permit', 'bench', 'desk', 'control')
      const third = new Program('socat', [
        '-',
        `openssl-connect:127.0.0.1:${port},cert=${rsa.both},cafile=${home.own},commonname=Farport`
      ])
      third.process.stdin?.write('three')
      await third.printed(/three/)
      await home.done('pair', 'remove', 'bench')
      await third.ended
      const again = new Program('socat', [
        '-',
        `openssl-connect:127.0.0.1:${port},cert=${rsa.both},cafile=${home.own},commonname=Farport`
      ])
      again.process.stdin?.end('x')
      expect((await again.ended).stdout).toBe('')
      await serving.printed(/client refused: .*farport pair import/, 'stderr')
    })

    it('so does a permission that is taken while a command shares by itself', async () => {
      const home = await trusting(rsa)
      const { port } = await home.shared('sim:echo', '--listen', 'raw+tls://127.0.0.1:0')
      const socat = new Program('socat', [
        '-',
        `openssl-connect:127.0.0.1:${port},cert=${rsa.both},cafile=${home.own},commonname=Farport`
      ])
      socat.process.stdin?.write('one')
      await socat.printed(/one/)
      await home.done('permit', 'bench', 'none')
      await socat.ended
    })

    it('serves who has a certificate while others hold handshakes open', async () => {
      const home = await trusting(rsa)
      const { port } = await home.shared('sim:echo', '--listen', 'raw+tls://127.0.0.1:0')
      const flood = Array.from({ length: 300 }, (_, n) => {
        const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.${1 + (n % 200)}.9` })
        socket.on('error', () => undefined)
        socket.on('connect', () => socket.write(Buffer.from([22, 3, 1, 2, 0])))
        onTestFinished(() => void socket.destroy())
        return socket
      })
      await eventually(() => expect(flood.some(({ closed }) => closed)).toBe(true))
      await eventually(async () => {
        const socat = new Program('socat', [
          '-',
          `openssl-connect:127.0.0.1:${port},cert=${rsa.both},cafile=${home.own},commonname=Farport`
        ])
        socat.process.stdin?.end('hello')
        expect((await socat.ended).stdout).toBe('hello')
      })
    })
  })

  it('and openssl s_client', async () => {
    const home = await trusting(rsa)
    const { port } = await home.shared('sim:echo', '--listen', 'raw+tls://127.0.0.1:0')
    for (const version of ['-tls1_2', '-tls1_3']) {
      const own = ['-cert', rsa.cert, '-key', rsa.key, '-CAfile', home.own, '-verify_return_error']
      const client = new Program('openssl', [
        's_client',
        '-quiet',
        version,
        '-connect',
        `127.0.0.1:${port}`,
        ...own
      ])
      client.process.stdin?.write('hello\n')
      await client.printed(/hello\n/)
      await client.stop()
    }
  })

  it.skipIf(lacks('gensiot'))('and gensiot ssl,tcp: 1 MiB both ways', async () => {
    const home = await trusting(rsa)
    const { port } = await home.shared('sim:echo', '--listen', 'raw+tls://127.0.0.1:0')
    const { bytes } = sent()
    const ssl = `ssl(CA=${home.own},cert=${rsa.cert},key=${rsa.key}),tcp,127.0.0.1,${port}`
    const client = new Program('gensiot', ['-i', 'stdio(self)', ssl])
    client.process.stdin?.write(bytes)
    await eventually(() => expect(client.stdout.length).toBe(bytes.length))
    expect(Buffer.from(client.stdout, 'latin1').equals(bytes)).toBe(true)
  })

  it.skipIf(lacks('python3-gensio', 'socat'))(
    'and gensio over telnet(rfc2217), in a tunnel of socat: every set and get',
    async () => {
      const home = await trusting(rsa)
      const { port } = await home.shared('sim:echo', '--listen', 'rfc2217+tls://127.0.0.1:0')
      const near = await freePort()
      const to = `openssl-connect:127.0.0.1:${port},cert=${rsa.both},cafile=${home.own},commonname=Farport`
      new Program('socat', [`tcp-listen:${near},bind=127.0.0.1,reuseaddr,fork`, to])
      await accepting(near)
      const gensio = `telnet(rfc2217),tcp,127.0.0.1,${near}`
      const ended = await new Program(PYTHON, [script('gensio-settings.py'), gensio]).ended
      expect(ended.stderr).toBe('')
      expect(JSON.parse(ended.stdout)).toMatchObject({
        baud: [300, 9600, 250000, 921600, 921600],
        datasize: [5, 6, 7, 8, 8],
        parity: [2, 3, 4, 5, 1, 1]
      })
    }
  )

  it.skipIf(lacks('telnet-ssl', 'script'))('and telnet-ssl -z ssl, which needs TLS 1.2', async () => {
    const home = await trusting(rsa)
    const { port } = await home.shared('sim:echo', '--listen', 'telnet+tls://127.0.0.1:0?version=1.2')
    const telnet = `telnet-ssl -z ssl -z cert=${rsa.cert} -z key=${rsa.key} 127.0.0.1 ${port}`
    const client = new Program('script', ['-qfec', telnet, '/dev/null'])
    await client.printed(/Escape character/)
    client.process.stdin?.write('hello\r')
    await client.printed(/hello/)
    client.process.stdin?.write('again\r')
    await client.printed(/again/)
  })

  it.skipIf(lacks('python3'))("and Python's ssl", async () => {
    const home = await trusting(p256)
    const { port } = await home.shared('sim:echo', '--listen', 'raw+tls://127.0.0.1:0')
    const program = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
context.check_hostname = False
context.load_cert_chain(sys.argv[3], sys.argv[4])
with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])))) as far:
    far.sendall(b"hello")
    print(far.version(), far.recv(5).decode())`
    const ended = await new Program(PYTHON, ['-c', program, String(port), home.own, p256.cert, p256.key])
      .ended
    expect(ended).toMatchObject({ code: 0, stdout: 'TLSv1.3 hello\n' })
  })
})
