import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Emitter, never, once } from '../../src-main/base/event.ts'
import type { CloseReason } from '../../src-main/contract/close.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { Fault } from '../../src-main/contract/faults.ts'
import type { Refusal } from '../../src-main/net/carrier.ts'
import { LOGIN_TIMEOUT_MS } from '../../src-main/net/certauth-listener.ts'
import { isSignedBy, signedBy } from '../../src-main/net/certauth-signature.ts'
import { loggedIn } from '../../src-main/net/certauth-talk.ts'
import type { Connection, Listener } from '../../src-main/net/connection.ts'
import { dial, listen } from '../../src-main/net/dial.ts'
import { parseEndpoint } from '../../src-main/net/endpoint.ts'
import { dialForeignTls } from '../../src-main/net/foreign-tls-dial.ts'
import type { TlsIdentity } from '../../src-main/net/tls-identity.ts'
import { idOfKey } from '../../src-main/net/tls-identity.ts'
import type { DialTrust, KeyVerdict, ListenTrust } from '../../src-main/net/tls-trust.ts'
import { CertauthClient } from '../../src-main/protocol/certauth-login.ts'
import { FakeClock } from '../fake-clock.ts'
import { eventually } from '../eventually.ts'
import { connectionSuite, ended, received } from '../suites/connection.ts'
import { lacks } from '../peers/need.ts'
import { Certificates } from './certificates.ts'
import { alice, bob } from './tls-pair.ts'
import { newTlsIdentity } from './tls-identities.ts'

const idOf = ({ certificate }: TlsIdentity): string => idOfKey(new X509Certificate(certificate).publicKey)

const ADMITTED: KeyVerdict = { type: 'admitted', name: 'workshop', observe: true }

/** Of Bob, who listens. */
function judging(
  verdict: (id: string) => KeyVerdict,
  onRevoked: ListenTrust['onRevoked'] = never
): () => Promise<ListenTrust> {
  return () =>
    Promise.resolve({
      identity: () => Promise.resolve(bob),
      onRevoked,
      isKnownAddress: () => false,
      judge: verdict
    })
}

/** Of whoever dials: Bob alone is trusted. */
function trusting(own: TlsIdentity, trusted: TlsIdentity = bob): () => Promise<DialTrust> {
  return () =>
    Promise.resolve({
      identity: () => Promise.resolve(own),
      onRevoked: never,
      standing: (id) => (id === idOf(trusted) ? 'trusted' : 'unknown'),
      refusal: (id, place) => new Fault('peer-not-paired', `${place} has ${id}`)
    })
}

interface Served {
  readonly listener: Listener
  readonly refused: Refusal[]
  readonly accepted: Connection[]
}

async function serving(tls: () => Promise<ListenTrust>, clock?: FakeClock, options = ''): Promise<Served> {
  const refused: Refusal[] = []
  const accepted: Connection[] = []
  const listener = await listen(parseEndpoint(`raw+certauth://127.0.0.1:0${options}`, 'listen'), {
    tls,
    onRefused: (refusal) => void refused.push(refusal),
    ...(clock && { clock })
  })
  onTestFinished(() => listener.close(DONE))
  listener.onConnection((connection) => {
    accepted.push(connection)
    onTestFinished(() => connection.abort(DONE))
  })
  return { listener, refused, accepted }
}

async function dialled({ url }: Listener, own = alice, trusted = bob): Promise<Connection> {
  const connection = await dial(parseEndpoint(url.replace(/\?.*/, '')), {
    tls: trusting(own, trusted)
  })
  onTestFinished(() => connection.abort(DONE))
  return connection
}

connectionSuite('gensio mux, certauth and TLS', async () => {
  const { listener } = await serving(judging(() => ADMITTED))
  const accepted = once(listener.onConnection)
  return { near: await dialled(listener), far: await accepted }
})

