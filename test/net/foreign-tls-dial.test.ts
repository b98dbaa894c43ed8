import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { toFault, type Fault } from '../../src-main/contract/faults.ts'
import { eventually } from '../eventually.ts'
import { FakeClock } from '../fake-clock.ts'
import { lacks } from '../peers/need.ts'
import { ended, received } from '../suites/connection.ts'
import { Certificates, type Certificate } from './certificates.ts'
import { Trusting, diallingForeign, listeningForeign } from './foreign-tls-rig.ts'

describe.skipIf(lacks('openssl'))('dialling with TLS', () => {
  const made = new Certificates()
  const ours = made.make('farport')
  const box = made.make('box', { kind: 'rsa' })
  const ca = made.make('authority', { authority: true })
  const signed = made.make('signed', { by: ca, names: 'DNS:box.example,IP:127.0.0.1' })
  const named = made.make('named', { by: ca, names: 'DNS:box.example' })
  const late = made.make('late', { by: ca, expired: true, names: 'IP:127.0.0.1' })

  /** A server as others write them, which says what it hears; its port. */
  async function serving(
    as: Certificate,
    options: TlsOptions = {},
    heard: () => void = () => undefined
  ): Promise<{ port: number; who: string[]; clients: TLSSocket[] }> {
    const who: string[] = []
    const clients: TLSSocket[] = []
    const server = createServer(
      { key: readFileSync(as.key), cert: readFileSync(as.cert), ...options },
      (tls) => {
        tls.on('error', () => undefined)
        clients.push(tls)
        heard()
        who.push(tls.getPeerX509Certificate()?.subject ?? 'nobody')
        tls.pipe(tls)
        onTestFinished(() => void tls.destroy())
      }
    )
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { port: (server.address() as AddressInfo).port, who, clients }
  }

  const refused = async (trusting: Trusting, port: number, query = ''): Promise<Fault> =>
    diallingForeign(trusting, port, { query }).then(() => expect.unreachable(), toFault)

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'shows our certificate where it is asked for, over %s',
    async (maxVersion) => {
      const { port, who } = await serving(box, { maxVersion, requestCert: true, rejectUnauthorized: false })
      const trusting = new Trusting(ours).trust(box, 'box')
      const plain = await diallingForeign(trusting, port)
      const echo = received(plain, 5)
      plain.resume()
      plain.write(Buffer.from('hello'))
      expect((await echo).toString()).toBe('hello')
      await diallingForeign(trusting, port, { query: `cert=${box.both}` })
      await eventually(() => expect(who).toEqual(['CN=farport', 'CN=box']))
    }
  )

  it('goes nowhere that is not trusted: a strange key, one that is blocked, one that only the system trusts', async () => {
    const { port } = await serving(box)
    expect(await refused(new Trusting(ours), port)).toMatchObject({
      code: 'peer-not-paired',
      message: `127.0.0.1:${port} has the strange key ${box.id}.`
    })
    const trusting = new Trusting(ours)
    trusting.known.set(box.id, 'blocked')
    expect((await refused(trusting, port)).code).toBe('peer-not-paired')
  })

  it('goes where an authority vouches for the name that was dialled, or that was asked for', async () => {
    const [right, elsewhere, old, own] = await Promise.all([
      serving(signed),
      serving(named),
      serving(late),
      serving(box)
    ])
    const nobody = new Trusting(ours)
    await diallingForeign(nobody, right.port, { query: `ca=${ca.cert}` })
    await diallingForeign(nobody, right.port, { query: `ca=${ca.cert}`, host: 'localhost' }).catch(
      (error: unknown) => expect(toFault(error).message).toMatch(/certificate is for another name/)
    )
    expect((await refused(nobody, elsewhere.port, `ca=${ca.cert}`)).message).toMatch(
      /certificate is for another name/
    )
    await diallingForeign(nobody, elsewhere.port, { query: `ca=${ca.cert}&name=box.example` })
    expect((await refused(nobody, old.port, `ca=${ca.cert}`)).message).toMatch(/certificate has expired/)
    expect((await refused(nobody, own.port, `ca=${ca.cert}`)).message).toMatch(
      /none of those in the file ca= vouches/
    )
  })

  it('takes a key that it knows whatever the certificate says of names and dates, and warns', async () => {
    const { port } = await serving(late)
    const warned: string[] = []
    await diallingForeign(new Trusting(ours).trust(late, 'old'), port, {
      warn: (text) => void warned.push(text)
    })
    expect(warned).toEqual([expect.stringMatching(/expired on 2025-01-01/)])
  })

  describe('says where the far side does not take our certificate', () => {
    const ask = { requestCert: true, rejectUnauthorized: true, ca: [readFileSync(ca.cert)] }
    const trusting = new Trusting(ours).trust(box, 'box')

    it('which is heard in TLS 1.3 when we are connected already', async () => {
      const { port } = await serving(box, ask)
      const fault = await refused(trusting, port)
      expect(fault.code).toBe('peer-refused')
      expect(fault.message).toMatch(/does not take this computer's certificate: .*farport pair export/)
      expect((await refused(trusting, port, `cert=${ours.both}`)).message).toContain(
        `does not take the certificate in ${ours.both}`
      )
    })

    // Node's server breaks off without a word; OpenSSL's own is in test/peers.
    it('or perhaps does not, where TLS 1.2 ends without a word', async () => {
      const { port } = await serving(box, { ...ask, maxVersion: 'TLSv1.2' })
      expect((await refused(trusting, port)).message).toMatch(
        /takes the certificate that farport pair export/
      )
    })

    it('or ends it a moment later, as gensio does; not where it said something, or much later', async () => {
      const clock = new FakeClock()
      for (const [said, waitMs, code] of [
        ['', 0, 'refused'],
        ['hello', 0, 'done'],
        ['', 6000, 'done']
      ] as const) {
        const { port, clients } = await serving(box)
        const connection = await diallingForeign(trusting, port, { clock })
        const end = ended(connection)
        connection.resume()
        await clock.advance(waitMs)
        await eventually(() => expect(clients).toHaveLength(1))
        clients[0]!.end(said)
        expect((await end).code).toBe(code)
      }
    })

    it('and can be stopped meanwhile', async () => {
      const stop = new AbortController()
      const { port } = await serving(box, {}, () => stop.abort(new Error('enough')))
      await expect(diallingForeign(trusting, port, { signal: stop.signal })).rejects.toThrow('enough')
    })
  })

  it('ends when the key of the server is trusted no more', async () => {
    const { port } = await serving(box)
    const trusting = new Trusting(ours).trust(box, 'box')
    const connection = await diallingForeign(trusting, port)
    const end = ended(connection)
    trusting.revoke(box)
    expect((await end).code).toBe('unpaired')
  })

  it('says what does not speak TLS', async () => {
    const { listener, port } = await listeningForeign(new Trusting(ours), { query: 'anyone' })
    await listener.close({ code: 'done', message: '' })
    expect((await refused(new Trusting(ours), port)).code).toBe('peer-refused')
  })

  describe('names a file that cannot be used, and what to do', () => {
    const path = (name: string): string => join(made.folder, name)
    const file = (name: string, text: string, mode = 0o600): string => {
      writeFileSync(path(name), text, { mode })
      chmodSync(path(name), mode)
      onTestFinished(() => rmSync(path(name), { force: true }))
      return path(name)
    }
    const read = (name: string): string => readFileSync(name, 'utf8')

    it.each<[string, () => string, RegExp]>([
      ['that is not there', () => `ca=${path('none.pem')}`, /There is no file .*none\.pem/],
      ['that is a folder', () => `ca=${made.folder}`, /is no file/],
      ['without a certificate', () => `ca=${file('a', 'hello')}`, /holds no certificate as PEM/],
      [
        'with half a certificate',
        () => `ca=${file('b', read(ca.cert).replace(/\n.{20}/, '\n'))}`,
        /cannot be read/
      ],
      ['without a key', () => `cert=${file('c', read(ours.cert))}`, /holds no private key.*key=/],
      ['whose key is of another certificate', () => `cert=${ours.cert}&key=${box.key}`, /does not fit/],
      [
        'with a key that others may read',
        () => `cert=${ours.cert}&key=${file('d', read(ours.key), 0o644)}`,
        /open to other users.*chmod 600/
      ],
      [
        'with a key in it that others may read',
        () => `cert=${file('e', read(ours.both), 0o604)}`,
        /chmod 600/
      ]
    ])('%s', async (_, query, message) => {
      const fault = await refused(new Trusting(ours), 1, query())
      expect(fault.code).toBe('certificate-broken')
      expect(fault.message).toMatch(message)
      await expect(listeningForeign(new Trusting(ours), { query: query() })).rejects.toMatchObject({
        message: fault.message
      })
    })
  })
})
