import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type {
  CertauthEvent,
  CertauthProof,
  CertauthServerOptions
} from '../../src-main/protocol/certauth-login.ts'
import { CertauthClient, CertauthServer } from '../../src-main/protocol/certauth-login.ts'
import type { CertauthElements, CertauthKind } from '../../src-main/protocol/certauth.ts'
import {
  CERTAUTH_ELEMENTS,
  CERTAUTH_MESSAGES,
  CertauthReader,
  MAX_ELEMENT,
  MAX_MESSAGE,
  encodeCertauth
} from '../../src-main/protocol/certauth.ts'
import { hex, toHex } from '../hex.ts'
import { TEN_THOUSAND, anyBytes, bytesOf, cut, cuts, joined } from '../properties.ts'

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))

function read(chunks: readonly Uint8Array[]): unknown[] {
  const reader = new CertauthReader()
  return chunks.flatMap((chunk) => {
    reader.push(chunk)
    const events: unknown[] = []
    for (let event = reader.next(); event; event = reader.next())
      events.push(
        event.type === 'violation'
          ? event.what
          : [event.kind, Object.entries(event.elements).map(([name, value]) => `${name} ${toHex(value)}`)]
      )
    return events
  })
}

describe('messages of certauth', () => {
  it('have their elements behind a number and a length, and an end', () => {
    const hello = hex('01 | 64 00 02 00 04 | 65 00 05 61 6C 69 63 65 | C8')
    expect(encodeCertauth('client-hello', { version: hex('00 04'), user: ascii('alice') })).toEqual(hello)
    expect(read([joined([hello, hex('06 6A 00 02 00 01 C8 05')])])).toEqual([
      ['client-hello', ['version 00 04', 'user 61 6C 69 63 65']],
      ['done', ['result 00 01']]
    ])
  })

  it.each([
    ['07 C8', 'no message that we know (7)'],
    ['00', 'no message that we know (0)'],
    ['01 63', 'no element that we know (99)'],
    ['01 71', 'no element that we know (113)'],
    ['01 64 00 00', 'an empty element version'],
    ['03 69 08 01', 'an element certificate of 2049 bytes, where 2048 are allowed'],
    ['01 64 00 02 00 04 64 00 02 00 04 C8', 'the element version twice']
  ])('end at %s', (bytes, what) => {
    expect(read([hex(bytes), hex('06 6A 00 02 00 01 C8')])).toEqual([what])
  })

  it('are of a limited length', () => {
    const full = (id: string): Uint8Array => joined([hex(`${id} 08 00`), new Uint8Array(MAX_ELEMENT)])
    const long = joined([hex('03'), full('69'), full('68'), full('70')])
    expect(long.length).toBeGreaterThan(MAX_MESSAGE)
    expect(read(cut(long, [100]))).toEqual([`a message of more than ${MAX_MESSAGE} bytes`])
    expect(() => encodeCertauth('done', { result: new Uint8Array(0) })).toThrow(RangeError)
    expect(() => encodeCertauth('done', { aux: new Uint8Array(MAX_ELEMENT + 1) })).toThrow(RangeError)
  })

  it('leave what stands behind them', () => {
    const reader = new CertauthReader()
    reader.push(hex('06 C8 11 00 01 00'))
    expect(reader.next()).toEqual({ type: 'message', kind: 'done', elements: {} })
    expect(reader.rest()).toEqual(hex('11 00 01 00'))
    expect(reader.held).toBe(0)
  })
})

const kinds = Object.keys(CERTAUTH_MESSAGES) as CertauthKind[]
const elements = fc
  .dictionary(fc.constantFrom(...Object.keys(CERTAUTH_ELEMENTS)), anyBytes(1, 40), { maxKeys: 5 })
  .map((each) => each as CertauthElements)
const message = fc.tuple(fc.constantFrom(...kinds), elements)

/** Message and element numbers, the end, and lengths. */
const SPECIAL = [1, 2, 3, 4, 5, 6, 100, 101, 103, 104, 105, 106, 112, 200, 0, 0, 0, 2, 8]

describe('messages of certauth, for any input', () => {
  it('are read back as they were sent, however they are cut up', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), cuts, (messages, sizes) => {
        const bytes = joined(messages.map(([kind, each]) => encodeCertauth(kind, each)))
        expect(read(cut(bytes, sizes))).toEqual(
          messages.map(([kind, each]) => [
            kind,
            Object.entries(each).map(([name, value]) => `${name} ${toHex(value)}`)
          ])
        )
      })
    )
  })

  it('are read alike however they are cut up, never throw and hold little', () => {
    fc.assert(
      fc.property(bytesOf(SPECIAL, 200), cuts, (bytes, sizes) => {
        expect(read(cut(bytes, sizes))).toEqual(read([bytes]))
        const reader = new CertauthReader()
        for (let n = 0; n < 100; n++) {
          reader.push(bytes)
          while (reader.next());
          expect(reader.held).toBeLessThanOrEqual(MAX_MESSAGE)
        }
      }),
      { numRuns: 2000 }
    )
  })
})

/** Not a signature, but told from others. */
const sign = (bytes: Uint8Array): Uint8Array => Uint8Array.of(0x5a, ...bytes)
const CHALLENGE = Uint8Array.from({ length: 32 }, (_, n) => n)

const client = (): CertauthClient =>
  new CertauthClient({ user: ascii('alice'), certificate: ascii('CERTIFICATE'), sign })

function server(admit: CertauthServerOptions['admit'] = () => undefined): CertauthServer {
  return new CertauthServer({ challenge: CHALLENGE, admit })
}

