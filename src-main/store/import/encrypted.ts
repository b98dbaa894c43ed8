/**
 * ser2net's encrypted stacks: `ssl,tcp,PORT`, which lets in whoever comes or (clientauth) whom authdir knows, and the one for gtlssh,
 * `telnet(rfc2217),mux,certauth(),ssl,tcp,PORT` (ser2net's README, "A Complete Encrypted Example Setup"). Called by accepter.ts.
 */
import { encodePath } from '../../net/endpoint-options.ts'
import type { Defaults } from './defaults.ts'
import { NotImportable } from './found.ts'
import { NO_PASSWORDS, type Note } from './login.ts'
import type { Layer } from './stack.ts'
import { readBoolean } from './words-of.ts'

/** As Debian's ser2net has them where nothing else is said. */
const DEFAULT_CERTIFICATE = '/etc/ser2net/ser2net.crt'
const DEFAULT_KEY = '/etc/ser2net/ser2net.key'

export interface EncryptedStack {
  /** The layers outside of it. */
  readonly outer: readonly Layer[]
  readonly transport: 'tls' | 'certauth'
  /** Behind the address, with its `?`; empty where there is nothing to say. */
  readonly query: string
  /** Keys decide who may come; else addresses do. */
  readonly needsLogin: boolean
  readonly notes: readonly Note[]
}

/** Undefined: these layers are another stack. Throws NotImportable. */
export function readEncrypted(
  layers: readonly Layer[],
  defaults: Defaults,
  use: 'listen' | 'dial'
): EncryptedStack | undefined {
  const ssl = layers.at(-1)
  if (ssl?.name !== 'ssl') return undefined
  const inner = layers.slice(-3)
  const isCertauth = inner.map(({ name }) => name).join() === 'mux,certauth,ssl'
  const outer = layers.slice(0, isCertauth ? -3 : -1)
  // Others on it are told of as what they are.
  if (outer.some(({ name }) => name !== 'telnet')) return undefined
  const option = (name: string): string | undefined =>
    ssl.options.get(name) ?? defaults.get(name.toLowerCase(), 'ssl')
  if (option('mode') === (use === 'listen' ? 'client' : 'server'))
    throw new NotImportable('who listens is the client of TLS there, which Farport never is')
  if (isCertauth) return { outer, ...certauth(inner, option, use) }
  return { outer, ...(use === 'listen' ? listening(ssl, option) : dialling(ssl, option)) }
}

type Option = (name: string) => string | undefined
type Ending = Omit<EncryptedStack, 'outer'>

function certauth(inner: readonly Layer[], option: Option, use: 'listen' | 'dial'): Ending {
  // What we dial knows us by certauth, whose options are not taken over.
  const own = use === 'listen' ? ownOf(option) : []
  return {
    transport: 'certauth',
    query: queryOf(own),
    needsLogin: true,
    notes: use === 'listen' ? [...known(own), ...inner.flatMap((layer) => unused(layer, OWN))] : []
  }
}

function listening(ssl: Layer, option: Option): Ending {
  const own = ownOf(option)
  const asks = isOn(option('clientauth'))
  // ser2net 4.3.11 lets in whoever has no certificate then, and refuses those with a wrong one.
  const lenient = asks && isOn(option('allow-authfail'))
  const needsLogin = asks && !lenient
  return {
    transport: 'tls',
    query: queryOf([...own, ...(needsLogin ? [] : ['anyone'])]),
    needsLogin,
    notes: [
      ...known(own),
      ...(lenient ? [LENIENT] : []),
      ...unused(ssl, new Set([...OWN, 'clientauth', 'allow-authfail', 'mode']))
    ]
  }
}

function dialling(ssl: Layer, option: Option): Ending {
  const authorities = option('CA')
  const files = [
    ...(authorities === undefined || authorities === '' ? [] : [`ca=${whole('CA', authorities)}`]),
    ...(option('cert') === undefined ? [] : ownOf(option))
  ]
  return {
    transport: 'tls',
    query: queryOf(files),
    needsLogin: false,
    notes: [
      authorities === undefined ? UNTRUSTED : NAMES,
      ...unused(ssl, new Set([...OWN, 'CA', 'clientauth', 'mode']))
    ]
  }
}

/** Options that become part of the address. */
const OWN: ReadonlySet<string> = new Set(['cert', 'key'])

/** Our certificate there, as options of an address. */
function ownOf(option: Option): string[] {
  const certificate = option('cert')
  if (certificate === undefined || certificate === '') return []
  return [`cert=${whole('cert', certificate)}`, `key=${whole('key', option('key') ?? DEFAULT_KEY)}`]
}

function whole(name: string, path: string): string {
  if (path.startsWith('/') && !path.endsWith('/')) return encodePath(path)
  throw new NotImportable(`${name}=${path} is no whole path of a file`)
}

function queryOf(options: readonly string[]): string {
  return options.length === 0 ? '' : `?${options.join('&')}`
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && readBoolean(value)
}

function known(own: readonly string[]): Note[] {
  return own.length > 0 ? [] : [ANOTHER_CERTIFICATE]
}

const ANOTHER_CERTIFICATE: Note = [
  'ssl',
  `those who come know this address by ${DEFAULT_CERTIFICATE}, and would refuse Farport's own certificate: add cert=${DEFAULT_CERTIFICATE}&key=${DEFAULT_KEY} behind its ?`
]

const LENIENT: Note = [
  'ssl(allow-authfail)',
  'who shows no certificate is let in, so Farport asks for none; leave out "anyone" where keys are to decide'
]

const UNTRUSTED: Note = [
  'ssl',
  'Farport connects to those alone whose certificate it trusts: farport pair import HOST:PORT, or add ca=FILE behind a ?'
]

const NAMES: Note = [
  'ssl(CA)',
  'Farport looks at the name in the certificate, too: where that is not the host, add name=NAME behind the ?, or farport pair import its file'
]

function unused({ name, options }: Layer, used: ReadonlySet<string>): Note[] {
  return [...options]
    .filter(([option]) => name !== 'ssl' || !used.has(option))
    .map(([option, value]) => [
      `${name}(${option}=${value})`,
      REASONS[option] ?? `Farport has no such setting of ${name}`
    ])
}

const REASONS: Readonly<Record<string, string>> = {
  'enable-password': NO_PASSWORDS,
  'enable-2fa': NO_PASSWORDS,
  // Measured: with authdir, which there always is, it counts for nobody.
  CA: 'ser2net lets in those of authdir alone, and Farport those whose key it knows: farport pair import FILE'
}
