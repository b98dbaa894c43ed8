/**
 * What the doctor gathers of the keys of this computer's installations. Called by core/doctor-facts. Makes no key, and tells no more of
 * one than whose it is.
 */
import { X509Certificate, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { idOfKey } from '../net/tls-identity.ts'
import { isSystemError } from '../os/libc.ts'
import { CERTIFICATE_FILE, KEY_FILE } from '../peers/identity.ts'
import { instancePaths, type InstanceKind, type PathsEnvironment } from './instance-paths.ts'

export interface FileFact {
  readonly path: string
  /** Permission bits, such as 0o600. */
  readonly mode: number
  readonly uid: number
}

/** Of a folder that is there. */
export interface KeyFacts {
  readonly kind: InstanceKind
  readonly folder: FileFact
  /** Undefined: there is none yet. */
  readonly file: FileFact | undefined
  /** `closed`: we may not read it; `broken`: no P-256 key. */
  readonly key: 'none' | 'closed' | 'broken' | { readonly id: string }
  /** Whether the certificate beside it is one for this key; undefined: there is none, or it was not looked at. */
  readonly fits: boolean | undefined
}

/** Those that this user may look at: another user's system service shows nothing of its own. */
export async function keyFacts(from: PathsEnvironment = {}): Promise<KeyFacts[]> {
  const kinds: readonly InstanceKind[] =
    (from.platform ?? process.platform) === 'win32' ? ['user'] : ['user', 'system']
  const found = await Promise.all(kinds.map((kind) => factsOf(kind, instancePaths(kind, from).directory)))
  return found.filter((each) => each !== undefined)
}

async function factsOf(kind: InstanceKind, directory: string): Promise<KeyFacts | undefined> {
  // A way there that is closed to us is the system's service's, as it should be.
  const folder = await fileFact(directory).catch(() => undefined)
  if (!folder) return undefined
  const path = join(directory, KEY_FILE)
  try {
    const file = await fileFact(path)
    if (!file) return { kind, folder, file, key: 'none', fits: undefined }
    const key = readKey(await readFile(path, 'utf8'))
    if (!key) return { kind, folder, file, key: 'broken', fits: undefined }
    const fits = await certificateFits(join(directory, CERTIFICATE_FILE), key)
    return { kind, folder, file, key: { id: idOfKey(createPublicKey(key)) }, fits }
  } catch (error) {
    if (kind === 'system' && isSystemError(error, 'EACCES')) return undefined
    return { kind, folder, file: await fileFact(path).catch(() => undefined), key: 'closed', fits: undefined }
  }
}

/** Undefined: there is none. Rejects where it cannot be looked at. */
async function fileFact(path: string): Promise<FileFact | undefined> {
  try {
    const { mode, uid } = await stat(path)
    return { path, mode: mode & 0o777, uid }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

function readKey(text: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(text)
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    return undefined // no key at all
  }
}

async function certificateFits(path: string, key: KeyObject): Promise<boolean | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return new X509Certificate(text).checkPrivateKey(key)
  } catch {
    return false // no certificate at all
  }
}
