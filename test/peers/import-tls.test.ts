/** `farport import` of ser2net's encrypted connections: one file, by ser2net and after the import by us, with the same clients. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { Program, temporaryFolder } from '../e2e/cli.ts'
import { Certificates, type Certificate } from '../net/certificates.ts'
import { accepting, freePort } from './free-port.ts'
import { lacks, programPath } from './need.ts'
import { TlsHome } from './tls-rig.ts'

/** Its name is no address. */
const NAME = { checkServerIdentity: () => undefined }

describe.skipIf(lacks('ser2net', 'openssl'))('ser2net’s ssl,tcp, by ser2net and by us', () => {
  const made = new Certificates()
  const server = made.make('box-ser2net')
  const ca = made.make('authority', { authority: true })
  const clients: Readonly<Record<string, Certificate | undefined>> = {
    nobody: undefined,
    alice: made.make('alice'),
    mallory: made.make('mallory'),
    signed: made.make('signed', { by: ca })
  }

  /** Whether it gets an echo; who ends its sending before would get none of ser2net either. */
  function isEchoed(port: number, own: Certificate | undefined): Promise<boolean> {
    const files = own && { cert: readFileSync(own.cert), key: readFileSync(own.key) }
    const socket = connect({ port, host: '127.0.0.1', ca: readFileSync(server.cert), ...files, ...NAME })
    return new Promise((resolve) => {
      socket.on('error', () => undefined)
      socket.once('secureConnect', () => socket.write('hello'))
      let got = ''
      socket.on('data', (bytes: Buffer) => {
        got += bytes.toString()
        if (got.length < 'hello'.length) return
        resolve(got === 'hello' && socket.authorized)
        socket.destroy()
      })
      socket.once('close', () => resolve(false))
    })
  }

  /** ser2net refuses who comes while it is still at the end of the one before. */
  async function isEchoedOnce(port: number, own: Certificate | undefined): Promise<boolean> {
    for (let tries = 0; tries < 5; tries++) if (await isEchoed(port, own)) return true
    return false
  }

  /** Who gets one where, in order. */
  async function echoes(ports: readonly number[]): Promise<string[]> {
    const who: string[] = []
    for (const [n, port] of ports.entries())
      for (const [name, own] of Object.entries(clients))
        if (await isEchoedOnce(port, own)) who.push(`${n} ${name}`)
    return who
  }

  it('lets in the same clients, who know it by the same certificate', async () => {
    const folder = temporaryFolder()
    const allowed = `${folder}/auth/alice/allowed_certs`
    mkdirSync(allowed, { recursive: true })
    const { cert } = clients.alice!
    const hash = execFileSync('openssl', ['x509', '-noout', '-hash', '-in', cert]).toString().trim()
    copyFileSync(cert, `${allowed}/alice.crt`)
    copyFileSync(cert, `${allowed}/${hash}.0`)
    const ports = [await freePort(), await freePort(), await freePort()] as const
    const own = `key=${server.key},cert=${server.cert}`
    const connection = (name: string, ssl: string, port: number, options = ''): string =>
      `connection: &${name}\n  accepter: ssl(${ssl}),tcp,127.0.0.1,${port}\n  connector: stdio,cat\n  options:\n    max-connections: 8\n${options}`
    const file = `${folder}/ser2net.yaml`
    writeFileSync(
      file,
      connection('anyone', own, ports[0]) +
        connection('keys', `${own},clientauth`, ports[1], `    authdir: ${folder}/auth\n`) +
        connection('authority', `${own},clientauth,CA=${ca.cert}`, ports[2])
    )

    const ser2net = new Program(programPath('ser2net'), ['-n', '-c', file])
    for (const port of ports) await accepting(port)
    const theirs = await echoes(ports)
    expect(theirs).toEqual(['0 nobody', '0 alice', '0 mallory', '0 signed', '1 alice'])
    await ser2net.stop()

    const home = new TlsHome()
    home.write({})
    const table = await home.done('import', file)
    const [, command = ''] = /to let its owner in: farport (pair import .*)$/m.exec(table) ?? []
    expect(command).toMatch(/--share keys$/)
    await home.done(...command.split(' '))
    await home.serve()
    for (const port of ports) await accepting(port)
    expect(await echoes(ports)).toEqual(theirs)
  }, 60_000)
})
