/** TXT records of services (RFC 6763 §6): length-prefixed strings of `key=value`. */
import { TXT_BYTES, TXT_KEYS } from './limits.ts'
import { cutBytes } from './names.ts'

const STRING_BYTES = 255

/** What does not fit is left out, from the end. Nothing at all is one empty string. */
export function encodeTxt(txt: Readonly<Record<string, string>>): Buffer {
  const strings = Object.entries(txt).map(([key, value]) =>
    Buffer.from(cutBytes(`${key}=${value}`, STRING_BYTES))
  )
  const parts: Buffer[] = []
  let length = 0
  for (const each of strings) {
    length += each.length + 1
    if (length > TXT_BYTES) break
    parts.push(Buffer.of(each.length), each)
  }
  return parts.length === 0 ? Buffer.of(0) : Buffer.concat(parts)
}

/**
 * As it was sent: not fit to be shown. The first of equal keys counts, whatever their case; strings without a key are nothing; a key
 * alone has the empty value. Bytes behind the limit are not read.
 */
export function decodeTxt(data: Buffer): [key: string, value: string][] {
  const found = new Map<string, [string, string]>()
  const bytes = data.subarray(0, TXT_BYTES)
  for (let at = 0; at < bytes.length && found.size < TXT_KEYS;) {
    const length = bytes[at] ?? 0
    const end = at + 1 + length
    if (end > bytes.length) break
    const text = bytes.toString('utf8', at + 1, end)
    at = end
    const equals = text.indexOf('=')
    const key = equals < 0 ? text : text.slice(0, equals)
    if (key === '' || found.has(key.toLowerCase())) continue
    found.set(key.toLowerCase(), [key, equals < 0 ? '' : text.slice(equals + 1)])
  }
  return [...found.values()]
}
