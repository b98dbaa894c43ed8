/**
 * Certificates as people make them with openssl: an authority, and what it vouches for; or certificates that vouch for themselves. For
 * tests of TLS with other programs.
 */
import { X509Certificate } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { idOfKey } from '../../src-main/net/tls-identity.ts'

export interface Certificate {
  readonly cert: string
  readonly key: string
  /** Both in one file, as socat has it. */
  readonly both: string
  readonly id: string
}

/** `weak`: RSA of 512 bits. */
export type KeyKind = 'rsa' | 'p256' | 'ed25519' | 'weak'

const KEYS: Readonly<Record<KeyKind, readonly string[]>> = {
  rsa: ['rsa:2048'],
  p256: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ed25519: ['ed25519'],
  weak: ['rsa:512']
}

export interface Wish {
  readonly kind?: KeyKind
  /** Who vouches for it; absent: nobody but itself. */
  readonly by?: Certificate
  /** `DNS:box.example,IP:127.0.0.1`. */
  readonly names?: string
  /** It was valid once, until last year. */
  readonly expired?: boolean
  readonly authority?: boolean
}

/** A folder of the test file's own, which goes with it. */
export class Certificates {
  readonly folder = mkdtempSync(join(tmpdir(), 'farport-certificates-'))
  #serial = 1

  constructor() {
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  /** `cn`: the common name, and the name of its files; empty: its subject is. */
  make(cn: string, { kind = 'p256', by, names, expired = false, authority = false }: Wish = {}): Certificate {
    const path = (end: string): string =>
      join(this.folder, `${cn.replaceAll(/\W/g, '_')}-${this.#serial}.${end}`)
    const [cert, key, both, request] = ['crt', 'key', 'pem', 'csr'].map(path) as [
      string,
      string,
      string,
      string
    ]
    this.#openssl(
      'req',
      '-new',
      '-newkey',
      ...KEYS[kind],
      '-nodes',
      '-keyout',
      key,
      '-subj',
      cn === '' ? '/' : `/CN=${cn}`,
      '-out',
      request
    )
    const extensions = path('ext')
    writeFileSync(
      extensions,
      [
        `basicConstraints=critical,CA:${authority ? 'TRUE' : 'FALSE'}`,
        ...(names ? [`subjectAltName=${names}`] : [])
      ].join('\n')
    )
    // `ca` alone takes dates in every version of openssl.
    const config = path('cnf')
    const database = path('db')
    writeFileSync(database, '')
    writeFileSync(`${database}.attr`, 'unique_subject = no\n')
    writeFileSync(
      config,
      `[ca]\ndefault_ca=it\n[it]\ndatabase=${database}\nnew_certs_dir=${this.folder}\ndefault_md=${kind === 'ed25519' && !by ? 'null' : 'sha256'}\n` +
        `rand_serial=yes\npolicy=any\n[any]\ncommonName=optional\n`
    )
    const dates = expired ? ['-startdate', '20240101000000Z', '-enddate', '20250101000000Z'] : ['-days', '30']
    const signer = by ? ['-cert', by.cert, '-keyfile', by.key] : ['-selfsign', '-keyfile', key]
    this.#openssl(
      'ca',
      '-batch',
      '-notext',
      '-config',
      config,
      ...signer,
      ...dates,
      '-extfile',
      extensions,
      '-in',
      request,
      '-out',
      cert
    )
    writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'))
    for (const each of [key, both]) chmodSync(each, 0o600)
    this.#serial++
    return { cert, key, both, id: idOfKey(new X509Certificate(readFileSync(cert)).publicKey) }
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  }
}
