import { X509Certificate } from 'node:crypto'
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pageTls } from '../../../src-main/hosts/headless/page-tls.ts'
import { LOOK_AGAIN_MS } from '../../../src-main/net/tls-renewal.ts'
import { temporaryFolder } from '../../e2e/cli.ts'
import { eventually } from '../../eventually.ts'
import { FakeClock } from '../../fake-clock.ts'
import { Certificates } from '../../net/certificates.ts'
import { lacks } from '../../peers/need.ts'
import { dialled, folders, pageRig, type PageRig } from './page-rig.ts'

/** The fingerprint of the certificate that the next who comes is shown. */
function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const tls = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    onTestFinished(() => void tls.destroy())
    tls.once('error', reject)
    tls.once('secureConnect', () => resolve(tls.getPeerX509Certificate()?.fingerprint256 ?? ''))
  })
}

async function tlsRig(
  certificate: string,
  key?: string,
  host = '127.0.0.1'
): Promise<PageRig & { clock: FakeClock }> {
  const clock = new FakeClock()
  const own = folders()
  const warned: string[] = []
  const place = { host, port: 0, certificate, ...(key !== undefined && { key }) }
  const tls = await pageTls(place, { folder: own.folder, clock, warn: (text) => void warned.push(text) })
  const rig = await pageRig({ ...own, clock, host, tls: tls!, isVouchedFor: certificate !== 'own' })
  return { ...rig, clock, log: warned }
}

it('that of the installation names nobody: the link has an address of this computer', async () => {
  const { host } = await tlsRig('own', undefined, '0.0.0.0')
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const mine = [...addresses.map(({ address }) => address), 'localhost']
  expect(mine).toContain(new URL(host.url).hostname.replace(/^\[|\]$/g, ''))
})

it('who speaks no TLS is let go, and told in words', async () => {
  const log: string[] = []
  const own = folders()
  const clock = new FakeClock()
  const place = { host: '127.0.0.1', port: 0, certificate: 'own' }
  const tls = await pageTls(place, { folder: own.folder, clock, warn: () => undefined })
  const report = (_level: string, text: string): void => void log.push(text)
  const { port } = await pageRig({ ...own, clock, tls: tls!, report })
  const plain = dialled(port).resume()
  const closed = new Promise((resolve) => plain.once('close', resolve))
  plain.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await closed
  expect(log.at(-1)).toMatch(/turned away: 127\.0\.0\.1:\d+ \(http request\)$/)
})

describe.skipIf(lacks('openssl'))('one whose files are renewed', () => {
  const made = new Certificates()
  const [old, renewed] = [made.make('box', { kind: 'rsa' }), made.make('box')]
  const fingerprint = ({ cert }: { readonly cert: string }): string =>
    new X509Certificate(readFileSync(cert)).fingerprint256
  const replace = (from: string, to: string): void => {
    copyFileSync(from, `${to}.new`)
    renameSync(`${to}.new`, to)
  }

  it('is shown without a new start; one that cannot be used is told of, and changes nothing', async () => {
    const folder = temporaryFolder()
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    replace(old.cert, cert)
    replace(old.key, key)
    const { port, clock, log } = await tlsRig(cert, key)
    expect(await shown(port)).toBe(fingerprint(old))
    writeFileSync(cert, 'broken')
    await clock.advance(LOOK_AGAIN_MS)
    await eventually(async () => {
      expect(await shown(port)).toBe(fingerprint(old))
      expect(log).toEqual([expect.stringContaining('What was read before stays in use.') as string])
    })
    replace(renewed.cert, cert)
    replace(renewed.key, key)
    await clock.advance(LOOK_AGAIN_MS)
    await eventually(async () => expect(await shown(port)).toBe(fingerprint(renewed)))
  })
})
