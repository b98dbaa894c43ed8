/**
 * The files that an endpoint's URL names for TLS: our certificate with its key, and authorities. Called by the carriers tls and certauth
 * when they dial or listen, each time: they may have been renewed. Writes nothing.
 */
import type { KeyObject } from 'node:crypto'
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { Fault } from '../contract/faults.ts'
import type { TlsWish } from './endpoint-options.ts'
import type { TlsIdentity } from './tls-identity.ts'

/** A few hundred authorities; a certificate has one or two kilobytes. */
const MAX_FILE = 1024 * 1024

/** What others of this computer may not have of a key, and nobody but its owner and a group that he chose may change. */
const OTHERS = 0o027
/** Of a key of one's own, groups neither. */
const GROUPS = 0o077

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g
const KEY = /-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----[^-]*-----END ([A-Z0-9]+ )*PRIVATE KEY-----/

/** Every certificate in a PEM text, in its order. Throws where one is none. */
export function certificatesIn(text: string): X509Certificate[] {
  return (text.match(CERTIFICATE) ?? []).map((each) => new X509Certificate(each))
}

/** Ours, as the URL names it, with all that the file has; undefined: it names none. Rejects with `certificate-broken`. */
export async function ownOf({ cert, key }: TlsWish): Promise<TlsIdentity | undefined> {
  if (cert === undefined) return undefined
  const keyPath = key ?? cert
  const certificate = await readFile(cert, keyPath === cert ? 'private' : 'public')
  const [leaf] = parsed(cert, certificate)
  const keyText = keyPath === cert ? certificate : await readFile(keyPath, 'private')
  const [pem] = KEY.exec(keyText) ?? []
  if (pem === undefined)
    throw broken(
      key === undefined
        ? `${cert} holds no private key: put the key's PEM into it as well, or name the key's file (key=).`
        : `${keyPath} holds no private key (PEM): name the file of the key that belongs to ${cert}.`
    )
  if (!leaf.checkPrivateKey(parsedKey(keyPath, pem)))
    throw broken(
      `The key in ${keyPath} does not fit the first certificate in ${cert}: name the two that belong together.`
    )
  return { key: pem, certificate: (certificate.match(CERTIFICATE) ?? []).join('\n') }
}

/** The authorities that the URL names, as PEM each; undefined: it names none. Rejects with `certificate-broken`. */
export async function authoritiesOf({ ca }: TlsWish): Promise<string[] | undefined> {
  if (ca === undefined) return undefined
  return parsed(ca, await readFile(ca, 'public')).map((each) => each.toString())
}

/** The certificates of a PEM file, one at least. Rejects with `certificate-broken`. */
export async function certificatesOf(
  path: string
): Promise<readonly [X509Certificate, ...X509Certificate[]]> {
  return parsed(path, await readFile(path, 'public'))
}

function parsed(path: string, text: string): readonly [X509Certificate, ...X509Certificate[]] {
  try {
    const [first, ...others] = certificatesIn(text)
    if (first) return [first, ...others]
  } catch (error) {
    throw broken(`${path} holds a certificate that cannot be read: make it anew, or copy it again.`, error)
  }
  throw broken(
    `${path} holds no certificate as PEM (-----BEGIN CERTIFICATE-----): where it is one as DER, openssl x509 -inform der -in '${path}' turns it into that.`
  )
}

function parsedKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (error) {
    const isLocked = error instanceof Error && 'code' in error && error.code === 'ERR_MISSING_PASSPHRASE'
    throw broken(
      isLocked
        ? `The key in ${path} has a passphrase, which nobody is there to type: openssl pkey -in '${path}' -out FILE writes it without.`
        : `The key in ${path} cannot be read: make it anew, or copy it again.`,
      error
    )
  }
}

async function readFile(path: string, kind: 'private' | 'public'): Promise<string> {
  let handle: FileHandle | undefined
  try {
    // Non-blocking: a pipe would wait for a writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = await handle.stat()
    if (!stats.isFile()) throw broken(`${path} is no file: name the PEM file itself.`)
    if (stats.size > MAX_FILE)
      throw broken(`${path} is far too large for certificates: is it the right file?`)
    if (kind === 'private') checkRights(path, stats.mode, stats.uid)
    return await handle.readFile('utf8')
  } catch (error) {
    throw error instanceof Fault ? error : unreadable(path, error)
  } finally {
    await handle?.close()
  }
}

/** Debian keeps keys as root:ssl-cert, mode 640: a group that root chose is all right. */
function checkRights(path: string, mode: number, uid: number): void {
  // Windows has no such modes.
  if (!process.getuid) return
  const isOwn = uid !== 0 && uid === process.getuid()
  if ((mode & (isOwn ? GROUPS : OTHERS)) === 0) return
  throw broken(`${path} holds a private key and is open to other users. Mend it with: chmod 600 '${path}'`)
}

function unreadable(path: string, error: unknown): Fault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return broken(`There is no file ${path}: check its name, a whole path is best.`, error)
    case 'EACCES':
    case 'EPERM':
      return broken(
        `${path} may not be read by the user that Farport runs as: give that user the right, or a copy of the file.`,
        error
      )
    default:
      return broken(
        `${path} cannot be read (${error instanceof Error ? error.message : String(error)}).`,
        error
      )
  }
}

function broken(message: string, cause?: unknown): Fault {
  return new Fault('certificate-broken', message, cause)
}
