import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { once } from '../../src-main/base/event.ts'
import { DONE } from '../../src-main/contract/close.ts'
import { listenTls, dialTls } from '../../src-main/net/tls.ts'
import {
  MAX_PEER_CONNECTIONS,
  MAX_PEER_RPC,
  MAX_STRANGERS_PER_ADDRESS
} from '../../src-main/peers/farport-listener.ts'
import {
  DIGITS_TIMEOUT_MS,
  MAX_ADDRESS_TRIES,
  MAX_INCOMING_PER_ADDRESS,
  MAX_TRIES,
  PAIRING_TIMEOUT_MS,
  PAUSE_MS
} from '../../src-main/peers/pairing-desk.ts'
import { eventually } from '../eventually.ts'
import { newTlsIdentity } from '../net/tls-identities.ts'
import { ended, received } from '../suites/connection.ts'
import { house, type House } from './house.ts'

const codeAt = (one: House): string | undefined => one.desk.requests[0]?.code
const failures = (one: House): string[] =>
  one.news.flatMap((each) => (each.type === 'failed' ? [each.why] : []))

/** A asks B; both have their digits. */
async function asked(a: House, b: House): Promise<void> {
  a.desk.request(await a.dial(b.place, { want: 'pair' }))
  await eventually(() => expect([codeAt(a), codeAt(b)]).not.toContain(undefined))
}

async function paired(): Promise<[House, House]> {
  const [a, b] = [await house('Alice'), await house('Bob')]
  await asked(a, b)
  expect(codeAt(a)).toBe(codeAt(b))
  a.desk.accept(b.id)
  b.desk.accept(a.id)
  await eventually(() =>
    expect([a.trust.standing(b.id), b.trust.standing(a.id)]).toEqual(['trusted', 'trusted'])
  )
  return [a, b]
}

