/** What stands behind the `?` of an endpoint URL, for each transport. Called by endpoint.ts; opens no file. */
import { cut, decoded, readPort, wrong, type EndpointUse, type Transport } from './endpoint-words.ts'

/** What is asked of TLS beyond what is so anyway: our own certificate, and those whom this installation trusts. */
export interface TlsWish {
  /** A PEM file with authorities: whom one of them vouches for is trusted, too. */
  readonly ca?: string
  /** A PEM file with our certificate (and those between it and its authority), instead of the installation's. */
  readonly cert?: string
  /** A PEM file with its key; absent: it stands in `cert`. */
  readonly key?: string
  /** Dialling: the name that the authority must have vouched for; the host where absent. */
  readonly name?: string
  /** The highest version, for programs that stumble over TLS 1.3 (telnet-ssl 0.17 waits for ever behind its session tickets). */
  readonly version?: '1.2'
  /** Listening: no certificate is asked for, so encrypted is all that it is. */
  readonly anyone?: boolean
}

export interface EndpointOptions {
  /** Who may open the socket's file; `unix` only. A listener's: 0o600 where absent. */
  readonly mode?: number
  /** The group of the socket's file, by name or number; `unix` only. */
  readonly group?: string
  /** The port we send from and receive on; `udp` only. */
  readonly localPort?: number
  /** `tls` and `certauth` only; absent where nothing is asked. */
  readonly tls?: TlsWish
}

type Reader = (text: string, value: string | undefined, use: EndpointUse) => EndpointOptions

const TLS: Readonly<Record<string, Reader>> = {
  ca: (text, value) => ({ tls: { ca: readFile(text, 'ca', value) } }),
  cert: (text, value) => ({ tls: { cert: readFile(text, 'cert', value) } }),
  key: (text, value) => ({ tls: { key: readFile(text, 'key', value) } }),
  name: (text, value, use) => ({ tls: { name: readName(text, value, use) } }),
  version: (text, value) => {
    if (value === '1.2') return { tls: { version: '1.2' } }
    throw wrong(text, 'has no right version: 1.2 is the only one to say, as in', `${ANYONE}&version=1.2`)
  },
  anyone: (text, value, use) => {
    if (use === 'dial') throw wrong(text, 'says "anyone", which only a listener can, as in', TLS_LISTENER)
    if (value !== undefined) throw wrong(text, 'has a value for "anyone", which stands alone, as in', ANYONE)
    return { tls: { anyone: true } }
  }
}

/** The options that a transport has, each with what reads it. */
const OPTIONS: Readonly<Record<Transport, Readonly<Record<string, Reader>>>> = {
  tcp: {},
  tls: TLS,
  certauth: TLS,
  unix: {
    mode: (text, value) => ({ mode: readMode(text, value) }),
    group: (text, value) => ({ group: readGroup(text, value) })
  },
  udp: { local: (text, value) => ({ localPort: readPort(text, value, 'dial') }) }
}

/** Throws `bad-url`. */
export function readOptions(
  text: string,
  transport: Transport,
  query: string | undefined,
  use: EndpointUse
): EndpointOptions {
  const known = OPTIONS[transport]
  let result: EndpointOptions = {}
  for (const part of query === undefined || query === '' ? [] : query.split('&')) {
    const [name, value] = cut(part, '=')
    const read = Object.hasOwn(known, name) ? known[name] : undefined
    if (!read) {
      const names = Object.keys(known)
      const there = names.length > 0 ? `there is ${names.join(', ')}` : `${transport} has none`
      throw wrong(text, `has the option "${name}", which we do not know (${there}): leave it out, like`)
    }
    const { tls, ...more } = read(text, value, use)
    result = { ...result, ...more, ...(tls && { tls: { ...result.tls, ...tls } }) }
  }
  if (result.tls?.key !== undefined && result.tls.cert === undefined)
    throw wrong(text, 'has a key without its certificate (cert=), as in', TLS_LISTENER)
  if (result.tls?.anyone && result.tls.ca !== undefined)
    throw wrong(text, 'lets anyone in and names authorities (ca=): leave out one of the two, as in', ANYONE)
  return result
}

/** With its `?`; empty where there is none. `readOptions` reads it back. */
export function formatOptions({ mode, group, localPort, tls = {} }: EndpointOptions): string {
  const { ca, cert, key, name, version, anyone } = tls
  const options = [
    ...(mode === undefined ? [] : [`mode=${mode.toString(8).padStart(3, '0')}`]),
    ...(group === undefined ? [] : [`group=${encodeURIComponent(group)}`]),
    ...(localPort === undefined ? [] : [`local=${localPort}`]),
    ...(ca === undefined ? [] : [`ca=${encodePath(ca)}`]),
    ...(cert === undefined ? [] : [`cert=${encodePath(cert)}`]),
    ...(key === undefined ? [] : [`key=${encodePath(key)}`]),
    ...(name === undefined ? [] : [`name=${encodeURIComponent(name)}`]),
    ...(version === undefined ? [] : [`version=${version}`]),
    ...(anyone ? ['anyone'] : [])
  ]
  return options.length === 0 ? '' : `?${options.join('&')}`
}

/** A path as it stands in a URL; its slashes stay. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

const UNIX_EXAMPLE = 'raw+unix:///run/x.sock?mode=660&group=dialout'
const TLS_LISTENER = 'raw+tls://[::]:4001?cert=/etc/farport/server.pem&key=/etc/farport/server.key'
const ANYONE = 'raw+tls://[::]:4001?anyone'
const TLS_DIAL = 'raw+tls://192.168.1.20:4001?ca=/etc/farport/ca.pem&name=box.example'

function readMode(text: string, value = ''): number {
  if (/^0?[0-7]{3}$/.test(value)) return parseInt(value, 8)
  throw wrong(text, `has no right mode ("${value}"): three octal digits are, as in`, UNIX_EXAMPLE)
}

function readGroup(text: string, value = ''): string {
  const group = decoded(text, value)
  if (group !== '') return group
  throw wrong(text, 'names no group: write it like', UNIX_EXAMPLE)
}

function readFile(text: string, option: string, value = ''): string {
  const path = decoded(text, value)
  if (path !== '' && !path.includes('\0')) return path
  throw wrong(
    text,
    `names no file (${option}=): write it like`,
    `raw+tls://[::]:4001?${option}=/etc/farport/x.pem`
  )
}

function readName(text: string, value = '', use: EndpointUse): string {
  if (use === 'listen')
    throw wrong(
      text,
      'says which name the far side must have (name=), which only who dials can, as in',
      TLS_DIAL
    )
  const name = decoded(text, value)
  if (/^[\p{L}\p{N}.:_-]{1,253}$/u.test(name)) return name
  throw wrong(text, 'has no right name (name=): it is the one in the certificate, as in', TLS_DIAL)
}
