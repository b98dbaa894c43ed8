/** What certificate a server shows, whoever it is: for a person who is to decide whether to trust it. Nothing is sent to it. */
import type { X509Certificate } from 'node:crypto'
import { Fault } from '../contract/faults.ts'
import type { DialOptions } from './carrier.ts'
import { formatAddress } from './endpoint.ts'
import { versionsOf } from './foreign-tls.ts'
import { describe } from './network-faults.ts'
import type { TlsPlace } from './tls-dial.ts'
import { dialSecure } from './tls-dial.ts'

/** Rejects as TCP does, with `peer-protocol`, or with the signal's reason. */
export async function lookAt(to: TlsPlace, options: DialOptions = {}): Promise<X509Certificate> {
  const place = formatAddress(to.host, to.port)
  return dialSecure(
    {
      to,
      place,
      tls: { ...versionsOf(), ca: [] },
      foreign: (error) =>
        new Fault(
          'peer-protocol',
          `${place} shows no certificate (${describe(error)}): check the port; or have its certificate as a file, and import that.`,
          error
        ),
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
}
