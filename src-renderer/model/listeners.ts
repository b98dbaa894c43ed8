/**
 * The plain listeners of a share: where programs that are no Farport reach it, without encryption. Reads them out of the settings of the
 * share and writes them back; other listeners (TLS, sockets of the file system, UDP) are left as they are. Pure.
 */
import type { Settings, ShareEntry } from '../../src-main/contract/settings.ts'
import type { PlainProtocol } from './address-lines.ts'

/** Who may connect. `this-computer`: nobody else can even try. */
export type Reach = 'this-computer' | 'chosen' | 'everyone'

export interface PlainListener {
  /** Its place in the share's list. */
  readonly index: number
  readonly protocol: PlainProtocol | 'telnet'
  readonly host: string
  /** Of the settings; 0: any that is free. */
  readonly port: number
  /** Where it is reached now. Absent: it is not, where any free port was asked for. */
  readonly at?: number
  readonly reach: Reach
  /** Addresses and networks, where they are chosen. */
  readonly allow: readonly string[]
  /** Its clients watch and never write. */
  readonly observe: boolean
}

type Listen = ShareEntry['listen']

/** Where new ones are looked for: the port of the examples, and up. */
const FIRST_PORT = 7000
const PLAIN = /^(raw|rfc2217|telnet|tcp|socket):\/\/(?:\[([^\]]+)\]|([^:/?#]+)):(\d+)/

/** `addresses`: where the share is reached now, in the order of its list. */
export function plainListeners(
  { listen, allow }: Pick<ShareEntry, 'listen' | 'allow'>,
  addresses: readonly string[] = []
): readonly PlainListener[] {
  const portOf = portsNow(listen, addresses)
  return listen.flatMap((each, index): PlainListener[] => {
    const spec = typeof each === 'string' ? { url: each } : each
    const match = PLAIN.exec(spec.url)
    if (!match) return []
    const [, scheme = '', bracketed, plain = '', port] = match
    const host = bracketed ?? plain
    const allowed = ('allow' in spec ? spec.allow : undefined) ?? allow
    const protocol = scheme === 'rfc2217' || scheme === 'telnet' ? scheme : 'raw'
    const observe = 'observe' in spec && spec.observe === true
    const at = Number(port) === 0 ? portOf(scheme, host) : Number(port)
    return [
      {
        index,
        protocol,
        host,
        port: Number(port),
        ...(at !== undefined && { at }),
        reach: reachOf(host, allowed),
        allow: chosen(allowed),
        observe
      }
    ]
  })
}

/** Of those that take any free port: each the next that is none of the settings'. */
function portsNow(
  listen: Listen,
  addresses: readonly string[]
): (scheme: string, host: string) => number | undefined {
  const asked = listen.map((each) => (typeof each === 'string' ? each : each.url))
  const given = addresses.filter((each) => !asked.includes(each)).map((each) => PLAIN.exec(each))
  return (scheme, host) => {
    const at = given.findIndex((each) => each?.[1] === scheme && (each[2] ?? each[3]) === host)
    const [found] = at === -1 ? [] : given.splice(at, 1)
    return found ? Number(found[4]) : undefined
  }
}

/** The first that speaks so. */
export function listenerFor(
  listeners: readonly PlainListener[],
  protocol: PlainProtocol
): PlainListener | undefined {
  return listeners.find((each) => each.protocol === protocol && !each.observe)
}

/** One more. `port`: free among the settings; the core says where it is not on this computer. */
export function withListener(
  entry: ShareEntry,
  protocol: PlainProtocol,
  reach: Reach,
  allow: readonly string[],
  port: number
): ShareEntry {
  return { ...entry, listen: [...entry.listen, listenOf(protocol, reach, allow, port)] }
}

/** The same port, for others. */
export function withReach(
  entry: ShareEntry,
  { index, protocol, port }: PlainListener,
  reach: Reach,
  allow: readonly string[]
): ShareEntry {
  const listen = entry.listen.map((each, at) => {
    if (at !== index) return each
    const old = typeof each === 'string' ? {} : each
    return { ...old, ...listenOf(protocol, reach, allow, port) }
  })
  return { ...entry, listen }
}

export function withoutListener(entry: ShareEntry, { index }: PlainListener): ShareEntry {
  return { ...entry, listen: entry.listen.filter((_, at) => at !== index) }
}

/** A port that no listener of the settings has. */
export function freePort({ shares, rotators }: Pick<Settings, 'shares' | 'rotators'>): number {
  const all = [...shares, ...rotators].flatMap(({ listen }) => listen)
  const taken = new Set(
    all.map((each) => Number(/:(\d+)\D*$/.exec(typeof each === 'string' ? each : each.url)?.[1]))
  )
  let port = FIRST_PORT
  while (taken.has(port)) port++
  return port
}

/** `192.168.1.20, 10.0.0.0/8`: as people write lists. */
export function readAddresses(text: string): readonly string[] {
  return text.split(/[\s,;]+/).filter((each) => each !== '')
}

function listenOf(
  protocol: PlainListener['protocol'],
  reach: Reach,
  allow: readonly string[],
  port: number
): Exclude<Listen[number], string> {
  const host = reach === 'this-computer' ? '127.0.0.1' : '0.0.0.0'
  const allowed = reach === 'this-computer' ? ['loopback'] : reach === 'everyone' ? ['anyone'] : [...allow]
  return { url: `${protocol}://${host}:${port}`, allow: allowed }
}

function reachOf(host: string, allow: readonly string[]): Reach {
  if (/^(127\.|localhost$|::1$)/i.test(host)) return 'this-computer'
  if (allow.length > 0 && allow.every((each) => each === 'loopback')) return 'this-computer'
  return allow.includes('anyone') ? 'everyone' : 'chosen'
}

function chosen(allow: readonly string[]): readonly string[] {
  return allow.filter((each) => each !== 'anyone' && each !== 'loopback')
}
