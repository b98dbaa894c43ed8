/**
 * The browsers that are signed in, by the ids in their cookies: what they are, from where, since when. Kept beside the key that signs the
 * cookies (mode 0600). Called by browser-sessions.ts; whoever is not in it has no session.
 */
import * as v from 'valibot'
import { join } from 'node:path'
import { readPrivate, writePrivate } from '../../store/private-file.ts'

export const BROWSER_LIST_FILE = 'page.browsers'

/** More than anybody signs in; the one that was away longest gives way. */
export const MAX_BROWSERS = 64
/** When a browser was here last is written down so seldom, in ms. */
export const SEEN_MS = 60 * 60_000

const MAX_TEXT = 80

const entrySchema = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[\w-]{22}$/)),
  browser: v.pipe(v.string(), v.maxLength(MAX_TEXT)),
  address: v.pipe(v.string(), v.maxLength(MAX_TEXT)),
  sinceMs: v.number(),
  seenMs: v.number()
})
const listSchema = v.pipe(v.array(entrySchema), v.maxLength(MAX_BROWSERS))

/** Times: wall clock, ms since 1970. */
export type KnownBrowser = v.InferOutput<typeof entrySchema>

export class BrowserList {
  readonly #path: string
  readonly #browsers: Map<string, KnownBrowser>
  #row: Promise<void> = Promise.resolve()

  private constructor(path: string, browsers: readonly KnownBrowser[]) {
    this.#path = path
    this.#browsers = new Map(browsers.map((each) => [each.id, each]))
  }

  /** Of the installation in this folder. Rejects as `readPrivate`. */
  static async open(folder: string): Promise<BrowserList> {
    const path = join(folder, BROWSER_LIST_FILE)
    return new BrowserList(path, parsed((await readPrivate(path)) ?? ''))
  }

  /** The one that was here last first. */
  get all(): readonly KnownBrowser[] {
    return [...this.#browsers.values()].sort((a, b) => b.seenMs - a.seenMs)
  }

  get(id: string): KnownBrowser | undefined {
    return this.#browsers.get(id)
  }

  /** Rejects as `writePrivate`; in this process it holds even then. */
  add(browser: KnownBrowser): Promise<void> {
    this.#browsers.set(browser.id, browser)
    for (const { id } of this.all.slice(MAX_BROWSERS)) this.#browsers.delete(id)
    return this.#save()
  }

  /** It is here, from there. Written down now and then; rejects as `add`. */
  async see(id: string, address: string, nowMs: number): Promise<void> {
    const known = this.#browsers.get(id)
    if (!known) return
    const { seenMs } = known
    this.#browsers.set(id, { ...known, address, seenMs: nowMs })
    if (nowMs - seenMs >= SEEN_MS) await this.#save()
  }

  /** Those for which it is true have to sign in again. Rejects as `add`. */
  remove(isGone: (id: string) => boolean): Promise<void> {
    for (const id of [...this.#browsers.keys()]) if (isGone(id)) this.#browsers.delete(id)
    return this.#save()
  }

  /** Resolves when all that was to be written down is, or could not be. */
  settled(): Promise<void> {
    return this.#row
  }

  /** One after the other: the last one stays. */
  #save(): Promise<void> {
    const done = this.#row.then(() => writePrivate(this.#path, `${JSON.stringify(this.all)}\n`))
    this.#row = done.catch(() => undefined)
    return done
  }
}

/** One that is broken costs a sign-in, no more. */
function parsed(text: string): readonly KnownBrowser[] {
  try {
    const list = v.safeParse(listSchema, JSON.parse(text))
    return list.success ? list.output : []
  } catch {
    return []
  }
}
