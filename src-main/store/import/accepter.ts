/** Where ser2net accepts connections, as endpoint URLs. Called by the readers for connections, rotators and connect-backs. */
import { isOpenTo, readAddresses, urlOf } from './addresses.ts'
import type { Defaults } from './defaults.ts'
import { readEncrypted } from './encrypted.ts'
import { NotImportable } from './found.ts'
import { readStack, type Layer, type Stack } from './stack.ts'
import { readBoolean } from './words-of.ts'

export interface Accepter {
  readonly urls: readonly string[]
  /** Other computers reach one of them. */
  readonly isOpen: boolean
  /** Keys decide who may come. */
  readonly needsLogin?: boolean
  /** What is left out, and why. */
  readonly notes: readonly (readonly [text: string, reason: string])[]
}

/** Layers that Farport has no counterpart for. */
const REASONS: Readonly<Record<string, string>> = {
  ssl: 'it is encrypted (ssl), which Farport speaks over TCP, with telnet on it or nothing: share it by hand',
  certauth:
    'it asks for a login (certauth), which Farport speaks as gtlssh does alone: mux,certauth,ssl,tcp on each other',
  mux: 'several channels in one connection (mux) are nothing that Farport imports, but with certauth,ssl,tcp as gtlssh has it',
  sctp: 'Farport does not speak SCTP; TCP is the nearest'
}

type Use = 'listen' | 'dial'

/** Throws NotImportable. */
export function readAccepter(text: string, defaults: Defaults): Accepter {
  return readEnd(readStack(text), defaults, 'listen')
}

/** A network address in a stack, for listening or dialling. Throws NotImportable. */
export function readEnd(stack: Stack, defaults: Defaults, use: Use): Accepter {
  const notes: (readonly [string, string])[] = []
  const encrypted = readEncrypted(stack.layers, defaults, use)
  const protocol = readProtocol(encrypted?.outer ?? stack.layers, defaults, notes)
  const { carrier, rest } = stack
  for (const [name] of carrier.options)
    if (name !== 'nodelay' && name !== 'reuseaddr')
      notes.push([`${carrier.name}(${name})`, 'Farport has no such setting of an address'])
  if (carrier.name === 'unix') {
    if (!rest.startsWith('/')) throw new NotImportable('the path of its Unix socket is not whole')
    const path = rest.split('/').map(encodeURIComponent).join('/')
    if (use === 'listen')
      notes.push([rest, 'its file is for the user of Farport alone; for others add ?mode=660&group=GROUP'])
    return { urls: [`${protocol}+unix://${path}`], isOpen: false, notes }
  }
  if (carrier.name !== 'tcp' && carrier.name !== 'udp') throw new NotImportable(reasonFor(carrier.name))
  const addresses = readAddresses(rest, use)
  if (encrypted) {
    const isTcp = addresses.every((each) => (each.carrier ?? carrier.name) === 'tcp')
    if (!isTcp) throw new NotImportable('Farport speaks this stack over TCP alone')
    notes.push(...encrypted.notes)
    const { transport, query, needsLogin } = encrypted
    const urls = addresses.map((each) => `${urlOf(`${protocol}+${transport}`, each)}${query}`)
    return { urls, isOpen: !needsLogin && addresses.some(isOpenTo), needsLogin, notes }
  }
  return {
    urls: addresses.map((each) => urlOf(schemeOf(protocol, each.carrier ?? carrier.name), each)),
    isOpen: addresses.some(isOpenTo),
    notes
  }
}

export function schemeOf(protocol: string, carrier: string | undefined): string {
  if (carrier === 'sctp') throw new NotImportable(reasonFor('sctp'))
  if (carrier !== 'udp') return protocol
  if (protocol !== 'raw')
    throw new NotImportable('only raw goes over UDP in Farport, since datagrams get lost')
  return 'raw+udp'
}

function readProtocol(
  layers: readonly Layer[],
  defaults: Defaults,
  notes: (readonly [string, string])[]
): 'raw' | 'telnet' | 'rfc2217' {
  const foreign =
    layers.find(({ name }) => name === 'ssl' || name === 'certauth') ??
    layers.find(({ name }) => name !== 'telnet')
  if (foreign) throw new NotImportable(reasonFor(foreign.name))
  const [telnet, second] = layers
  if (second) throw new NotImportable('telnet in telnet is nothing that Farport speaks')
  if (!telnet) return 'raw'
  for (const [name, value] of telnet.options)
    if (name !== 'rfc2217') notes.push([`telnet(${name}=${value})`, 'Farport has no such setting of telnet'])
  const value = telnet.options.get('rfc2217') ?? defaults.get('rfc2217', 'telnet') ?? 'false'
  return readBoolean(value) ? 'rfc2217' : 'telnet'
}

function reasonFor(name: string): string {
  return (Object.hasOwn(REASONS, name) ? REASONS[name] : undefined) ?? `Farport has nothing like ${name}`
}
