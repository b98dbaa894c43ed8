/**
 * From what is heard by mDNS to what people see of it, and to the places where a Farport may be. Pure. Called by core. Everything here is
 * a hint: whoever connects checks the key that answers, or knows that nobody has proved anything.
 */
import { isIP } from 'node:net'
import { FARPORT_PORT } from '../contract/settings.ts'
import type { AnnouncedUsb, NearbyState } from '../contract/state.ts'
import { formatEndpoint } from '../net/endpoint.ts'
import { formatFarportUrl } from '../net/farport-url.ts'
import { readGensioStack } from '../net/gensio-stack.ts'
import type { TlsPlace } from '../net/tls.ts'
import type { Heard, ServiceType } from './discovery/discovery.ts'
import type { PlaceState } from './manual-places.ts'
import { byName, naturalOrder } from '../base/natural-order.ts'

/** A Farport that was heard: what it calls itself and claims to be, and where. */
export interface HeardFarport {
  readonly name: string
  readonly claims?: string
  readonly places: readonly TlsPlace[]
  readonly present: boolean
}

/** `ownId`: of this installation; `peerCalled`: the name here of the paired computer with that id. */
export interface NearbyWords {
  readonly ownId?: string
  readonly peerCalled?: (id: string) => string | undefined
}

/** Of the entries about one port the one that says most. */
const RANK: Readonly<Record<ServiceType, number>> = { farport: 0, iostream: 1, rfc2217: 2, telnet: 3 }

/** One entry for each thing that was heard, in the order of their names; without ours. */
export function nearbyOf(heard: readonly Heard[], { ownId, peerCalled }: NearbyWords): NearbyState[] {
  const others = heard.filter((each) => claimsOf(each) === undefined || claimsOf(each) !== ownId)
  const ranked = [...others].sort(
    (a, b) => Number(b.present) - Number(a.present) || RANK[a.type] - RANK[b.type]
  )
  const kept: Heard[] = []
  for (const each of ranked)
    if (!kept.some((other) => isSamePort(each, other)) || each.type === 'farport') kept.push(each)
  return kept
    .sort((a, b) => byName(a, b) || naturalOrder(a.key, b.key))
    .map((each) => stateOf(each, peerCalled))
}

/** The Farports among them, those that are there first. */
export function farportsIn(heard: readonly Heard[]): HeardFarport[] {
  return heard
    .filter(({ type }) => type === 'farport')
    .sort((a, b) => Number(b.present) - Number(a.present))
    .map((each) => {
      const { name, addresses, port, present } = each
      const claims = claimsOf(each)
      return {
        name,
        present,
        ...(claims !== undefined && { claims }),
        places: addresses.map((host) => ({ host, port }))
      }
    })
}

/** What stands at the places that a person gave. Whose key answered there is proven, what it is called is not asked. */
export function manualNearby(
  places: readonly PlaceState[],
  { ownId, peerCalled }: NearbyWords
): NearbyState[] {
  return places.map(({ text, place: { host, port }, id: claims, present, fault, since, seen }) => {
    const peer = claims === undefined ? undefined : peerCalled?.(claims)
    return {
      id: `manual ${text}`,
      kind: 'farport',
      name: peer ?? (claims !== undefined && claims === ownId ? 'this computer' : text),
      ...{ host, addresses: isIP(host.replace(/%.*$/, '')) > 0 ? [host] : [], port },
      url: formatFarportUrl({ peer: host, ...(port !== FARPORT_PORT && { port }), takeOver: false }),
      ...(claims !== undefined && { claims }),
      ...(peer !== undefined && { peer }),
      ...{ confidence: 'high', origin: 'manual', present },
      ...(fault && { fault }),
      ...{ since, seen }
    }
  })
}

function stateOf(
  heard: Heard,
  peerCalled: (id: string) => string | undefined = () => undefined
): NearbyState {
  const { key: id, type, name, host, addresses, port, txt, present, since, seen } = heard
  const claims = claimsOf(heard)
  const peer = claims === undefined ? undefined : peerCalled(claims)
  const usb = usbIn(txt)
  const url = urlOf(heard)
  return {
    id,
    kind: type === 'farport' ? 'farport' : 'port',
    ...{ name, host, addresses, port },
    ...(url !== undefined && { url }),
    ...(claims !== undefined && { claims }),
    ...(peer !== undefined && { peer }),
    ...(txt.provider !== undefined && { provider: txt.provider }),
    ...(txt.gensiostack !== undefined && { stack: txt.gensiostack }),
    ...(usb && { usb }),
    confidence: type === 'telnet' ? 'low' : 'high',
    origin: 'mdns',
    ...{ present, since, seen }
  }
}

/** What is spoken there; undefined: nothing that is spoken here, or no address was heard. */
function urlOf({ type, txt, addresses, port }: Heard): string | undefined {
  const [host] = addresses
  if (host === undefined) return undefined
  switch (type) {
    case 'farport':
      return formatFarportUrl({ peer: host, port, takeOver: false })
    case 'rfc2217':
      return formatEndpoint({ protocol: 'rfc2217', transport: 'tcp', host, port })
    case 'telnet':
      return formatEndpoint({ protocol: 'telnet', transport: 'tcp', host, port })
    case 'iostream': {
      const spoken = readGensioStack(txt.gensiostack ?? '')
      return spoken && formatEndpoint({ ...spoken, host, port })
    }
  }
}

function claimsOf({ type, txt }: Heard): string | undefined {
  return type === 'farport' && /^[0-9a-f]{64}$/.test(txt.id ?? '') ? txt.id : undefined
}

/** The same port of the same computer: by its name, or by an address that both have. */
function isSamePort(one: Heard, other: Heard): boolean {
  if (one.port !== other.port || other.type === 'farport') return false
  return (
    one.host.toLowerCase() === other.host.toLowerCase() ||
    one.addresses.some((address) => isIP(address) > 0 && other.addresses.includes(address))
  )
}

/** As ser2net tells it; hex digits as sysfs has them. */
function usbIn(txt: Heard['txt']): AnnouncedUsb | undefined {
  const hex = (text = ''): string | undefined =>
    /^[0-9a-f]{4}$/i.test(text) ? text.toLowerCase() : undefined
  const vendorId = hex(txt.idVendor)
  const productId = hex(txt.idProduct)
  if (vendorId === undefined || productId === undefined) return undefined
  const number = /^[0-9a-f]{1,2}$/i.test(txt.bInterfaceNumber ?? '')
    ? Number.parseInt(txt.bInterfaceNumber ?? '', 16)
    : undefined
  return {
    vendorId,
    productId,
    ...(txt.serial !== undefined && { serialNumber: txt.serial }),
    ...(txt.manufacturer !== undefined && { manufacturer: txt.manufacturer }),
    ...(txt.product !== undefined && { product: txt.product }),
    ...(number !== undefined && { interfaceNumber: number }),
    ...(txt.interface !== undefined && { interfaceName: txt.interface })
  }
}