/** Both talk until neither has anything to say; what each was told, and the kinds of messages in between. */
function dialogue(
  near: CertauthClient,
  far: CertauthServer,
  sizes: readonly number[] = [1 << 16]
): { near: unknown[]; far: unknown[]; messages: number[] } {
  const messages: number[] = []
  const told: { near: CertauthEvent[]; far: CertauthEvent[] } = { near: [], far: [] }
  const bytesIn = (events: CertauthEvent[], to: CertauthEvent[]): Uint8Array =>
    joined(
      events.flatMap((event) => {
        if (event.type !== 'send') to.push(event)
        else messages.push(event.bytes[0] ?? 0)
        return event.type === 'send' ? [event.bytes] : []
      })
    )
  let there = bytesIn(near.start(), told.near)
  while (there.length > 0) {
    const back = bytesIn(
      cut(there, sizes).flatMap((each) => far.receive(each)),
      told.far
    )
    there = bytesIn(
      cut(back, sizes).flatMap((each) => near.receive(each)),
      told.near
    )
  }
  return { ...told, messages }
}

const accepted = { type: 'accepted', rest: new Uint8Array(0) }

describe('a login by certauth', () => {
  it('proves the key of a certificate, over the challenge', () => {
    const proofs: CertauthProof[] = []
    const both = dialogue(
      client(),
      server((proof) => void proofs.push(proof))
    )
    expect(both).toEqual({ near: [accepted], far: [accepted], messages: [1, 2, 3, 4, 5, 6] })
    expect(proofs).toEqual([
      {
        user: 'alice',
        certificate: ascii('CERTIFICATE'),
        signed: CHALLENGE,
        signature: sign(CHALLENGE)
      }
    ])
  })

  it('goes on alike where nobody may come in, until the end', () => {
    const both = dialogue(
      client(),
      server(() => 'nobody knows it')
    )
    expect(both).toEqual({
      near: [{ type: 'refused', why: 'denied' }],
      far: [{ type: 'refused', why: 'not-admitted', detail: 'nobody knows it' }],
      messages: [1, 2, 3, 4, 5, 6]
    })
  })

  it('is the same however it is cut up', () => {
    fc.assert(
      fc.property(cuts, (sizes) => {
        expect(dialogue(client(), server(), sizes)).toEqual(dialogue(client(), server()))
      })
    )
  })

  it('signs what service is asked for, too', () => {
    const proofs: CertauthProof[] = []
    const far = server((proof) => void proofs.push(proof))
    // As gtlssh says hello: its service has a zero at the end.
    far.receive(hex('01 64 00 02 00 04 65 00 02 6D 65 6B 00 04 6D 75 78 00 C8'))
    far.receive(hex('03 69 00 01 43 68 00 01 53 70 00 04 00 00 00 00 C8'))
    expect(proofs[0]?.signed).toEqual(joined([CHALLENGE, hex('6D 75 78 00')]))
  })

  it('refuses versions that hash with MD5, on both sides', () => {
    expect(server().receive(hex('01 64 00 02 00 02 C8'))).toEqual([
      { type: 'send', bytes: hex('06 6A 00 02 00 02 C8') },
      { type: 'refused', why: 'too-old' }
    ])
    const near = client()
    near.start()
    expect(near.receive(hex('02 64 00 02 00 02 67 00 01 AA C8'))).toEqual([
      { type: 'refused', why: 'too-old' }
    ])
  })

  it('refuses who shows no certificate', () => {
    const far = server()
    far.receive(hex('01 64 00 02 00 04 C8'))
    far.receive(hex('03 6D 00 02 00 00 C8'))
    expect(far.receive(hex('05 6D 00 02 00 00 C8')).at(-1)).toEqual({
      type: 'refused',
      why: 'no-certificate'
    })
  })

  it('gives no password, and says so', () => {
    const wants = (type: string): unknown => {
      const near = client()
      near.start()
      near.receive(hex('02 64 00 02 00 04 67 00 01 AA C8'))
      return near.receive(hex(`04 6E 00 02 ${type} C8`))
    }
    expect(wants('00 01')).toEqual([{ type: 'refused', why: 'wants-password' }])
    expect(wants('01 02')).toEqual([{ type: 'refused', why: 'wants-second-factor' }])
    expect(wants('00 02')).toEqual([
      { type: 'send', bytes: joined([hex('05 6D 00 64'), new Uint8Array(100), hex('C8')]) }
    ])
  })

  it('ends at a message that has no place there', () => {
    const far = server()
    expect(far.receive(hex('03 C8'))).toMatchObject([
      { type: 'violation', what: 'response where client-hello belongs' }
    ])
    expect(far.receive(hex('01 64 00 02 00 04 C8'))).toEqual([])
    const near = client()
    near.start()
    expect(near.receive(hex('04 C8'))).toMatchObject([
      { what: 'password-request where server-hello or done belongs' }
    ])
    expect(server().receive(hex('01 C8'))).toMatchObject([{ what: 'client-hello without version' }])
  })

  it('hands on what stands behind it', () => {
    const near = client()
    near.start()
    expect(near.receive(hex('06 6A 00 02 00 01 C8 11 00 01 00'))).toEqual([
      { type: 'accepted', rest: hex('11 00 01 00') }
    ])
  })

  it('makes a label of the name', () => {
    const users: string[] = []
    const far = server(({ user }) => void users.push(user))
    far.receive(hex('01 64 00 02 00 04 65 00 05 61 1B 5B 0A FF C8'))
    far.receive(hex('03 69 00 01 43 68 00 01 53 C8'))
    expect(users).toEqual(['a['])
  })

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(bytesOf(SPECIAL, 120), cuts, (bytes, sizes) => {
        for (const each of [client(), server()]) {
          each.start()
          for (const chunk of cut(bytes, sizes)) each.receive(chunk)
        }
      }),
      TEN_THOUSAND
    )
  })
})
