import {
  chmodSync,
  copyFileSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LOOK_AGAIN_MS } from '../../src-main/net/tls-renewal.ts'
import { idOfKey } from '../../src-main/net/tls-identity.ts'
import { temporaryFolder } from '../e2e/cli.ts'
import { eventually } from '../eventually.ts'
import { FakeClock } from '../fake-clock.ts'
import { lacks } from '../peers/need.ts'
import { Certificates, type Certificate } from './certificates.ts'
import { Trusting, listeningForeign, type Listening } from './foreign-tls-rig.ts'

describe.skipIf(lacks('openssl'))('a listener whose files are renewed', () => {
  const made = new Certificates()
  const ours = made.make('farport')
  const old = made.make('box', { kind: 'rsa' })
  const renewed = made.make('box')
  const [ca, other] = ['one', 'other'].map((cn) => made.make(cn, { authority: true })) as [
    Certificate,
    Certificate
  ]
  const signed = made.make('signed', { by: other })

  /** As its files are replaced by most programs: written beside it, and renamed. */
  const replace = (from: string, to: string): void => {
    copyFileSync(from, `${to}.new`)
    renameSync(`${to}.new`, to)
  }
  const shown = ({ port }: Listening, as?: Certificate): Promise<string> =>
    new Promise((resolve, reject) => {
      const own = as && { cert: readFileSync(as.cert), key: readFileSync(as.key) }
      const tls = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...own })
      onTestFinished(() => void tls.destroy())
      tls.once('error', reject)
      tls.once('secureConnect', () => resolve(idOfKey(tls.getPeerX509Certificate()!.publicKey)))
    })

  async function listening(
    more = ''
  ): Promise<{ listening: Listening; clock: FakeClock; cert: string; key: string }> {
    const folder = temporaryFolder()
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    replace(old.cert, cert)
    replace(old.key, key)
    const clock = new FakeClock()
    const query = `cert=${cert}&key=${key}${more}`
    return { listening: await listeningForeign(new Trusting(ours), { query, clock }), clock, cert, key }
  }

  it('shows the new certificate to the next who comes, and looks at most once a second', async () => {
    const { listening: at, clock, cert, key } = await listening('&anyone')
    expect(await shown(at)).toBe(old.id)
    replace(renewed.cert, cert)
    replace(renewed.key, key)
    expect(await shown(at)).toBe(old.id)
    await clock.advance(LOOK_AGAIN_MS)
    expect(await Promise.all([shown(at), shown(at), shown(at)])).toEqual(Array(3).fill(renewed.id))
    expect(at.warned).toEqual([])
    await eventually(() => expect(at.accepted).toHaveLength(5))
  })

  it('follows a link that leads elsewhere by now, as certbot has them', async () => {
    const { listening: at, clock, cert, key } = await listening('&anyone')
    for (const [file, to] of [
      [cert, renewed.cert],
      [key, renewed.key]
    ] as const) {
      unlinkSync(file)
      symlinkSync(to, file)
    }
    await clock.advance(LOOK_AGAIN_MS)
    expect(await shown(at)).toBe(renewed.id)
  })

  it.each<[string, (files: { cert: string; key: string }) => void, RegExp]>([
    [
      'is nothing of the kind',
      ({ cert }) => writeFileSync(cert, 'oops'),
      /holds no certificate.*stays in use/
    ],
    ['is gone', ({ key }) => unlinkSync(key), /There is no file .*stays in use/],
    ['does not fit the other', ({ cert }) => replace(renewed.cert, cert), /does not fit.*stays in use/],
    ['is open to others', ({ key }) => chmodSync(key, 0o644), /chmod 600.*stays in use/]
  ])(
    'goes on with the old one where the new one %s, tells it once, and takes a good one',
    async (_, spoil, why) => {
      const { listening: at, clock, cert, key } = await listening('&anyone')
      spoil({ cert, key })
      for (let n = 0; n < 3; n++) {
        await clock.advance(LOOK_AGAIN_MS)
        expect(await shown(at)).toBe(old.id)
      }
      expect(at.warned).toEqual([expect.stringMatching(why)])
      replace(renewed.cert, cert)
      replace(renewed.key, key)
      await clock.advance(LOOK_AGAIN_MS)
      expect(await shown(at)).toBe(renewed.id)
    }
  )

  it('lets in whom a new authority vouches for', async () => {
    const file = join(temporaryFolder(), 'ca.pem')
    replace(ca.cert, file)
    const { listening: at, clock } = await listening(`&ca=${file}`)
    await shown(at, signed)
    await eventually(() => expect(at.refused).toHaveLength(1))
    replace(other.cert, file)
    await clock.advance(LOOK_AGAIN_MS)
    await shown(at, signed)
    await eventually(() => expect(at.accepted).toHaveLength(1))
    expect(at.accepted[0]?.far).toMatchObject({ id: signed.id, by: 'authority' })
  })

  it('does not begin with one that OpenSSL does not take, and says so', async () => {
    const weak = made.make('weak', { kind: 'weak' })
    await expect(
      listeningForeign(new Trusting(ours), { query: `cert=${weak.cert}&key=${weak.key}&anyone` })
    ).rejects.toMatchObject({
      code: 'certificate-broken',
      message: expect.stringMatching(/too small/) as string
    })
  })
})
