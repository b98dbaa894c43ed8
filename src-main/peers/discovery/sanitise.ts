/** What strangers wrote, made fit for a list, a log and a terminal. */
import { isIPv4 } from 'node:net'
import { plainText } from '../../base/plain-text.ts'
import { NAME_CHARACTERS, VALUE_CHARACTERS } from './limits.ts'
import { isLinkLocal } from './links.ts'

export function shownName(text: string): string {
  return plainText(text, NAME_CHARACTERS)
}

export function shownValue(text: string): string {
  return plainText(text, VALUE_CHARACTERS)
}

/** Names that look alike are still told apart: what is not shown stands there by its number. */
export function shownKey(name: string): string {
  const isShown = (character: string): boolean => character === ' ' || shownValue(character) === character
  return Array.from(name, (each) =>
    isShown(each) ? each : `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`
  ).join('')
}

/** Keys are printable ASCII (RFC 6763 §6.4); others are left out, as are those that an object has by nature. */
export function shownTxt(txt: readonly (readonly [key: string, value: string])[]): Record<string, string> {
  const pairs = txt.filter(([key]) => /^[\x20-\x3c\x3e-\x7e]+$/.test(key) && key !== '__proto__')
  return Object.fromEntries(pairs.map(([key, value]) => [key.slice(0, NAME_CHARACTERS), shownValue(value)]))
}

/** Whether to dial it could mean anything, for who heard it; loopback only where it was heard on that. */
export function isDialable(address: string, byLoopback: boolean): boolean {
  if (isIPv4(address)) {
    const first = Number(address.split('.')[0])
    return first === 127 ? byLoopback : first > 0 && first < 224
  }
  if (address === '::1') return byLoopback
  // Unspecified, multicast, and IPv4 in other clothes.
  return address !== '::' && !/^(ff|::)/i.test(address)
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** IPv4 first, as it is most often let through, then what is known beyond the link. */
export function byLikelihood(a: string, b: string): number {
  const rank = (address: string): number => (isLinkLocal(address) ? 2 : 0) + (isIPv4(address) ? 0 : 1)
  return rank(a) - rank(b)
}
