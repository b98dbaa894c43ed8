/**
 * Which browsers are signed in: whoever has a cookie that we signed, and is in the list of them. The key for that lies beside the settings
 * (mode 0600), so that browsers stay signed in when Farport starts again; a new key signs all of them out. Called by page-host.ts.
 *
 *   farport-7373=ISSUED.ID.MAC     ISSUED: seconds since 1970, base 36; ID: 16 random bytes; MAC: HMAC-SHA-256 of both. base64url
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { readPrivate, writePrivate } from '../../store/private-file.ts'
import { BrowserList, type KnownBrowser } from './browser-list.ts'

export const SESSION_KEY_FILE = 'page.key'

const KEY_BYTES = 32
const ID_BYTES = 16

/** A browser that did not come for so long signs in again, in s. */
export const SESSION_S = 30 * 24 * 3600
/** A cookie older than this is replaced by a new one, in s. */
export const RENEW_S = 24 * 3600

export interface BrowserSession {
  /** Which browser. No secret. */
  readonly id: string
  /** It should get a new cookie. */
  readonly isOld: boolean
}

export class BrowserSessions {
  readonly #path: string
  readonly #nowMs: () => number
  readonly #list: BrowserList
  #key: Buffer

  private constructor(path: string, list: BrowserList, key: Buffer, nowMs: () => number) {
    this.#path = path
    this.#list = list
    this.#key = key
    this.#nowMs = nowMs
  }

  /** Of the installation in this folder. Rejects as `readPrivate` and `writePrivate`. `nowMs`: the wall clock. */
  static async open(folder: string, nowMs: () => number = Date.now): Promise<BrowserSessions> {
    const path = join(folder, SESSION_KEY_FILE)
    const kept = Buffer.from((await readPrivate(path)) ?? '', 'base64url')
    // One that is cut short costs a sign-in, no more.
    const key = kept.length === KEY_BYTES ? kept : await newKey(path)
    return new BrowserSessions(path, await BrowserList.open(folder), key, nowMs)
  }

  /** Those that are signed in, the one that was here last first. */
  get all(): readonly KnownBrowser[] {
    return this.#list.all.filter(({ seenMs }) => this.#nowMs() - seenMs <= SESSION_S * 1000)
  }

  /** The value of a cookie for a browser that may come in. `kept` rejects as `writePrivate`: until the next start it is signed in even then. */
  signIn(browser: string, address: string): { readonly cookie: string; readonly kept: Promise<void> } {
    const id = randomBytes(ID_BYTES).toString('base64url')
    const nowMs = this.#nowMs()
    const kept = this.#list.add({ id, browser, address, sinceMs: nowMs, seenMs: nowMs })
    return { cookie: this.renewed(id), kept }
  }

  /** The value of its next cookie. */
  renewed(id: string): string {
    const text = `${Math.floor(this.#nowMs() / 1000).toString(36)}.${id}`
    return `${text}.${this.#mac(text).toString('base64url')}`
  }

  /** It is here, from there. Rejects as `writePrivate`. */
  see(id: string, address: string): Promise<void> {
    return this.#list.see(id, address, this.#nowMs())
  }

  /** Undefined: not ours, signed out, or too old. */
  check(value: string): BrowserSession | undefined {
    const [, text, issued = '', id = '', mac = ''] =
      /^(([0-9a-z]{1,9})\.([\w-]{22}))\.([\w-]{43})$/.exec(value) ?? []
    if (text === undefined) return undefined
    if (!timingSafeEqual(this.#mac(text), Buffer.from(mac, 'base64url'))) return undefined
    if (!this.#list.get(id)) return undefined
    // Issued in what is the future now: a clock that was set back. It is ours all the same.
    const ageS = this.#nowMs() / 1000 - Number.parseInt(issued, 36)
    return ageS > SESSION_S ? undefined : { id, isOld: ageS > RENEW_S }
  }

  /** Signs all browsers out. Rejects as `writePrivate`; in this process it holds even then. */
  async signOutAll(): Promise<void> {
    this.#key = randomBytes(KEY_BYTES)
    await Promise.all([this.#list.remove(() => true), keep(this.#path, this.#key)])
  }

  /** Those for which it is true. Rejects as `signOutAll`. */
  signOut(isGone: (id: string) => boolean): Promise<void> {
    return this.#list.remove(isGone)
  }

  /** Resolves when all that was to be written down is, or could not be. */
  settled(): Promise<void> {
    return this.#list.settled()
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
