/** What certificate a server shows, whoever it is: for a person who is to decide whether to trust it. Nothing is sent to it. */
import type { X509Certificate } from 'node:crypto'
import { Fault } from '../contract/faults.ts'
import type { DialOptions } from './carrier.ts'
import { formatAddress } from './endpoint.ts'
import { versionsOf } from './foreign-tls.ts'
import { tlsWords } from './tls-alerts.ts'
import type { TlsPlace } from './tls-dial.ts'
import { dialSecure } from './tls-dial.ts'

/**
 * Rejects as TCP does, with `peer-protocol`, or with the signal's reason. A server that demands ours first (TLS 1.2) has shown its own by
 * then, and proved that it has the key.
 */
export async function lookAt(to: TlsPlace, options: DialOptions = {}): Promise<X509Certificate> {
  const place = formatAddress(to.host, to.port)
  let shown: X509Certificate | undefined
  const look = dialSecure(
    {
      to,
      place,
      tls: { ...versionsOf(), ca: [] },
      foreign: (error, tls) => {
        // Called again when it closes, where nothing is left to ask.
        shown ??= tls?.getPeerX509Certificate()
        return new Fault(
          'peer-protocol',
          `${place} shows no certificate (${tlsWords(error)}): check the port; or have its certificate as a file, and import that.`,
          error
        )
      },
      take: ({ tls }) => {
        const certificate = tls.getPeerX509Certificate()
        tls.on('error', () => undefined)
        tls.destroy()
        if (certificate) return certificate
        throw new Fault('peer-protocol', `${place} shows no certificate: give it one.`)
      }
    },
    options
  )
  return look.catch((error: unknown) => {
    if (shown) return shown
    throw error
  })
}
