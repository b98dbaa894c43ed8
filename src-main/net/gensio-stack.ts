/**
 * The words by which gensio's programs (ser2net, gensiot, gtlssh) name what an endpoint speaks. Called by whoever announces or shows
 * one; knows no program's options.
 */
import type { Endpoint } from './endpoint.ts'

/** What each protocol is on top of a carrier; raw is the carrier alone (gensio(5), telnet). */
const PROTOCOL_LAYERS: Readonly<Record<string, string>> = { rfc2217: 'telnet(rfc2217),', telnet: 'telnet,' }

/** What carries it: a client that reads other layers than these connects without them (gensio's mDNS clients). */
const CARRIER_LAYERS: Readonly<Record<string, string>> = {
  tcp: 'tcp',
  udp: 'udp',
  unix: 'unix',
  tls: 'ssl,tcp',
  certauth: 'mux,certauth,ssl,tcp'
}

/**
 * The stack of gensio that speaks to a listener of this kind, outermost layer first, as ser2net announces it in `gensiostack` of its
 * `_iostream._tcp` entries: `telnet(rfc2217),tcp`, `tcp`, `telnet(rfc2217),mux,certauth,ssl,tcp`.
 */
export function gensioStackOf(endpoint: Pick<Endpoint, 'protocol'> & { readonly transport: string }): string {
  return `${PROTOCOL_LAYERS[endpoint.protocol] ?? ''}${CARRIER_LAYERS[endpoint.transport] ?? endpoint.transport}`
}
