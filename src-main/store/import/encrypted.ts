/**
 * ser2net's encrypted stack for gtlssh, `telnet(rfc2217),mux,certauth(),ssl,tcp,PORT`, and whom it lets in (ser2net's README, "A Complete
 * Encrypted Example Setup"). Keys are taken over by nobody but a person: what is to be imported is told. Called by accepter.ts and
 * yaml-reader.ts.
 */
import { basename, dirname, join } from 'node:path'
import { encodePath } from '../../net/endpoint-options.ts'
import type { Sources } from './found.ts'
import type { Layer } from './stack.ts'

export type Note = readonly [text: string, reason: string]

/** As Debian's ser2net has them where nothing else is said. */
const DEFAULT_AUTH = '/usr/share/ser2net/auth'
const DEFAULT_CERTIFICATE = '/etc/ser2net/ser2net.crt'
const DEFAULT_KEY = '/etc/ser2net/ser2net.key'

/** More are told of as a number. */
const MAX_CERTIFICATES = 100

export interface EncryptedStack {
  /** The layers outside of it. */
  readonly outer: readonly Layer[]
  /** Behind the address of a listener. */
  readonly query: string
  readonly notes: readonly Note[]
}

/** Undefined: these layers are another stack. */
export function readEncrypted(layers: readonly Layer[]): EncryptedStack | undefined {
  const inner = layers.slice(-3)
  if (inner.map(({ name }) => name).join() !== 'mux,certauth,ssl') return undefined
  const certificate = inner[2]?.options.get('cert')
  const key = inner[2]?.options.get('key')
  return {
    outer: layers.slice(0, -3),
    query:
      certificate === undefined
        ? ''
        : `?cert=${encodePath(certificate)}${key === undefined ? '' : `&key=${encodePath(key)}`}`,
    notes: [...(certificate === undefined ? [ANOTHER_CERTIFICATE] : []), ...inner.flatMap(unused)]
  }
}

const ANOTHER_CERTIFICATE: Note = [
  'ssl',
  `gtlssh's users know this address by ${DEFAULT_CERTIFICATE}, and would refuse Farport's own certificate: add ?cert=${DEFAULT_CERTIFICATE}&key=${DEFAULT_KEY} to it`
]

function unused({ name, options }: Layer): Note[] {
  return [...options]
    .filter(([option]) => name !== 'ssl' || (option !== 'cert' && option !== 'key'))
    .map(([option, value]) => [
      `${name}(${option}=${value})`,
      REASONS[option] ?? `Farport has no such setting of ${name}`
    ])
}

const NO_PASSWORDS = 'keys alone let somebody in; passwords are not asked for'

const REASONS: Readonly<Record<string, string>> = {
  'enable-password': NO_PASSWORDS,
  'enable-2fa': NO_PASSWORDS,
  CA: 'whom Farport lets in it knows by the key: farport pair import FILE'
}

/** Options of a connection that say who may log in. */
export const LOGIN_OPTIONS: ReadonlySet<string> = new Set(['authdir', 'allowed-users', 'pamauth'])

/** What lets those in whom ser2net let in. `options`: those of `LOGIN_OPTIONS` that are there; `from`: the file they stand in. */
export function loginNotes(options: ReadonlyMap<string, string>, sources: Sources, from: string): Note[] {
  const folder = options.get('authdir') ?? DEFAULT_AUTH
  const users = options.get('allowed-users')?.split(/\s+/)
  const found = sources
    .list(join(folder, '*/allowed_certs/*.crt'), from)
    .map((file) => [file, basename(dirname(dirname(file)))] as const)
    .filter(([, user]) => !users || users.includes(user))
  const told = found
    .slice(0, MAX_CERTIFICATES)
    .map(([file, user]): Note => [
      file,
      `to let its owner in: farport pair import ${quoted(file)} --name ${quoted(user)} --permit control`
    ])
  const more = found.length - told.length
  return [
    ...told,
    ...(more > 0 ? [[folder, `${more} certificates more are to be imported alike`] as const] : []),
    ...(found.length === 0 ? [[folder, NOBODY] as const] : []),
    ...(options.has('pamauth') ? [[`pamauth: ${options.get('pamauth') ?? ''}`, NO_PASSWORDS] as const] : [])
  ]
}

const NOBODY =
  'no USER/allowed_certs/*.crt was found there; let each key in that is to come: farport pair import FILE --permit control'

/** As a shell takes it. */
function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
