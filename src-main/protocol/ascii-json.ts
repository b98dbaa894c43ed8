/**
 * JSON in ASCII alone: what farport/1 says in frames before anything else. Other characters stand as \u escapes, so there is no
 * encoding to agree on. Called by farport-hello.ts and pairing.ts.
 */

export function encodeJson(value: object): Uint8Array {
  const text = JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
  return Uint8Array.from(text, (each) => each.charCodeAt(0))
}

/** The value; undefined where it is no JSON or not in ASCII. Never throws. */
export function decodeJson(bytes: Uint8Array): unknown {
  if (bytes.some((byte) => byte > 0x7e)) return undefined
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** What a name from the network may be long. */
export const MAX_LABEL = 64

/**
 * Text from the network for people: no control characters or directions of writing, nothing that is not seen (a name with it would look
 * like another one), one line, of at most `limit` characters.
 */
export function cleanText(text: string, limit = MAX_LABEL): string {
  const plain = text
    .replace(/[\s\u2800]+/gu, ' ')
    .replace(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, '')
  return Array.from(plain.trim()).slice(0, limit).join('')
}