describe('certauth', () => {
  it('tells who came, by the key of the certificate', async () => {
    const ids: string[] = []
    const { listener, accepted } = await serving(
      judging((id) => {
        ids.push(id)
        return ADMITTED
      })
    )
    await dialled(listener)
    await eventually(() => expect(accepted).toHaveLength(1))
    expect(ids).toEqual([idOf(alice)])
    expect(accepted[0]?.far).toEqual({ id: idOf(alice), name: 'workshop', by: 'known', observe: true })
  })

  it('lets nobody in whom the trust does not, and both are told what to do', async () => {
    const { listener, refused, accepted } = await serving(
      judging(() => ({ type: 'unknown', why: 'farport pair import it' }))
    )
    await expect(dialled(listener)).rejects.toMatchObject({
      code: 'peer-refused',
      message: expect.stringMatching(/farport pair export .*allowed_certs.* gtlssh-keygen rehash/) as string
    })
    await eventually(() => expect(refused.map(({ why }) => why)).toEqual(['farport pair import it']))
    expect(accepted).toEqual([])
  })

  it('says nothing to a server that it does not trust', async () => {
    const { listener, accepted, refused } = await serving(judging(() => ADMITTED))
    await expect(dialled(listener, alice, alice)).rejects.toMatchObject({ code: 'peer-not-paired' })
    await eventually(() => expect(refused).toHaveLength(1))
    expect(accepted).toEqual([])
  })

  it('ends a connection whose key is trusted no more', async () => {
    const revoked = new Emitter<string>()
    const { listener, accepted } = await serving(judging(() => ADMITTED, revoked.event))
    const near = await dialled(listener)
    await eventually(() => expect(accepted).toHaveLength(1))
    const ends: CloseReason[] = []
    accepted[0]?.onClose((reason) => ends.push(reason))
    accepted[0]?.resume()
    near.resume()
    revoked.fire(idOf(bob))
    expect(ends).toEqual([])
    const end = ended(near)
    revoked.fire(idOf(alice))
    expect(ends.map(({ code }) => code)).toEqual(['unpaired'])
    expect((await end).code).toBe('error')
  })

  it('lets anyone in who was told to, with a word of who it says it is by nobody', async () => {
    const { listener, accepted } = await serving(
      judging(() => ({ type: 'refused', why: 'never asked' })),
      undefined,
      '?anyone'
    )
    await dialled(listener)
    await eventually(() => expect(accepted).toHaveLength(1))
    expect(accepted[0]?.far).toBeUndefined()
  })

  it('believes no certificate without its key', async () => {
    const { listener, refused } = await serving(judging(() => ADMITTED))
    const lower = await dialForeignTls(parseEndpoint(listener.url.replace('certauth', 'tls')), {
      tls: trusting(alice)
    })
    onTestFinished(() => lower.abort(DONE))
    const other = createPrivateKey((await newTlsIdentity()).key)
    const login = new CertauthClient({
      user: Buffer.from('alice'),
      certificate: Buffer.from(alice.certificate),
      sign: (bytes) => signedBy(other, bytes)
    })
    await expect(loggedIn(lower, login)).rejects.toThrow('does not let us in')
    await eventually(() =>
      expect(refused.map(({ why }) => why)).toEqual(['it does not have the key of its certificate'])
    )
  })

  it('waits two minutes for a person who compares our certificate, and no longer', async () => {
    const clock = new FakeClock()
    const { listener, refused } = await serving(
      judging(() => ADMITTED),
      clock
    )
    const lower = await dialForeignTls(parseEndpoint(listener.url.replace('certauth', 'tls')), {
      tls: trusting(alice)
    })
    lower.resume()
    const end = ended(lower)
    // The login's, and what watches the connection; until then, the handshake's.
    await eventually(() => expect(clock.pending).toBe(2))
    await clock.advance(LOGIN_TIMEOUT_MS - 1)
    expect(refused).toEqual([])
    await clock.advance(1)
    expect(refused.map(({ why }) => why)).toEqual(['it did not log in (certauth) within 2 minutes'])
    await end
  })

  it('has so many at their login from one address, and no more', async () => {
    const { listener, refused } = await serving(judging(() => ADMITTED))
    const place = parseEndpoint(listener.url.replace('certauth', 'tls'))
    for (let n = 0; n < 8; n++) {
      const lower = await dialForeignTls(place, { tls: trusting(alice) })
      onTestFinished(() => lower.abort(DONE))
    }
    await expect(dialled(listener)).rejects.toBeInstanceOf(Fault)
    await eventually(() =>
      expect(refused.map(({ why }) => why)).toEqual(['too many connections are at their login'])
    )
  })

  it('ends what speaks something else inside TLS', async () => {
    const { listener, refused } = await serving(judging(() => ADMITTED))
    const lower = await dialForeignTls(parseEndpoint(listener.url.replace('certauth', 'tls')), {
      tls: trusting(alice)
    })
    const end = ended(lower)
    lower.resume()
    lower.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await end
    await eventually(() => expect(refused[0]?.why).toContain("does not speak gensio's certauth"))
  })

  it('gives up when it is told to', async () => {
    const { listener, accepted } = await serving(judging(() => ADMITTED))
    const given = new AbortController()
    const dialling = dial(parseEndpoint(listener.url), { tls: trusting(alice), signal: given.signal })
    given.abort(new Error('enough'))
    await expect(dialling).rejects.toThrow('enough')
    expect(accepted).toEqual([])
  })

  it('carries data both ways', async () => {
    const { listener, accepted } = await serving(judging(() => ADMITTED))
    const near = await dialled(listener)
    await eventually(() => expect(accepted).toHaveLength(1))
    const [far] = accepted
    if (!far) throw new Error('nobody came')
    const [there, back] = [received(far, 5), received(near, 4)]
    near.write(Buffer.from('hello'))
    far.write(Buffer.from('back'))
    near.resume()
    far.resume()
    expect([(await there).toString(), (await back).toString()]).toEqual(['hello', 'back'])
  })
})

