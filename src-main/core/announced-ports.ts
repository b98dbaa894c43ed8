/**
 * The port that announces itself under a name, for `mdns://NAME`: looked for anew at each dial. Called by targets.ts, by way of the context.
 * Nothing here proves who it is.
 */
import type { NearbyState } from '../contract/state.ts'
import { Fault } from '../contract/faults.ts'
import { parseEndpoint, type Endpoint } from '../net/endpoint.ts'

/** For a port to be heard, in ms. */
export const HEAR_MS = 5000

/** Where ports are heard. */
export interface HeardPorts {
  readonly nearby: readonly NearbyState[]
  /** Asks the network; resolves when `isFound`, or after `timeoutMs`. Rejects with the signal's reason. */
  hear(isFound: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<void>
}

/**
 * Where it is now, and what is spoken there, as it says itself. Rejects with `usage` where several have the name, `peer-unknown-host` where
 * none is heard, `unsupported` where it speaks what we do not, or with the signal's reason.
 */
export async function findAnnounced(name: string, heard: HeardPorts, signal: AbortSignal): Promise<Endpoint> {
  const found = (): NearbyState[] => portsCalled(name, heard.nearby)
  if (found().length === 0) await heard.hear(() => found().length > 0, HEAR_MS, signal)
  const [first, ...others] = found()
  if (!first)
    throw new Fault(
      'peer-unknown-host',
      `No port announces itself as "${name}" in the network. See farport peers for those that do, or use its address.`
    )
  if (others.length > 0) throw severalCalled(name, [first, ...others])
  if (first.url !== undefined) return parseEndpoint(first.url)
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

const fold = (name: string): string => name.normalize('NFKC').toLowerCase()

function severalCalled(name: string, found: readonly NearbyState[]): Fault {
  const places = found.map(({ url, host, port }) => url ?? `${host}:${port}`)
  return new Fault(
    'usage',
    `${found.length} ports announce themselves as "${name}". Give the address of one: ${places.join(', ')}.`
  )
}
