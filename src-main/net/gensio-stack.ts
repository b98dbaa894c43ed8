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

/** Which stack is which protocol on which carrier; those that are reached at a port of a host. */
const SPOKEN: ReadonlyMap<string, Pick<Endpoint, 'protocol' | 'transport'>> = new Map(
  (['rfc2217', 'telnet', 'raw'] as const).flatMap((protocol) =>
    (['tcp', 'tls', 'certauth'] as const).map((transport) => [
      gensioStackOf({ protocol, transport }),
      { protocol, transport }
    ])
  )
)

/**
 * What an announced stack speaks. Undefined: layers that are not spoken here, or in another order: nothing is guessed, as connecting
 * without them would give bytes that mean something else. Arguments of layers (`ssl(CA=…)`) are settings of the other side alone.
 */
export function readGensioStack(stack: string): Pick<Endpoint, 'protocol' | 'transport'> | undefined {
  const layers = stack.replace(/\s+/g, '').toLowerCase()
  return SPOKEN.get(layers.replace(/(?<!telnet)\([^()]*\)/g, '').replace('telnet()', 'telnet'))
}
