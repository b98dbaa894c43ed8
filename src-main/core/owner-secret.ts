/**
 * The secret of a user's instance, 32 random bytes in a file beside its identity: who can read it is this user. See owner-proof.ts,
 * for which it is. It stays from start to start, so that no client reads an old one; who removes the file gets another at the next.
 */
import { randomBytes } from 'node:crypto'
import { readPrivate, writePrivate } from '../store/private-file.ts'
import { NotProved } from './owner-proof.ts'

const BYTES = 32

/**
 * For the instance: reads it, and makes it where there is none, or none that is whole. Its folder is there. Rejects with
 * `settings-access` or `settings-unwritable`.
 */
export async function ownSecret(file: string): Promise<Uint8Array> {
  const found = await secretOf(file)
  if (found) return found
  const fresh = randomBytes(BYTES)
  await writePrivate(file, `${fresh.toString('hex')}\n`)
  return fresh
}

/** For its clients. Rejects with NotProved where there is none: what answers has not made it. */
export async function secretIn(file: string): Promise<Uint8Array> {
  const found = await secretOf(file)
  if (!found) throw new NotProved(`it has made no ${file}`)
  return found
}

async function secretOf(file: string): Promise<Uint8Array | undefined> {
  const text = (await readPrivate(file))?.trim()
  return text !== undefined && /^[\da-f]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined
}
