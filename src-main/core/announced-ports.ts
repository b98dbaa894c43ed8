/**
 * The port that announces itself under a name, for `mdns://NAME`: looked for anew at each dial. Called by targets.ts, by way of the context.
 * Nothing here proves who it is.
 */
import type { NearbyState } from '../contract/state.ts'
import { Fault } from '../contract/faults.ts'
import { parseEndpoint, type Endpoint } from '../net/endpoint.ts'

/** For a port to be heard, in ms. */
export const HEAR_MS = 5000

/** For another address than one of the link alone, in ms. */
const MORE_MS = 1000

/** Of one port that are tried. */
const MAX_ADDRESSES = 4

/** Where ports are heard. */
export interface HeardPorts {
  readonly nearby: readonly NearbyState[]
  /** Asks the network; resolves when `isFound`, or after `timeoutMs`. Rejects with the signal's reason. */
  hear(isFound: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<void>
}

/**
 * Where it is now (the likeliest first, one at least), and what is spoken there, as it says itself. Rejects with `usage` where several have the name, `peer-unknown-host` where
 * none is heard, `unsupported` where it speaks what we do not, or with the signal's reason.
 */
export async function findAnnounced(
  name: string,
  heard: HeardPorts,
  signal: AbortSignal
): Promise<readonly Endpoint[]> {
  const found = (): NearbyState[] => portsCalled(name, heard.nearby)
  if (found().length === 0) await heard.hear(() => found().length > 0, HEAR_MS, signal)
  // Its addresses come one by one, and one of the link alone may be none that it listens at.
  const isNear = (): boolean => found().some(({ addresses }) => addresses.some(isWide))
  if (found().length > 0 && !isNear()) await heard.hear(isNear, MORE_MS, signal)
  const [first, ...others] = found()
  if (!first)
    throw new Fault(
      'peer-unknown-host',
      `No port announces itself as "${name}" in the network. See farport peers for those that do, or use its address.`
    )
  if (others.length > 0) throw severalCalled(name, [first, ...others])
  if (first.url !== undefined) {
    const endpoint = parseEndpoint(first.url)
    return first.addresses.slice(0, MAX_ADDRESSES).map((host) => ({ ...endpoint, host }))
  }
  throw new Fault(
    'unsupported',
    `"${name}" (${first.host}:${first.port}) speaks ${first.stack ?? 'it does not say what'}, which Farport does not. If you know better, use its address.`
  )
}

/** Those that are there; where none is by exactly this name, those by it in other letters. */
function portsCalled(name: string, nearby: readonly NearbyState[]): NearbyState[] {
  const ports = nearby.filter(({ kind, present }) => kind === 'port' && present)
  const exact = ports.filter((each) => each.name === name)
  return exact.length > 0 ? exact : ports.filter((each) => fold(each.name) === fold(name))
}

const isWide = (address: string): boolean => !/^fe80:/i.test(address)

const fold = (name: string): string => name.normalize('NFKC').toLowerCase()

function severalCalled(name: string, found: readonly NearbyState[]): Fault {
  const places = found.map(({ url, host, port }) => url ?? `${host}:${port}`)
  return new Fault(
    'usage',
    `${found.length} ports announce themselves as "${name}". Give the address of one: ${places.join(', ')}.`
  )
}
