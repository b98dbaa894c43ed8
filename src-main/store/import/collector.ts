/**
 * What the readers of both kinds of files hand in, in the order of the files: drafts, rotators, remarks; and from that what was found.
 * Nothing that was handed in is lost: it becomes an entry or a remark.
 */
import { nameSchema } from '../../contract/settings.ts'
import * as v from 'valibot'
import type { Accepter } from './accepter.ts'
import type { Draft } from './draft.ts'
import {
  NotImportable,
  type Found,
  type FoundRotator,
  type FoundShare,
  type Place,
  type Remark
} from './found.ts'
import { checkDraft, sharesOf } from './shares-of.ts'

/** More is no file of ser2net's. */
export const MAX_ENTRIES = 2000

/** Characters of a remark's text. */
const MAX_TEXT = 200

/** The password and the keys among the parameters of an IPMI console, which stand in a line of their own in ser2net.conf. */
const IPMI_SECRET = /(\s-[PKky])\s+(?:"[^"]*"|'[^']*'|\S+)/g

interface RotatorDraft {
  readonly place: Place
  readonly name: string
  readonly accepter: Accepter
  readonly allow: readonly string[]
  /** Names of connections, or what the reader's `find` makes names of. */
  readonly members: readonly string[]
}

export class Collector {
  readonly #allow: readonly string[]
  readonly #drafts: Draft[] = []
  readonly #rotators: RotatorDraft[] = []
  readonly #remarks: Remark[] = []
  #needAllow = 0
  /** Where each address is, for whoever wants it as well. */
  readonly #addresses = new Map<string, string>()

  /** `allow`: who may come where other computers can, as `--allow` was given. */
  constructor(allow: readonly string[]) {
    this.#allow = allow
  }

  remark(place: Place, text: string, reason: string, without?: string): void {
    const plain = text.replace(IPMI_SECRET, '$1 ***')
    const shown = plain.length > MAX_TEXT ? `${plain.slice(0, MAX_TEXT)}…` : plain
    this.#remarks.push({
      file: place.file,
      line: place.line,
      text: shown,
      reason,
      ...(without !== undefined && { without })
    })
  }

  hasName(name: string): boolean {
    return this.#drafts.some((each) => each.name === name)
  }

  /** A connection that was read whole. */
  add(draft: Draft): void {
    this.#attempt(draft.place, draft.text, () => {
      this.#checkNew(draft.name, this.#drafts)
      draft.allow = this.#allowed(draft.isOpen, draft.allow)
      checkDraft(draft)
      this.#claim(draft.listen, draft.name)
      this.#drafts.push(draft)
      for (const { file, line, text, reason } of draft.remarks)
        this.remark({ file, line }, text, reason, draft.name)
    })
  }

  addRotator(text: string, rotator: Omit<RotatorDraft, 'allow'>): void {
    this.#attempt(rotator.place, text, () => {
      this.#checkNew(rotator.name, this.#rotators)
      const allow = this.#allowed(rotator.accepter.isOpen, [])
      this.#claim(rotator.accepter.urls, `the rotator ${rotator.name}`)
      this.#rotators.push({ ...rotator, allow })
      for (const [what, reason] of rotator.accepter.notes)
        this.remark(rotator.place, what, reason, rotator.name)
    })
  }

  /** Runs what may throw NotImportable, and makes a remark of that. */
  #attempt(place: Place, text: string, step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof NotImportable)) throw error
      this.remark(place, text, error.message)
    }
  }

  #checkNew(name: string, all: readonly { readonly name: string }[]): void {
    if (!v.is(nameSchema, name))
      throw new NotImportable('its name is empty, too long, or has control characters')
    if (all.some((each) => each.name === name))
      throw new NotImportable(`the name ${name} is there already, further up`)
    if (this.#drafts.length + this.#rotators.length >= MAX_ENTRIES)
      throw new NotImportable(`more than ${MAX_ENTRIES} entries are not imported at once`)
  }

  #allowed(isOpen: boolean, named: readonly string[]): string[] {
    if (!isOpen || named.length > 0) return [...named]
    if (this.#allow.length > 0) return [...this.#allow]
    this.#needAllow++
    throw new NotImportable('other computers reach it, without a password: --allow says who may')
  }

  /** Throws where one is taken; then none of them is claimed. */
  #claim(urls: readonly string[], owner: string): void {
    for (const url of urls) {
      const taken = this.#addresses.get(placeOf(url))
      if (taken !== undefined) throw new NotImportable(`${url} is the address of ${taken} already`)
    }
    for (const url of urls) this.#addresses.set(placeOf(url), owner)
  }

  found(): Found {
    const rotators = this.#rotators.flatMap((each) => this.#rotator(each))
    const alone = new Set(rotators.flatMap(({ wish }) => wish.shares))
    const shares = sharesOf(this.#drafts, { alone })
    this.#tellNeighbours(shares)
    return {
      needAllow: this.#needAllow,
      shares,
      rotators,
      remarks: this.#remarks.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
    }
  }

  /** Where a device has several connections, a newcomer fares otherwise than in ser2net, which refuses it. */
  #tellNeighbours(shares: readonly FoundShare[]): void {
    const first = new Map<string, FoundShare>()
    for (const share of shares) {
      const { name, sources, wish } = share
      if (wish.newcomer === 'kick-old')
        for (const source of sources.slice(1))
          this.remark(
            source,
            'kickolduser',
            `who comes here also takes the place of whoever is at ${sources[0]?.addresses.join(' ') ?? ''}`,
            source.name
          )
      const { target } = wish.port
      const other = first.get(target)
      if (!target.startsWith('/') || wish.enabled === false) continue
      if (!other) first.set(target, share)
      else if (sources[0])
        this.remark(
          sources[0],
          target,
          `the share ${other.name} has the same device: who comes while that one is used waits, connected`,
          name
        )
    }
  }

  #rotator({ place, name, accepter, allow, members }: RotatorDraft): FoundRotator[] {
    const shares: string[] = []
    for (const member of members) {
      if (shares.includes(member)) continue
      const draft = this.#drafts.find((each) => each.name === member)
      if (draft) {
        shares.push(member)
        if (!draft.enabled)
          this.remark(place, member, 'it is off, and a rotator of Farport passes by what is off', name)
      } else this.remark(place, member, 'the rotator goes on without it: it is not imported', name)
    }
    if (shares.length === 0) {
      this.remark(place, `rotator ${name}`, 'none of its connections is imported')
      return []
    }
    const listen = accepter.urls.map((url) => ({ url, ...(allow.length > 0 && { allow: [...allow] }) }))
    return [{ ...place, name, wish: { name, enabled: true, listen, shares } }]
  }
}

/** Two protocols at one address are one too many; a host that stands for all of them is not looked into. */
export function placeOf(url: string): string {
  const carrier = url.includes('+unix:') ? 'unix' : url.includes('+udp:') ? 'udp' : 'tcp'
  const place = url.slice(url.indexOf('://') + 3)
  return `${carrier}:${(carrier === 'unix' ? place : place.replace(/\?.*/, '')).toLowerCase()}`
}
