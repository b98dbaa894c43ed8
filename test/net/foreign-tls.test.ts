import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Fault } from '../../src-main/contract/faults.ts'
import { AllowList } from '../../src-main/net/allow-list.ts'
import type { Connection } from '../../src-main/net/connection.ts'
import { SocketConnection } from '../../src-main/net/socket-connection.ts'
import { HANDSHAKE_TIMEOUT_MS, dialSecure } from '../../src-main/net/tls-dial.ts'
import { MAX_PENDING, MAX_PENDING_PER_ADDRESS } from '../../src-main/net/tls-pending.ts'
import { TlsSocket } from '../../src-main/net/tls-socket.ts'
import { eventually } from '../eventually.ts'
import { FakeClock } from '../fake-clock.ts'
import { lacks } from '../peers/need.ts'
import { connectionSuite, ended } from '../suites/connection.ts'
import { Certificates, type Certificate, type KeyKind } from './certificates.ts'
import { Trusting, foreignPair, identityOf, listeningForeign, type Listening } from './foreign-tls-rig.ts'

const NONE = { cert: '', key: '', both: '', id: '' }
const has = !lacks('openssl')
const made = new Certificates()
const make: Certificates['make'] = (...args) => (has ? made.make(...args) : NONE)
const ours = make('farport')
const server = make('server', { names: 'IP:127.0.0.1' })
const client = make('workbench')
const ca = make('authority', { authority: true })
const signed = make('lab', { by: ca, names: 'DNS:lab.example,IP:127.0.0.1' })
const late = make('late', { by: ca, expired: true, names: 'IP:127.0.0.1' })
const other = make('other authority', { authority: true })

if (has)
  connectionSuite('TLS with other programs', () =>
    foreignPair(new Trusting(ours).trust(server, 'box'), new Trusting(server).trust(ours, 'us'))
  )
if (has) connectionSuite('TLS 1.2', pairOf12)

/** Ours offers 1.3, so the near end is told not to. */
async function pairOf12(): Promise<{ near: Connection; far: Connection }> {
  const listening = await listeningForeign(new Trusting(server).trust(client, 'bench'))
  const { key, certificate: cert } = identityOf(client)
  const near = await dialSecure(
    {
      to: { host: '127.0.0.1', port: listening.port },
      place: 'there',
      tls: { key, cert, maxVersion: 'TLSv1.2' },
      foreign: (error) => new Fault('bug', error.message),
      take: ({ tls, wire, options }) => {
        expect(tls.getProtocol()).toBe('TLSv1.2')
        return new SocketConnection(new TlsSocket(tls, wire), options)
      }
    },
    {}
  )
  await eventually(() => expect(listening.accepted).toHaveLength(1))
  return { near, far: listening.accepted[0]! }
}

/** A client as others write them. */
function coming({ port }: Listening, as?: Certificate, options: ConnectionOptions = {}): TLSSocket {
  const own = as && { key: readFileSync(as.key), cert: readFileSync(as.cert) }
  const tls = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...own, ...options })
  tls.on('error', () => undefined)
  onTestFinished(() => void tls.destroy())
  return tls
}

const closed = (tls: TLSSocket): Promise<string> =>
  new Promise((resolve) => {
    let said = ''
    tls.on('data', (bytes: Buffer) => (said += bytes.toString()))
    tls.once('close', () => resolve(said))
  })

