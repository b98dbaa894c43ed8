/**
 * The options of a connection (ser2net.yaml.5, "connection specification options"), each with what it becomes in a share. Called for
 * the lines of a file and for its defaults. What Farport has no counterpart for has a reason here, so that it is told.
 */
import { MAX_CLIENTS } from '../../contract/commands.ts'
import { readRemaddr } from './addresses.ts'
import { TRACES, type Draft } from './draft.ts'
import { NotImportable } from './found.ts'
import { plainName } from './serial.ts'
import { readBoolean, readCount } from './words-of.ts'

type Setter = (draft: Draft, value: string) => void

const text =
  (name: 'banner' | 'signature' | 'closeOn' | 'openString' | 'closeString'): Setter =>
  (draft, value) => {
    // Only a signature can be empty and say something: that there is none.
    draft[name] = value === '' && name !== 'signature' ? undefined : value
  }

const stopsWay =
  (way: 'to-device' | 'from-device'): Setter =>
  (draft, value) => {
    if (!readBoolean(value)) return
    if (draft.oneWay !== undefined && draft.oneWay !== way)
      throw new NotImportable('no byte would pass either way')
    draft.oneWay = way
  }

const SETTERS: Readonly<Record<string, Setter>> = {
  banner: text('banner'),
  signature: text('signature'),
  openstr: text('openString'),
  closestr: text('closeString'),
  closeon: text('closeOn'),
  kickolduser: (draft, value) => {
    draft.kickOld = readBoolean(value)
  },
  'max-connections': (draft, value) => {
    const most = readCount(value, MAX_CLIENTS)
    if (most < 1) throw new NotImportable('nobody could connect')
    draft.maxClients = most
  },
  remaddr: (draft, value) => {
    draft.allow.push(...readRemaddr(value))
  },
  'no-con-to-acc': stopsWay('to-device'),
  'no-acc-to-con': stopsWay('from-device'),
  mdns: (draft, value) => {
    // What was to be announced is, as far as other computers reach it; without a word of it Farport's own way holds.
    draft.announce = readBoolean(value)
  },
  ...traceSetters()
}

function traceSetters(): Record<string, Setter> {
  const setters: Record<string, Setter> = {}
  const flags = ['hexdump', 'timestamp'] as const
  for (const kind of TRACES) {
    setters[`trace-${kind}`] = (draft, value) => {
      if (!value.startsWith('/')) throw new NotImportable('the path of its file is not whole')
      draft.traces[kind].file = value
    }
    for (const flag of flags)
      setters[`trace-${kind}-${flag}`] = (draft, value) => {
        draft.traces[kind][flag] = readBoolean(value)
      }
  }
  for (const flag of flags)
    setters[`trace-${flag}`] = (draft, value) => {
      for (const kind of TRACES) draft.traces[kind][flag] = readBoolean(value)
    }
  return setters
}

const AT_ONCE = 'Farport sends on at once what the device says'
const RETRIES = 'Farport tries again by itself, at first after half a second, then every 10 s'
const BUFFERS = 'Farport sizes its buffers itself'
const NO_LED = 'Farport drives no LEDs'
const NO_LOGIN =
  'in ser2net it means nothing without a login (certauth, or ssl with clientauth), and in Farport keys decide: farport pair import FILE'
const NO_MDNS = 'Farport announces a share by its own name, at its own port'
const NO_INTERFACE =
  'on which interfaces Farport announces is set for all shares (preferences.discovery.interfaces)'

/** Known, and without a counterpart. */
const UNUSED: Readonly<Record<string, string>> = {
  chardelay: AT_ONCE,
  'chardelay-scale': AT_ONCE,
  'chardelay-min': AT_ONCE,
  'chardelay-max': AT_ONCE,
  sendon: AT_ONCE,
  'dev-to-net-bufsize': BUFFERS,
  'net-to-dev-bufsize': BUFFERS,
  'led-tx': NO_LED,
  'led-rx': NO_LED,
  'telnet-brk-on-sync': 'a telnet break is a break in Farport, a telnet sync alone is none',
  'accepter-retry-time': RETRIES,
  'connector-retry-time': RETRIES,
  authdir: NO_LOGIN,
  'authdir-admin': 'Farport has no admin port',
  pamauth: NO_LOGIN,
  'pamauth-admin': 'Farport has no admin port',
  'allowed-users': NO_LOGIN,
  'mdns-interface': NO_INTERFACE,
  'mdns-port': NO_MDNS,
  'mdns-nettype': 'Farport announces IPv4 and IPv6 as the share listens',
  'mdns-name': NO_MDNS,
  'mdns-type': 'Farport announces _iostream._tcp alone',
  'mdns-domain': NO_MDNS,
  'mdns-host': NO_MDNS,
  'mdns-txt': 'what Farport announces of a share is what it is',
  'mdns-sysattrs': ''
}

/** What they say where that is what Farport does. */
const AS_FARPORT: Readonly<Record<string, RegExp>> = {
  'mdns-interface': /^-1$/,
  'mdns-nettype': /^unspec$/i,
  'mdns-type': /^_iostream\._tcp$/i,
  // Farport tells what a USB adapter is wherever it announces one.
  'mdns-sysattrs': /^/
}

/** Off is what they are in Farport. */
const OFF_IS_NOTHING: ReadonlySet<string> = new Set(['telnet-brk-on-sync', 'chardelay'])

export function isConnectionOption(name: string): boolean {
  return Object.hasOwn(SETTERS, name)
}

/** Why this has no counterpart; undefined: it has one, or nothing is known of it, or its value says no more than Farport does. */
export function unusedReason(name: string, value: string): string | undefined {
  if (!Object.hasOwn(UNUSED, name)) return undefined
  if (Object.hasOwn(AS_FARPORT, name) && AS_FARPORT[name]?.test(value.trim())) return undefined
  if (OFF_IS_NOTHING.has(name) && /^(?:false|off|no|0)$/i.test(value.trim())) return undefined
  return UNUSED[name]
}

/** It asks for nothing else than what Farport does. */
export function isAsHere(name: string, value: string): boolean {
  return Object.hasOwn(UNUSED, name) && unusedReason(name, value) === undefined
}

/** Takes one over. Throws NotImportable with the reason why it cannot be. */
export function setOption(draft: Draft, name: string, value: string): void {
  const plain = plainName(name)
  const reason = unusedReason(plain, value)
  if (reason !== undefined) throw new NotImportable(reason)
  if (Object.hasOwn(UNUSED, plain)) return
  const setter = Object.hasOwn(SETTERS, plain) ? SETTERS[plain] : undefined
  if (!setter) throw new NotImportable('Farport knows no such option')
  setter(draft, value)
}

/** Without these a share would let in more than ser2net did: a value that cannot be taken over keeps the whole connection out. */
export function guardsAccess(name: string): boolean {
  return plainName(name) === 'remaddr'
}
