import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import { generate } from 'selfsigned'
import { describe, expect, it } from 'vitest'
import { HostNames } from '../../../src-main/hosts/headless/host-names.ts'
import { checkPlace, parsePlace } from '../../../src-main/hosts/headless/place.ts'
import { qrCode } from '../../../src-main/hosts/headless/qr-code.ts'

describe('where the page is', () => {
  it.each([
    ['127.0.0.1:7373', '127.0.0.1', 7373],
    ['[::1]:80', '::1', 80],
    ['[::]', '::', 7373],
    [':8080', '127.0.0.1', 8080],
    ['localhost:0', 'localhost', 0],
    ['box.example', 'box.example', 7373]
  ])('%s', (text, host, port) => expect(parsePlace(text)).toEqual({ host, port }))

  it.each([
    '',
    'http://127.0.0.1:7373',
    '::1',
    '[127.0.0.1]:1',
    '127.0.0.1:65536',
    '127.0.0.1:x',
    'a b:1',
    '300.1.1.1:1'
  ])('%s is none', (text) => expect(() => parsePlace(text)).toThrow('Write HOST:PORT'))

  it('is this computer alone without a certificate', () => {
    for (const host of ['127.0.0.1', '::1', 'localhost', '127.3.2.1']) checkPlace({ host, port: 1 })
    for (const host of ['0.0.0.0', '::', '192.168.1.7', 'box', 'localhost.example']) {
      expect(() => checkPlace({ host, port: 1 })).toThrow(/--http-cert FILE --http-key FILE.*ssh -L/)
      checkPlace({ host, port: 1, certificate: 'own' })
    }
    expect(() => checkPlace({ host: '::1', port: 1, key: 'x' })).toThrow('A key needs its certificate')
  })
})

describe('its names', () => {
  const addresses = (): string[] => ['127.0.0.1', '192.168.1.7', 'fe80::1', '2001:db8::7']

  it('are every address that this computer has now, where it listens on all of them', () => {
    const names = new HostNames({ host: '::', address: '::', port: 443, isTls: true, addresses })
    for (const each of ['192.168.1.7', '[2001:db8::7]', '127.0.0.1', 'localhost'])
      expect(names.has(each), each).toBe(true)
    for (const each of ['192.168.1.8', '192.168.1.7:80', '2001:db8::7', 'evil.example', '', '::', '[::]'])
      expect(names.has(each), each).toBe(false)
    expect(names.origin).toBe('https://192.168.1.7')
  })

  it('are those of its certificate, which people use first', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { cert } = await generate([{ name: 'commonName', value: 'x' }], {
      keyType: 'ec',
      curve: 'P-256',
      keyPair: {
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString()
      },
      extensions: [
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: '*.wild.example' },
            { type: 2, value: 'box.example' },
            { type: 7, ip: '192.0.2.9' }
          ]
        }
      ]
    })
    const certificate = new X509Certificate(cert)
    const names = new HostNames({
      ...{ host: '192.168.1.7', address: '192.168.1.7', port: 7373, isTls: true, addresses, certificate }
    })
    for (const each of ['box.example:7373', 'BOX.example:7373', '192.0.2.9:7373', '192.168.1.7:7373'])
      expect(names.has(each), each).toBe(true)
    for (const each of ['a.wild.example:7373', '*.wild.example:7373', 'box.example', '127.0.0.1:7373'])
      expect(names.has(each), each).toBe(false)
    expect(names.origin).toBe('https://box.example:7373')
  })
})

it('a QR code is black on white, with a border, whatever the colours of the terminal', () => {
  const lines = qrCode('http://127.0.0.1:7373/?token=W6ombkexIlfF5LWfSFyk5BGEZ80GNfaDR0t6h62ZF6o').split('\n')
  const bare = lines.map((line) => line.replaceAll(/\x1b\[[\d;]*m/g, ''))
  expect(lines.every((line) => line.startsWith('\x1b[38;5;16;48;5;231m') && line.endsWith('\x1b[0m'))).toBe(
    true
  )
  expect(new Set(bare.map(({ length }) => length)).size).toBe(1)
  expect(bare[0]).toMatch(/^ +$/)
  // The finder of the upper left corner (ISO/IEC 18004 §6.3.3), behind the border.
  expect(bare.slice(1, 5).map((line) => line.slice(2, 9))).toEqual([
    '█▀▀▀▀▀█',
    '█ ███ █',
    '█ ▀▀▀ █',
    '▀▀▀▀▀▀▀'
  ])
})