describe.skipIf(lacks('openssl'))('a listener with TLS', () => {
  it.each<KeyKind>(['rsa', 'p256', 'ed25519'])(
    'knows who has a certificate with a key of the kind %s',
    async (kind) => {
      const someone = make(`someone ${kind}`, { kind })
      const listening = await listeningForeign(new Trusting(ours).trust(someone, 'bench', true))
      coming(listening, someone)
      await eventually(() => expect(listening.accepted).toHaveLength(1))
      expect(listening.accepted[0]?.far).toEqual({
        id: someone.id,
        name: 'bench',
        by: 'known',
        observe: true
      })
    }
  )

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'turns away strangers over %s, and says whose key it was',
    async (maxVersion) => {
      const listening = await listeningForeign(new Trusting(ours))
      await closed(coming(listening, client, { maxVersion }))
      await eventually(() =>
        expect(listening.refused).toMatchObject([{ why: `the key ${client.id} is strange` }])
      )
      await closed(coming(listening, undefined, { maxVersion }))
      await eventually(() => expect(listening.refused).toHaveLength(2))
      expect(listening.refused[1]?.why).toMatch(/no certificate.*farport pair import/)
      expect(listening.accepted).toEqual([])
    }
  )

  it('tells a stranger why, where that is no data of the device', async () => {
    const telnet = await listeningForeign(new Trusting(ours), { protocol: 'telnet' })
    expect(await closed(coming(telnet, client))).toBe(
      `this computer does not know your certificate (id ${client.id})\r\n`
    )
    const raw = await listeningForeign(new Trusting(ours))
    expect(await closed(coming(raw, client))).toBe('')
  })

  it('lets in whom an authority vouches for, by the name in the certificate', async () => {
    const listening = await listeningForeign(new Trusting(ours), { query: `ca=${ca.cert}` })
    coming(listening, signed)
    await eventually(() => expect(listening.accepted).toHaveLength(1))
    expect(listening.accepted[0]?.far).toEqual({
      id: signed.id,
      name: 'lab',
      by: 'authority',
      observe: false
    })
    await closed(coming(listening, client))
    await closed(coming(listening, late))
    await eventually(() => expect(listening.refused).toHaveLength(2))
    const [strange, expired] = listening.refused.map(({ why }) => why)
    expect(strange).toMatch(/none of those in the file ca= vouches for its certificate.*strange/)
    expect(expired).toMatch(/its certificate has expired/)
  })

  it('trusts nobody for what the system trusts, and takes a key that it knows whatever its dates are', async () => {
    const listening = await listeningForeign(new Trusting(ours).trust(late, 'old'), {
      query: `ca=${other.cert}`
    })
    coming(listening, late)
    await eventually(() => expect(listening.accepted).toHaveLength(1))
    expect(listening.warned).toEqual([expect.stringMatching(/certificate of old expired on 2025-01-01/)])
    await closed(coming(listening, signed))
    await eventually(() => expect(listening.refused).toHaveLength(1))
  })

  it('what the owner says of a key goes before what an authority says', async () => {
    const trusting = new Trusting(ours)
    trusting.known.set(signed.id, 'blocked')
    const listening = await listeningForeign(trusting, { query: `ca=${ca.cert}` })
    await closed(coming(listening, signed))
    await eventually(() => expect(listening.refused).toMatchObject([{ why: 'it is blocked' }]))
  })

  it('anyone: asks for no certificate, and goes by addresses', async () => {
    const open = await listeningForeign(new Trusting(ours), { query: 'anyone' })
    coming(open)
    await eventually(() => expect(open.accepted).toHaveLength(1))
    expect(open.accepted[0]?.far).toBeUndefined()
    const elsewhere = { query: 'anyone', allowList: new AllowList(['192.0.2.0/24']) }
    const shut = await listeningForeign(new Trusting(ours), elsewhere)
    await closed(coming(shut))
    await eventually(() => expect(shut.refused[0]?.why).toMatch(/address is not allowed/))
  })

  it('with keys, addresses count only where somebody said so', async () => {
    const trusting = new Trusting(ours).trust(client, 'bench')
    const unsaid = await listeningForeign(trusting, { allowList: new AllowList() })
    coming(unsaid, client)
    await eventually(() => expect(unsaid.accepted).toHaveLength(1))
    const said = await listeningForeign(trusting, { allowList: new AllowList(['192.0.2.7']) })
    await closed(coming(said, client))
    await eventually(() => expect(said.refused[0]?.why).toMatch(/address is not allowed/))
  })

  it('ends the connections of a key that is trusted no more', async () => {
    const trusting = new Trusting(ours).trust(client, 'bench')
    const listening = await listeningForeign(trusting)
    const tls = coming(listening, client)
    await eventually(() => expect(listening.accepted).toHaveLength(1))
    const end = ended(listening.accepted[0]!)
    trusting.revoke(client)
    expect((await end).code).toBe('unpaired')
    await closed(tls)
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'resumes no session over %s: who comes again is judged again',
    async (maxVersion) => {
      const trusting = new Trusting(ours).trust(client, 'bench')
      const listening = await listeningForeign(trusting)
      const first = coming(listening, client, { maxVersion })
      let session: Buffer | undefined
      first.on('session', (each) => (session = each))
      await eventually(() => expect(listening.accepted).toHaveLength(1))
      listening.accepted[0]?.write(Buffer.from('x'))
      await new Promise((resolve) => first.once('data', resolve))
      const ticket = session ?? first.getSession()
      trusting.revoke(client)
      const again = coming(listening, client, { maxVersion, ...(ticket && { session: ticket }) })
      let reused: boolean | undefined
      again.once('secureConnect', () => (reused = again.isSessionReused()))
      await closed(again)
      expect(reused).toBe(false)
      await eventually(() => expect(listening.refused).toHaveLength(1))
      expect(listening.accepted).toHaveLength(1)
    }
  )

  it('breaks off a handshake after 5 s, and takes 8 at a time from one address', async () => {
    const clock = new FakeClock()
    const listening = await listeningForeign(new Trusting(ours).trust(client, 'bench'), { clock })
    const silent = Array.from({ length: MAX_PENDING_PER_ADDRESS + 1 }, () => silentAt(listening))
    await eventually(() =>
      expect(listening.refused.map(({ why }) => why)).toEqual([expect.stringMatching(/too many/)])
    )
    await clock.advance(HANDSHAKE_TIMEOUT_MS)
    await Promise.all(silent)
    await eventually(() => expect(listening.refused).toHaveLength(silent.length))
    coming(listening, client)
    await eventually(() => expect(listening.accepted).toHaveLength(1))
  })

  it('keeps a slot for an address where somebody was let in, while others hold all of them', async () => {
    const listening = await listeningForeign(new Trusting(ours).trust(client, 'bench'))
    const from = (localAddress: string): ConnectionOptions & { localAddress: string } => ({ localAddress })
    const first = coming(listening, client, from('127.0.0.2'))
    await eventually(() => expect(listening.accepted).toHaveLength(1))
    first.destroy()
    const places = MAX_PENDING / MAX_PENDING_PER_ADDRESS
    for (let n = 0; n < MAX_PENDING; n++) void silentAt(listening, `127.0.1.${1 + (n % places)}`)
    void silentAt(listening, '127.0.1.250')
    await eventually(() =>
      expect(listening.refused).toMatchObject([{ why: expect.stringMatching(/too many/) as string }])
    )
    await closed(coming(listening, client, from('127.0.0.3')))
    expect(listening.accepted).toHaveLength(1)
    coming(listening, client, from('127.0.0.2'))
    await eventually(() => expect(listening.accepted).toHaveLength(2))
  })

  it('a web page is noticed', async () => {
    const listening = await listeningForeign(new Trusting(ours), { query: 'anyone', httpGuard: true })
    const tls = coming(listening)
    tls.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await eventually(() => expect(listening.accepted).toHaveLength(1))
    listening.accepted[0]?.resume()
    await closed(tls)
    expect(listening.refused[0]?.why).toMatch(/HTTP/)
  })
})

/** Connected, and says nothing: until it is closed. */
function silentAt({ port }: Listening, localAddress?: string): Promise<void> {
  const socket = createConnection({ port, host: '127.0.0.1', ...(localAddress && { localAddress }) })
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
