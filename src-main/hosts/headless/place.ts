/** Where the page is served: the words of `--http` and of the preference, and what is allowed where. Called by page-door.ts and serve.ts. */
import { isIPv6 } from 'node:net'
import { Fault } from '../../contract/faults.ts'
import { OWN_CERTIFICATE, PAGE_HOST, PAGE_PORT } from '../../contract/settings.ts'
import { isLoopback } from '../../net/allow-list.ts'
import { formatAddress, isHostName } from '../../net/endpoint.ts'

/** `certificate`, `key`: paths of PEM files, or `own`. */
export interface PagePlace {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly certificate?: string
  readonly key?: string
}

/** `HOST:PORT`, `[::1]:7373`, `HOST`, or `:PORT`. Throws `usage`. */
export function parsePlace(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text)
  const [, bracketed, plain, digits] = match ?? []
  const host = bracketed ?? (plain === '' ? PAGE_HOST : (plain ?? ''))
  const port = digits === undefined ? PAGE_PORT : Number(digits)
  const isAddress = bracketed === undefined ? isHostName(host) : isIPv6(host)
  if (text === '' || !isAddress || port > 65_535)
    throw new Fault(
      'usage',
      `--http ${text} is no address for the page. Write HOST:PORT: 127.0.0.1:${PAGE_PORT}, [::1]:${PAGE_PORT}; port 0 takes any free one.`
    )
  return { host, port }
}

/** Throws `address-not-permitted` for a place that others reach and where nothing is encrypted, and `usage` for half a certificate. */
export function checkPlace({ host, port, certificate, key }: PagePlace): void {
  if (key !== undefined && (certificate === undefined || certificate === OWN_CERTIFICATE))
    throw new Fault('usage', 'A key needs its certificate: --http-cert FILE --http-key FILE, both as PEM.')
  if (certificate !== undefined || isLoopback(host)) return
  throw new Fault(
    'address-not-permitted',
    `Other computers reach ${formatAddress(host, port)}, so the page needs TLS there: add --http-cert FILE --http-key FILE, or --http-cert ${OWN_CERTIFICATE} (the browser warns once). Or serve it at ${PAGE_HOST} and come by: ssh -L ${PAGE_PORT}:${PAGE_HOST}:${PAGE_PORT} THIS-COMPUTER`
  )
}
