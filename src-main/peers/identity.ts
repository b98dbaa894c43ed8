/**
 * Who this installation is: one P-256 key in `identity.pem`, and a certificate for it. Called by core at the start; decides nothing. A
 * key that is broken or open to others is refused and never replaced: with another key this would be somebody else for all peers.
 */
import type { KeyObject } from 'node:crypto'
import {
  X509Certificate,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes
} from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { constants } from 'node:fs'
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../contract/faults.ts'
import type { TlsIdentity } from '../net/tls-identity.ts'
import { idOfKey } from '../net/tls-identity.ts'
import { isSystemError } from '../os/libc.ts'

export const KEY_FILE = 'identity.pem'
export const CERTIFICATE_FILE = 'certificate.pem'

/** Neither a wrong clock nor the years make it invalid: ids are what counts. */
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z')
const NOT_AFTER = new Date('2049-12-31T23:59:59Z')

const MAX_FILE = 64 * 1024
const OTHERS = 0o077

export interface Identity extends TlsIdentity {
  /** SHA-256 of the public key (SPKI), 64 hex digits. */
  readonly id: string
}

/** An id for people to read: in groups of four. */
export function formatId(id: string): string {
  return (id.match(/.{1,4}/g) ?? []).join(' ')
}

/**
 * The identity that is kept in a folder; made, with the folder (0700), where there is none. Rejects with `identity-broken`, which says
 * what to do.
 */
export async function loadIdentity(folder: string): Promise<Identity> {
  await privateFolder(folder)
  const path = join(folder, KEY_FILE)
  const text = (await readOwn(path)) ?? (await makeKey(path))
  const key = readKey(text, path)
  const certificate = await certificateFor(key, text, join(folder, CERTIFICATE_FILE))
  return { id: idOfKey(createPublicKey(key)), key: text, certificate }
}

async function privateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const { mode, uid } = await stat(folder)
    checkRights(folder, 'chmod 700', mode, uid)
  } catch (error) {
    throw error instanceof Fault ? error : unusable(`${folder} cannot be used`, error)
  }
}

/** The text of a file that is ours alone; undefined: there is none. */
async function readOwn(path: string): Promise<string | undefined> {
  let handle: FileHandle
  try {
    // Non-blocking: a pipe would wait for a writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw unusable(`${path} cannot be read`, error)
  }
  try {
    const stats = await handle.stat()
    checkRights(path, 'chmod 600', stats.mode, stats.uid)
    if (!stats.isFile() || stats.size > MAX_FILE) throw broken(path)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function checkRights(path: string, mend: string, mode: number, uid: number): void {
  // Windows has no such modes: the folder of a user is his.
  if (!process.getuid) return
  if (uid !== process.getuid()) throw unusable(`${path} belongs to another user`)
  if (mode & OTHERS)
    throw new Fault('identity-broken', `${path} is open to other users. Mend it with: ${mend} '${path}'`)
}

/** Of several that start at once one makes the key, and all have that. */
async function makeKey(path: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const temporary = temporaryBeside(path)
  try {
    await writeWhole(temporary, text)
    await link(temporary, path).catch((error: unknown) => {
      if (!isSystemError(error, 'EEXIST')) throw error
    })
  } catch (error) {
    throw unusable(`${path} cannot be written`, error)
  } finally {
    await rm(temporary, { force: true })
  }
  return (await readOwn(path)) ?? text
}

/** Several may start at once, in one process too. */
const temporaryBeside = (path: string): string => `${path}.${randomBytes(6).toString('hex')}`

async function writeWhole(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function readKey(text: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  } catch (error) {
    throw broken(path, error)
  }
  throw broken(path)
}

/** The one that is kept beside the key where it fits, else a new one: it can be made again at any time. */
async function certificateFor(key: KeyObject, keyText: string, path: string): Promise<string> {
  const kept = await readOwn(path)
  if (kept !== undefined && fits(kept, key)) return kept
  // Only now: it is the slowest thing to load here, and needed once.
  const { generate } = await import('selfsigned')
  const { cert } = await generate([{ name: 'commonName', value: 'Farport' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    keyPair: { privateKey: keyText, publicKey: publicPem(key) },
    notBeforeDate: NOT_BEFORE,
    notAfterDate: NOT_AFTER
  })
  const temporary = temporaryBeside(path)
  try {
    await writeWhole(temporary, cert)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw unusable(`${path} cannot be written`, error)
  }
  return cert
}

function fits(certificate: string, key: KeyObject): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(key)
  } catch {
    return false // no certificate at all
  }
}

function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
}

function broken(path: string, cause?: unknown): Fault {
  return new Fault(
    'identity-broken',
    `${path} holds no P-256 key. Put it back from a backup; or move it away to get a new identity, and pair every peer again.`,
    cause
  )
}

function unusable(what: string, cause?: unknown): Fault {
  return new Fault(
    'identity-broken',
    `${what}, so Farport cannot prove who it is. Check its owner and the disk.`,
    cause
  )
}