describe.skipIf(lacks('openssl'))('certauth and authorities', () => {
  const all = lacks('openssl') ? undefined : new Certificates()

  it('lets in whom one vouches for, and no other', async () => {
    if (!all) return
    const ca = all.make('authority', { authority: true })
    const own = (name: string, wish = {}): TlsIdentity => {
      const { cert, key } = all.make(name, wish)
      return { certificate: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    }
    const { listener, accepted, refused } = await serving(
      judging(() => ({ type: 'unknown', why: 'a stranger' })),
      undefined,
      `?ca=${ca.cert}`
    )
    await dialled(listener, own('bench', { by: ca, kind: 'ed25519' }))
    await eventually(() => expect(accepted).toHaveLength(1))
    expect(accepted[0]?.far).toMatchObject({ name: 'bench', by: 'authority', observe: false })
    for (const wish of [{}, { by: all.make('other', { authority: true }) }, { by: ca, expired: true }])
      await expect(dialled(listener, own('strange', wish))).rejects.toMatchObject({ code: 'peer-refused' })
    await eventually(() => expect(refused).toHaveLength(3))
    expect(refused.map(({ why }) => why)).toEqual([
      'none of those in the file ca= vouches for its certificate; a stranger',
      'none of those in the file ca= vouches for its certificate; a stranger',
      expect.stringMatching(/^its certificate expired on .*; a stranger$/)
    ])
  })
})

describe('signatures of certauth', () => {
  const pairs = {
    'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    Ed25519: generateKeyPairSync('ed25519')
  }

  it.each(Object.entries(pairs))('are made and verified with %s', (_, { privateKey, publicKey }) => {
    const signed = Buffer.from('challenge')
    const signature = signedBy(privateKey, signed)
    expect(isSignedBy(publicKey, { signed, signature })).toBe(true)
    expect(isSignedBy(publicKey, { signed: Buffer.from('another'), signature })).toBe(false)
  })

  it('are none with keys that sign nothing', () => {
    const { publicKey } = generateKeyPairSync('x25519')
    expect(isSignedBy(publicKey, { signed: Buffer.from('a'), signature: Buffer.from('b') })).toBe(false)
  })
})
