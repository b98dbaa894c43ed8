/**
 * Whom ser2net lets in where it asks for a certificate: those in AUTHDIR/USER/allowed_certs. Keys are taken over by nobody but a person:
 * what is to be imported is told. Called by yaml-reader.ts.
 */
import { basename, dirname, join } from 'node:path'
import type { Sources } from './found.ts'

export type Note = readonly [text: string, reason: string]

/** As Debian's ser2net has it where nothing else is said. */
const DEFAULT_AUTH = '/usr/share/ser2net/auth'

/** More are told of as a number. */
const MAX_CERTIFICATES = 100

export const NO_PASSWORDS = 'keys alone let somebody in; passwords are not asked for'

/** Options of a connection that say who may log in. */
export const LOGIN_OPTIONS: ReadonlySet<string> = new Set(['authdir', 'allowed-users', 'pamauth'])

/**
 * What lets those in whom ser2net let in. `options`: those of `LOGIN_OPTIONS` that are there; `from`: the file they stand in; `share`: where
 * they may, absent for everywhere.
 */
export function loginNotes(
  options: ReadonlyMap<string, string>,
  sources: Sources,
  from: string,
  share?: string
): Note[] {
  const where = share === undefined ? '' : ` --share ${quoted(share)}`
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
      `to let its owner in: farport pair import ${quoted(file)} --name ${quoted(user)} --permit control${where}`
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