describe('two installations', () => {
  it('trust each other when both persons accepted, and call each other by name', async () => {
    const [a, b] = await paired()
    expect(a.trust.get(b.id)?.name).toBe('Bob')
    expect(b.trust.get(a.id)?.name).toBe('Alice')
    const near = await a.dial(b.place, { want: 'share', share: 'gps' }, b.id)
    await eventually(() => expect(b.came).toMatchObject([{ want: 'gps' }]))
    const far = b.came[0]!.connection
    const all = received(near, 5)
    near.resume()
    far.write(Buffer.from('hello'))
    expect((await all).toString()).toBe('hello')
  })

  it('do not where one rejects, or only one accepted', async () => {
    const [a, b] = [await house('A'), await house('B')]
    await asked(a, b)
    a.desk.accept(b.id)
    b.desk.reject(a.id)
    await eventually(() => expect(failures(a)).toEqual(['rejected-there']))
    expect(failures(b)).toEqual(['rejected-here'])
    expect([a.trust.standing(b.id), b.trust.standing(a.id)]).toEqual(['unknown', 'unknown'])
  })

  it('have two minutes, and three tries before a pause', async () => {
    const [a, b] = [await house('A'), await house('B')]
    for (let n = 0; n < MAX_TRIES; n++) {
      await asked(a, b)
      await expect(a.dial(b.place, { want: 'pair' })).rejects.toMatchObject({ code: 'peer-refused' })
      await b.clock.advance(PAIRING_TIMEOUT_MS)
      expect(failures(b)).toHaveLength(n + 1)
      expect(failures(b)[n]).toBe('timeout')
      await eventually(() => expect(a.desk.requests).toEqual([]))
    }
    await expect(a.dial(b.place, { want: 'pair' })).rejects.toMatchObject({ code: 'peer-refused' })
    await b.clock.advance(PAUSE_MS)
    await asked(a, b)
  })

  it('hear no more of an address whose guests ask in vain with ever new keys', async () => {
    const b = await house('B')
    for (let n = 0; n < MAX_ADDRESS_TRIES; n++) {
      const stranger = await house(`Stranger ${n}`)
      await asked(stranger, b)
      b.desk.reject(stranger.id)
      await eventually(() => expect(failures(stranger)).toEqual(['rejected-there']))
    }
    const last = await house('Last')
    const asks = () => last.dial(b.place, { want: 'pair' })
    await expect(asks()).rejects.toMatchObject({ code: 'peer-refused' })
    await b.clock.advance(PAUSE_MS)
    await asked(last, b)
  })

  it('show other digits where somebody in between relays with a certificate of his own', async () => {
    const [a, b] = [await house('A'), await house('B')]
    const mallory = await newTlsIdentity()
    const relay = await listenTls({ host: '127.0.0.1', port: 0 }, mallory)
    relay.onConnection((near) => {
      void dialTls(b.place, mallory).then((far) => {
        near.onData((chunk) => void far.write(chunk))
        far.onData((chunk) => void near.write(chunk))
        near.onClose(() => far.abort(DONE))
        far.onClose(() => near.abort(DONE))
        near.resume()
        far.resume()
      })
    })
    await asked(a, { ...b, place: { host: '127.0.0.1', port: Number(new URL(relay.url).port) } })
    expect(codeAt(a)).toMatch(/^\d{6}$/)
    expect(codeAt(a)).not.toBe(codeAt(b))
    await relay.close(DONE)
  })

  it('refuse a changed key, and say how to go on', async () => {
    const [a, b] = await paired()
    const impostor = await house('Bob')
    await expect(a.dial(impostor.place, { want: 'rpc' }, b.id)).rejects.toMatchObject({
      code: 'peer-key-changed',
      message: expect.stringContaining('farport pair remove') as string
    })
    // Who comes by himself with a name that is taken is no question for a person, either.
    impostor.desk.request(await impostor.dial(a.place, { want: 'pair' }))
    await eventually(() => expect(failures(a)).toEqual(['rejected-here']))
    expect(a.news.at(-1)).toMatchObject({ fault: { code: 'peer-key-changed' } })
  })

  it('keep their names apart, also where one that is known asks again by another one’s', async () => {
    const [a, b] = await paired()
    const mallory = await house('Mallory')
    await asked(mallory, b)
    mallory.desk.accept(b.id)
    b.desk.accept(mallory.id)
    await eventually(() => expect(b.trust.standing(mallory.id)).toBe('trusted'))
    mallory.rename('alice ')
    await mallory.trust.remove(b.id)
    mallory.desk.request(await mallory.dial(b.place, { want: 'pair' }))
    await eventually(() => expect(b.news.at(-1)).toMatchObject({ fault: { code: 'peer-key-changed' } }))
    expect([a.id, mallory.id].map((id) => b.trust.get(id)?.name)).toEqual(['Alice', 'Mallory'])
    // Nor where both asked at the same time.
    await expect(b.trust.trust(mallory.id, 'ALICE', 0)).rejects.toMatchObject({ code: 'peer-key-changed' })
  })

  it('end what lives between them when one removes the other, also amid traffic', async () => {
    const [a, b] = await paired()
    const near = await a.dial(b.place, { want: 'share', share: 'gps' }, b.id)
    await eventually(() => expect(b.came).toHaveLength(1))
    const far = b.came[0]!.connection
    near.resume()
    const chunk = Buffer.alloc(4096)
    far.onDrain(() => void far.write(chunk))
    for (let n = 0; n < 100; n++) far.write(chunk)
    await once(near.onData)
    const [nearEnd, farEnd] = [ended(near), ended(far)]
    await b.trust.remove(a.id)
    expect((await farEnd).code).toBe('unpaired')
    expect((await nearEnd).code).toBe('error')
    await expect(a.dial(b.place, { want: 'rpc' }, b.id)).rejects.toMatchObject({ code: 'peer-not-paired' })
  })

  it('let strangers only ask to pair, and the blocked not even that', async () => {
    const [a, b] = [await house('A'), await house('B')]
    await a.trust.trust(b.id, 'B', 0)
    for (const wish of [{ want: 'rpc' }, { want: 'share', share: 'gps' }] as const)
      await expect(a.dial(b.place, wish, b.id)).rejects.toMatchObject({ code: 'peer-not-paired' })
    expect(b.came).toEqual([])
    await b.trust.block(a.id, 'A', 0)
    await expect(a.dial(b.place, { want: 'pair' })).rejects.toMatchObject({ code: 'peer-closed' })
    expect(b.refused).toContain('it is blocked')
  })

  it('close who says nothing for 5 s, or anything but the first words', async () => {
    const b = await house('B')
    const stranger = await newTlsIdentity()
    const silent = await dialTls(b.place, stranger)
    silent.resume()
    await eventually(() => expect(b.clock.pending).toBeGreaterThan(1))
    const over = ended(silent)
    await b.clock.advance(5000)
    await over
    for (const garbage of ['0000ffff', '000000023030', 'ffffffff']) {
      const loud = await dialTls(b.place, stranger)
      loud.resume()
      loud.write(Buffer.from(garbage, 'hex'))
      if (garbage === '0000ffff') expect((await ended(loud)).code).toMatch(/done|error/)
      else await ended(loud)
    }
    expect(b.refused).toHaveLength(4)
  })

  it('have so many connections and no more, each with its own share of them for commands', async () => {
    const [a, b] = await paired()
    const rpc = await Promise.all(
      Array.from({ length: MAX_PEER_RPC / 2 }, () => a.dial(b.place, { want: 'rpc' }, b.id))
    )
    for (let n = rpc.length; n < MAX_PEER_RPC; n++) await a.dial(b.place, { want: 'rpc' }, b.id)
    await expect(a.dial(b.place, { want: 'rpc' }, b.id)).rejects.toMatchObject({ code: 'peer-full' })
    rpc[0]!.abort(DONE)
    await eventually(() => expect(b.connections(a.id)).toBe(MAX_PEER_RPC - 1))
    await a.dial(b.place, { want: 'rpc' }, b.id)
    const share = () => a.dial(b.place, { want: 'share', share: 'gps' }, b.id)
    while (b.connections(a.id) < MAX_PEER_CONNECTIONS) await Promise.all([share(), share(), share(), share()])
    await expect(share()).rejects.toMatchObject({ code: 'peer-closed' })
    expect(b.refused.at(-1)).toBe('it has too many connections here')
  })

  it('meet strangers from elsewhere, however many wait at one address', async () => {
    const b = await house('B')
    const { key, certificate: cert } = await newTlsIdentity()
    const at = (localAddress: string): Promise<'in' | 'out'> => {
      const socket = connectTls({
        ...{ ...b.place, localAddress, key, cert, rejectUnauthorized: false },
        ALPNProtocols: ['farport/1']
      })
      onTestFinished(() => void socket.destroy())
      socket.on('error', () => undefined).resume()
      const before = b.strangers()
      return new Promise((resolve) => {
        socket.on('close', () => resolve('out'))
        void eventually(() => expect(b.strangers()).toBeGreaterThan(before)).then(
          () => resolve('in'),
          () => undefined
        )
      })
    }
    for (let n = 0; n < MAX_STRANGERS_PER_ADDRESS; n++) expect(await at('127.0.0.1')).toBe('in')
    expect(await at('127.0.0.1')).toBe('out')
    expect(b.refused).toEqual(['too many strangers are here'])
    expect(await at('127.0.0.2')).toBe('in')
  })

  it('give up on who asks and then says nothing, and hear others meanwhile', async () => {
    const [a, b] = [await house('A'), await house('B')]
    const silent = await a.dial(b.place, { want: 'pair' })
    await eventually(() => expect(b.desk.requests).toHaveLength(1))
    silent.resume()
    const over = ended(silent)
    await b.clock.advance(DIGITS_TIMEOUT_MS)
    await over
    expect(failures(b)).toEqual(['silent'])
    const others = await Promise.all(
      Array.from({ length: MAX_INCOMING_PER_ADDRESS + 1 }, (_, n) => house(`Stranger ${n}`))
    )
    const last = others.pop()!
    for (const each of others) each.desk.request(await each.dial(b.place, { want: 'pair' }))
    // From elsewhere there is room.
    await expect(last.dial(b.place, { want: 'pair' })).rejects.toMatchObject({ code: 'peer-full' })
    expect(() => b.desk.admit(last.id, '192.0.2.7')).not.toThrow()
    expect(() => b.desk.admit(b.id, '192.0.2.7')).toThrow(/name another one/)
  })

  it.each(['192.0.2.7', '[2001:db8::7]:22217', '1F2E 3D4C 5b6a', '\u200b\u3164'])(
    'call nobody %j, which others could be meant by',
    async (name) => {
      const [a, b] = [await house(name), await house('Bob')]
      await asked(a, b)
      expect(b.desk.requests).toMatchObject([{ name: '' }])
      a.desk.accept(b.id)
      b.desk.accept(a.id)
      await eventually(() => expect(b.trust.get(a.id)?.name).toBe(a.id.slice(0, 8)))
    }
  )

  it('end the connection of a pairing with it, whatever the other side does', async () => {
    const [a, b] = [await house('A'), await house('B')]
    const stays = await a.dial(b.place, { want: 'pair' })
    const frames = ['commit', 'junk', 'more'].map((type) => Buffer.from(JSON.stringify({ type })))
    for (const frame of frames) stays.write(Buffer.concat([Buffer.from([0, 0, 0, frame.length]), frame]))
    await eventually(() => expect(failures(b)).toEqual(['malformed']))
    await b.clock.advance(1000)
    await eventually(() => expect(b.strangers()).toBe(0))
  })
})
