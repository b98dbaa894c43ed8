import { generateKeyPairSync } from 'node:crypto'
import { generate } from 'selfsigned'
import type { TlsIdentity } from '../../src-main/net/tls-identity.ts'

/** A new key and its certificate; `namedCurve`: P-256 where nothing is said. */
export async function newTlsIdentity(namedCurve: 'P-256' | 'P-384' = 'P-256'): Promise<TlsIdentity> {
  const pair = generateKeyPairSync('ec', { namedCurve })
  const keyPair = {
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  }
  const { cert } = await generate([{ name: 'commonName', value: 'Farport' }], {
    keyType: 'ec',
    curve: namedCurve,
    algorithm: 'sha256',
    keyPair
  })
  return { key: keyPair.privateKey, certificate: cert }
}
