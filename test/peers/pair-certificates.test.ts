/** `farport pair import` and `export`, as people and scripts call them. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FARPORT, Program, temporaryFolder } from '../e2e/cli.ts'
import { idOfKey } from '../../src-main/net/tls-identity.ts'
import { Certificates } from '../net/certificates.ts'
import { accepting, freePort } from './free-port.ts'
import { lacks } from './need.ts'
import { TlsHome } from './tls-rig.ts'

const peers = (home: TlsHome): unknown[] =>
  existsSync(home.settings) ? home.read().peers.map(({ name, id }) => [name, id]) : []

describe.skipIf(lacks('openssl'))('farport pair import', () => {
  const made = new Certificates()
  const server = made.make('bench box', { kind: 'rsa' })

  it('of a certificate whose names are all in its alternative ones', async () => {
    const home = new TlsHome()
    const bare = made.make('', { names: 'DNS:bare.example' })
    expect(await home.done('pair', 'import', bare.cert, '--permit', 'observe')).toMatch(
      /subject {2}\(none\)\n[^]*trusted bare\.example: observe/
    )
    expect(peers(home)).toEqual([['bare.example', bare.id]])
  })

  it('of an id that was told needs a name, and of many certificates none', async () => {
    const home = new TlsHome()
    expect(await home.farport('pair', 'import', server.id).ended).toMatchObject({ code: 2 })
    await home.done('pair', 'import', server.id.toUpperCase(), '--name', 'box')
    expect(peers(home)).toEqual([['box', server.id]])
    const bundle = join(temporaryFolder(), 'all.pem')
    const others = [made.make('one'), made.make('two')]
    writeFileSync(bundle, others.map(({ cert }) => readFileSync(cert, 'utf8')).join(''))
    expect(await home.farport('pair', 'import', bundle, '--name', 'x').ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/2 certificates.*leave out --name/) as string
    })
    await home.done('pair', 'import', bundle)
    expect(peers(home)).toHaveLength(3)
  })

  describe.skipIf(lacks('socat', 'script'))('of what answers somewhere', () => {
    /** A server that demands a certificate of its own authority. */
    async function demanding(version: string): Promise<string> {
      const port = await freePort()
      const at = `openssl-listen:${port},bind=127.0.0.1,fork,reuseaddr,cert=${server.both},cafile=${server.cert}`
      new Program('socat', [`${at},min-version=${version},max-version=${version}`, 'EXEC:cat'])
      await accepting(port)
      return `127.0.0.1:${port}`
    }
    const asked = (home: TlsHome, place: string): Program => {
      const command = [process.execPath, FARPORT, 'pair', 'import', place]
      return new Program('script', ['-qfec', command.join(' '), '/dev/null'], { env: home.env })
    }

    it.each(['TLS1.2', 'TLS1.3'])('%s: shows it, and a person at a terminal says yes', async (version) => {
      const home = new TlsHome()
      const at = await demanding(version)
      const run = asked(home, at)
      await run.printed(/right one\? \[y\/N\]/)
      expect(run.stdout.replaceAll(' ', '')).toContain(server.id)
      expect(peers(home)).toEqual([])
      run.process.stdin?.write('y\r')
      expect((await run.ended).code).toBe(0)
      expect(peers(home)).toEqual([['bench box', server.id]])
      expect(home.read().peers[0]?.addresses).toEqual([at])
    })

    it.each(['n', '', 'yesterday'])('%j is no', async (answer) => {
      const home = new TlsHome()
      const run = asked(home, await demanding('TLS1.3'))
      await run.printed(/right one\? \[y\/N\]/)
      run.process.stdin?.write(`${answer}\r`)
      expect(await run.ended).toMatchObject({
        code: 4,
        stdout: expect.stringMatching(/is not trusted: find out its id there/) as string
      })
      expect(peers(home)).toEqual([])
    })

    it('a script has to know the id', async () => {
      const home = new TlsHome()
      const run = home.farport('pair', 'import', await demanding('TLS1.3'))
      run.process.stdin?.end('y\n')
      const { code, stderr } = await run.ended
      expect([code, peers(home)]).toEqual([2, []])
      const [, command = ''] = /: farport (pair import .*)$/m.exec(stderr) ?? []
      await home.done(...command.split(' '))
      expect(peers(home)).toEqual([[expect.any(String), server.id]])
    })

    it('nothing is asked where there is none', async () => {
      const home = new TlsHome()
      const plain = await freePort()
      new Program('socat', [`tcp-listen:${plain},bind=127.0.0.1,fork,reuseaddr`, 'EXEC:echo hello'])
      await accepting(plain)
      const { code, stderr } = await home.farport('pair', 'import', `127.0.0.1:${plain}`).ended
      expect(code).toBe(4)
      expect(stderr).toMatch(/^farport: 127\.0\.0\.1:\d+ shows no certificate \([^\n]+\n$/)
    })
  })
})

describe('farport pair export', () => {
  it('prints the certificate of this installation, or writes it to a file that was not there', async () => {
    const home = new TlsHome()
    const printed = await home.done('pair', 'export')
    const file = join(temporaryFolder(), 'own.crt')
    const told = await home.done('pair', 'export', file)
    expect(readFileSync(file, 'utf8')).toBe(printed)
    expect(printed).not.toContain('PRIVATE')
    const id = idOfKey(new X509Certificate(printed).publicKey)
    expect(told.replaceAll(' ', '')).toContain(id)
    expect(JSON.parse(await home.done('pair', 'export', '--json'))).toMatchObject({ exported: { id } })
    expect(await home.farport('pair', 'export', file).ended).toMatchObject({
      stderr: expect.stringMatching(/is there already/) as string
    })
    expect(readFileSync(file, 'utf8')).toBe(printed)
  })

  it('of the Farport that runs is the same', async () => {
    const home = new TlsHome()
    const alone = await home.done('pair', 'export')
    await home.serve()
    expect(await home.done('pair', 'export')).toBe(alone)
  })
})
