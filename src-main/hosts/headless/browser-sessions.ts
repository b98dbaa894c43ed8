/**
 * Which browsers are signed in: whoever has a cookie that we signed. The key for that lies beside the settings (mode 0600), so that
 * browsers stay signed in when Farport starts again; a new key signs all of them out. Called by page-host.ts.
 *
 *   farport-7373=ISSUED.ID.MAC     ISSUED: seconds since 1970, base 36; ID: 16 random bytes; MAC: HMAC-SHA-256 of both. base64url
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { readPrivate, writePrivate } from '../../store/private-file.ts'

export const SESSION_KEY_FILE = 'page.key'

const KEY_BYTES = 32
const ID_BYTES = 16

/** A browser that did not come for so long signs in again, in s. */
export const SESSION_S = 30 * 24 * 3600
/** A cookie older than this is replaced by a new one, in s. */
export const RENEW_S = 24 * 3600

export interface BrowserSession {
  /** It should get a new cookie. */
  readonly isOld: boolean
}

export class BrowserSessions {
  readonly #path: string
  readonly #nowMs: () => number
  #key: Buffer

  private constructor(path: string, key: Buffer, nowMs: () => number) {
    this.#path = path
    this.#key = key
    this.#nowMs = nowMs
  }

  /** Of the installation in this folder. Rejects as `readPrivate` and `writePrivate`. `nowMs`: the wall clock. */
  static async open(folder: string, nowMs: () => number = Date.now): Promise<BrowserSessions> {
    const path = join(folder, SESSION_KEY_FILE)
    const kept = Buffer.from((await readPrivate(path)) ?? '', 'base64url')
    // One that is cut short costs a sign-in, no more.
    const key = kept.length === KEY_BYTES ? kept : await newKey(path)
    return new BrowserSessions(path, key, nowMs)
  }

  /** The value of a cookie for a browser that may come in. */
  issue(): string {
    const issued = Math.floor(this.#nowMs() / 1000).toString(36)
    const text = `${issued}.${randomBytes(ID_BYTES).toString('base64url')}`
    return `${text}.${this.#mac(text).toString('base64url')}`
  }

  /** Undefined: not ours, or too old. */
  check(value: string): BrowserSession | undefined {
    const [, text, issued = '', mac = ''] = /^(([0-9a-z]{1,9})\.[\w-]{22})\.([\w-]{43})$/.exec(value) ?? []
    if (text === undefined) return undefined
    if (!timingSafeEqual(this.#mac(text), Buffer.from(mac, 'base64url'))) return undefined
    // Issued in what is the future now: a clock that was set back. It is ours all the same.
    const ageS = this.#nowMs() / 1000 - Number.parseInt(issued, 36)
    return ageS > SESSION_S ? undefined : { isOld: ageS > RENEW_S }
  }

  /** Signs all browsers out. Rejects as `writePrivate`; in this process it holds even then. */
  async signOut(): Promise<void> {
    this.#key = randomBytes(KEY_BYTES)
    await keep(this.#path, this.#key)
  }

  #mac(text: string): Buffer {
    return createHmac('sha256', this.#key).update(`farport page ${text}`).digest()
  }
}

async function newKey(path: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES)
  await keep(path, key)
  return key
}

function keep(path: string, key: Buffer): Promise<void> {
  return writePrivate(path, `${key.toString('base64url')}\n`)
}
